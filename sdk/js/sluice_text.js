// Quotes and escapes: what every reader of texts needs.

const ENCODER = new TextEncoder();
const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const EMAIL = /^[^@ \t\n\f\r",;:|]{1,64}@(?=[^]{4})[A-Za-z0-9._\x80-\xff-]*\.(?![0-9])[A-Za-z0-9_\x80-\xff-]{2,}$/;
const BASE64 = /^[A-Za-z0-9+/]*$/;
const BACKSLASH = 92;
const CONTROLS = new Map([[110, 10], [114, 13], [116, 9], [48, 0]]); // prettier-ignore
const CODE_UNITS_PER_CALL = 4096;

export const text = (value) => LENIENT.decode(value);
export const bytes = (value) => ENCODER.encode(value);
export const encode = bytes;

/** A character a byte, for regular expressions. */
export function latin(value) {
  if (value.length <= CODE_UNITS_PER_CALL) return String.fromCharCode.apply(null, value);
  let letters = "";
  for (let at = 0; at < value.length; at += CODE_UNITS_PER_CALL) {
    letters += String.fromCharCode.apply(null, value.subarray(at, at + CODE_UNITS_PER_CALL));
  }
  return letters;
}

function fromLatin(letters) {
  const value = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) value[at] = letters.charCodeAt(at);
  return value;
}

export function unquote(value, quote = '"') {
  const mark = quote.charCodeAt(0);
  if (value.length < 2 || value[0] !== mark || value[value.length - 1] !== mark) return value;
  const inner = value.subarray(1, value.length - 1);
  return inner.indexOf(mark) < 0 ? inner : fromLatin(latin(inner).replaceAll(quote + quote, quote));
}

function hexNumber(value, at, digits) {
  const letters = at + digits <= value.length ? latin(value.subarray(at, at + digits)) : "";
  return /^[0-9A-Fa-f]+$/.test(letters) ? parseInt(letters, 16) : -1;
}

export function unescape(value) {
  if (value.indexOf(BACKSLASH) < 0) return value;
  const plain = [];
  for (let at = 0; at < value.length; ) {
    let byte = value[at++];
    if (byte !== BACKSLASH || at === value.length) {
      plain.push(byte);
      continue;
    }
    byte = value[at++];
    const digits = byte === 120 ? 2 : byte === 117 ? 4 : 0;
    let number = digits ? hexNumber(value, at, digits) : -1;
    if (number < 0) {
      plain.push(CONTROLS.get(byte) ?? byte);
      continue;
    }
    at += digits;
    if (digits === 2) {
      plain.push(number);
      continue;
    }
    const isPair = number >> 10 === 0x36 && value[at] === BACKSLASH && value[at + 1] === 117;
    const low = isPair ? hexNumber(value, at + 2, 4) : -1;
    if (low >> 10 === 0x37) {
      number = 0x10000 + ((number & 0x3ff) << 10) + (low & 0x3ff);
      at += 6;
    }
    plain.push(...encode(String.fromCodePoint(number >> 11 === 0x1b ? 0xfffd : number)));
  }
  return Uint8Array.from(plain);
}

export function base64(value) {
  let letters = latin(value);
  for (let padding = 0; padding < 2 && letters.endsWith("="); padding++) letters = letters.slice(0, -1);
  return letters.length % 4 === 1 || !BASE64.test(letters) ? undefined : fromLatin(atob(letters));
}

export function isUtf8(value) {
  try {
    STRICT.decode(value);
  } catch {
    return false;
  }
  return true;
}

export function isEmail(value) {
  return value.indexOf(64) > 0 && EMAIL.test(latin(value));
}
