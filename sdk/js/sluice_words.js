// What values and names are: hashes by their shape, columns by the dictionary. The tables are those of the kits of all languages.

import { Field, HINTED, Hash, MARKED, MODIFIERS, NAMES } from "./sluice_tables.js";
import { encode, latin } from "./sluice_text.js";

export const EXTRA = 0;

// No hash that tells its kind without a hint is shorter.
const UNHINTED_BYTES_MIN = 20;
const NAME_BYTES_MAX = 96;
const BARE = new Map([[32, Hash.MD5], [40, Hash.SHA1], [56, Hash.SHA224], [64, Hash.SHA256], [96, Hash.SHA384], [128, Hash.SHA512]]); // prettier-ignore
const ENCODED = /^[+/0-9A-Za-z=_.-]{16,}$/;
// A bracketed scheme, `{CRYPT}`, is no longer than this.
const SCHEME = /^\{([^}]{1,23})\}(?!\{)([^]*)$/;
// In ASCII letters and digits; beyond it all but signs and punctuation. (This engine knows no classes of Unicode.)
const JOINS =
  /^[0-9A-Za-z\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\u1fff\u2070-\u2fff\u3005-\u3007\u3021-\u30fa\u30fc-\uff00\uff10-\uff19\uff1b-\uffff]/;

const markedByFirst = new Map();
for (const [kind, shape] of MARKED) {
  // A shape begins with a byte, with one of both cases, or with a byte in hexadecimal.
  const source = shape.source.slice(1);
  const first = source[0] === "[" ? source[1] : source[0] === "\\" ? String.fromCharCode(parseInt(source.slice(2, 4), 16)) : source[0];
  for (const letter of new Set([first, first.toLowerCase(), first.toUpperCase()])) {
    const byte = letter.charCodeAt(0);
    markedByFirst.set(byte, [...(markedByFirst.get(byte) ?? []), [kind, shape]]);
  }
}

export function identify(value, hint) {
  if (!hint && value.length < UNHINTED_BYTES_MIN) return Field.PASSWORD;
  const letters = latin(value);
  const kind = byMarker(letters) || (hint ? byHint(letters, hint) : 0) || bareHex(letters);
  if (!kind && hint === Hash.UNKNOWN && ENCODED.test(letters)) return Hash.UNKNOWN;
  return kind || Field.PASSWORD;
}

function byMarker(letters) {
  const kind = byTable(letters);
  if (kind || letters[0] !== "{") return kind;
  const [, scheme, rest] = SCHEME.exec(letters) ?? [];
  if (scheme === undefined) return 0;
  const inner = byTable(rest) || bareHex(rest);
  return inner || (scheme.toLowerCase().endsWith("crypt") ? byHint(rest, Hash.DESCRYPT) : 0);
}

function byTable(letters) {
  if (letters.length < 2) return 0;
  for (const [kind, shape] of markedByFirst.get(letters.charCodeAt(0)) ?? []) {
    if (shape.test(letters)) return kind;
  }
  return 0;
}

function byHint(letters, hint) {
  return HINTED.some(([kind, shape]) => kind === hint && shape.test(letters)) ? hint : 0;
}

function bareHex(letters) {
  // With a letter among them: 32 digits without one are no MD5, since one in three million is.
  const kind = BARE.get(letters.length) ?? 0;
  return kind && /^[0-9A-Fa-f]+$/.test(letters) && /[A-Fa-f]/.test(letters) ? kind : 0;
}

export function meaning(name) {
  const words = wordsOf(typeof name === "string" ? encode(name) : name);
  const whole = words.join("");
  const bare = whole.replace(/[0-9]+$/, "");
  return NAMES.get(whole) ?? NAMES.get(bare) ?? withoutModifiers(words) ?? withoutPrefix(bare) ?? EXTRA;
}

/** `billing_zip`, `user_email_1`: modifiers may stand on either side of a name in words. */
function withoutModifiers(words) {
  const mayGo = words.map((word) => MODIFIERS.has(word) || /^[0-9]+$/.test(word));
  const front = [...mayGo, false].indexOf(false);
  const back = [...mayGo.toReversed(), false].indexOf(false);
  for (let begin = 0; begin <= front; begin++) {
    for (let end = words.length; end >= Math.max(words.length - back, begin + 1); end--) {
      const found = end - begin < words.length ? NAMES.get(words.slice(begin, end).join("")) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** `customeremail`: a modifier written as one with its name. Lengths are those of UTF-8. */
function withoutPrefix(whole) {
  let bytesBefore = 0;
  const bytes = encode(whole).length;
  for (let at = 0; at < whole.length; at++) {
    const isSplit = bytesBefore >= 3 && bytesBefore < bytes - 1 && MODIFIERS.has(whole.slice(0, at));
    const rest = whole.slice(at);
    if (isSplit && (bytes - bytesBefore >= 3 || rest === "ip")) {
      const found = NAMES.get(rest);
      if (found !== undefined) return found;
    }
    bytesBefore += encode(whole[at]).length;
  }
  return undefined;
}

/** Lower-cased: parted at anything but letters and digits, and where `aB` shows camelCase. */
function wordsOf(name) {
  const words = [];
  let word = "";
  let afterLower = false;
  for (const letter of new TextDecoder().decode(name.subarray(0, NAME_BYTES_MAX))) {
    const joins = JOINS.test(letter);
    if (word && (!joins || (afterLower && letter !== letter.toLowerCase()))) {
      words.push(word);
      word = "";
    }
    afterLower = letter !== letter.toUpperCase();
    if (joins) word += letter.toLowerCase().replaceAll("\u0307", "");
  }
  return word ? [...words, word] : words;
}
