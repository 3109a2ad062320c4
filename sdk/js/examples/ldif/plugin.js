// LDIF (RFC 2849): the official plugin `ldif` once more, in JavaScript. It finds the same records, byte for byte.
//
// Lines that stand together, without a blank one, are a block; one with a `dn` is an entry, and an entry with something of a person in it a
// record. Every block stands alone, so a member may be cut at any blank line.

import { EXTRA, Field, Hash, Parser, base64, bytes, identify, isEmail, isUtf8, meaning, text } from "./.sluice/sluice_plugin.js";

/** Values of one entry that are kept: a group may have members by the ten thousand. */
const VALUES_MAX = 512;
const [LINE_END, RETURN, BLANK, HASH, COLON, LESS, SEMICOLON, DOLLAR, BACKSLASH, COMMA, PLUS, EQUALS, QUOTE] = bytes("\n\r #:<;$\\,+=\"");
const PERSON = new Set([Field.EMAIL, Field.USERNAME, Field.PASSWORD, Field.FIRST_NAME, Field.LAST_NAME]);
/** Kinds of which a person may have several. */
const MANY = new Set([Field.EMAIL, Field.PHONE, Field.IP, Field.ADDRESS, Field.PASSWORD, Field.HASH, Field.SALT]);

const small = (name) => text(name).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
const isHash = (kind) => kind >= Hash.MD5 && kind <= Hash.UNKNOWN;

// ---- what becomes of the values of attributes: a kind and a value, or nothing ----

const drop = () => undefined;
const plain = (kind) => (value) => [kind, value];

/** Nothing for a password that another service keeps. */
function secret(value, hint) {
  if (small(value.subarray(0, 6)) === "{sasl}") return undefined;
  const password = small(value.subarray(0, 11)) === "{cleartext}" ? value.subarray(11) : value;
  return [identify(password, hint), password];
}

/** Active Directory's: sixteen bytes of a hash, or a password in quotes in UTF-16. */
function unicodePassword(value) {
  const last = value.length - 2;
  if (value.length === 16) {
    return [Hash.NTLM, Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("")];
  }
  if (last >= 2 && value[0] === QUOTE && value[1] === 0 && value[last] === QUOTE && value[last + 1] === 0) {
    let password = "";
    for (let at = 2; at + 1 < last; at += 2) password += String.fromCharCode(value[at] | (value[at + 1] << 8));
    return [Field.PASSWORD, password];
  }
  return isUtf8(value) ? [identify(value, Hash.NTLM), value] : undefined;
}

/** Lines parted by `$`, in which `\24` is a `$` and `\5C` a backslash. */
function postal(value) {
  if (value.indexOf(DOLLAR) < 0 && value.indexOf(BACKSLASH) < 0) return [Field.ADDRESS, value];
  const meant = { $: ", ", "\\24": "$", "\\5C": "\\", "\\5c": "\\" };
  return [Field.ADDRESS, text(value).replace(/\$|\\24|\\5[Cc]/g, (sign) => meant[sign])];
}

/** `SMTP:` and an e-mail address; others of its kind are not of people. */
function proxy(value) {
  return small(value.subarray(0, 5)) === "smtp:" ? [Field.EMAIL, value.subarray(5)] : undefined;
}

/** A URL, a blank, and what it is of. */
function labelled(value) {
  const blank = value.indexOf(BLANK);
  return [Field.URL, blank < 0 ? value : value.subarray(0, blank)];
}

/** As the host reads moments; nothing for the times with which directories say "never". */
function moment(kind) {
  return (value) => {
    const letters = text(value);
    if (/^[0-9]{14}[^0-9]/.test(letters)) return [kind, value.subarray(0, 14)];
    if (letters.length === 14 || !/^[0-9]+$/.test(letters)) return [kind, value];
    // Tenths of a microsecond since 1601.
    const seconds = letters.length > 20 ? -1n : BigInt(letters) / 10_000_000n - 11_644_473_600n;
    return seconds >= 0n && seconds < 1n << 32n ? [kind, seconds.toString()] : undefined;
  };
}

const USES = new Map();
for (const [names, use] of [
  [
    "objectclass structuralobjectclass entryuuid entrycsn contextcsn entrydn creatorsname modifiersname modifytimestamp subschemasubentry " +
      "hassubordinates changetype control newrdn deleteoldrdn newsuperior add replace delete increment version",
    drop,
  ],
  ["mail rfc822mailbox mailalternateaddress", plain(Field.EMAIL)],
  ["uid userid samaccountname", plain(Field.USERNAME)],
  ["cn commonname displayname gecos", plain(Field.FULL_NAME)],
  ["sn surname", plain(Field.LAST_NAME)],
  ["gn givenname", plain(Field.FIRST_NAME)],
  ["telephonenumber mobile homephone", plain(Field.PHONE)],
  ["title", plain(Field.JOB_TITLE)],
  ["o organizationname company", plain(Field.EMPLOYER)],
  ["street streetaddress", plain(Field.ADDRESS)],
  ["l localityname", plain(Field.CITY)],
  ["st stateorprovincename", plain(Field.REGION)],
  ["c co countryname", plain(Field.COUNTRY)],
  ["employeenumber", plain(Field.USER_ID)],
  ["wwwhomepage", plain(Field.URL)],
  ["userprincipalname", plain(EXTRA)],
  ["postaladdress homepostaladdress registeredaddress", postal],
  ["labeleduri", labelled],
  ["proxyaddresses", proxy],
  ["createtimestamp whencreated", moment(Field.CREATED_AT)],
  ["lastlogon lastlogontimestamp authtimestamp pwdlastsuccess", moment(Field.LAST_LOGIN_AT)],
  ["userpassword", secret],
  ["unicodepwd", unicodePassword],
]) {
  for (const name of names.split(" ")) USES.set(name, use);
}

/** From the table, else what the dictionary says, which is asked once a name. */
const asked = new Map();
function useOf(name) {
  const known = USES.get(small(name));
  if (known) return known;
  const key = text(name);
  let use = asked.get(key);
  if (!use) {
    const kind = meaning(name);
    use = kind === Field.PASSWORD ? secret : isHash(kind) ? (value) => secret(value, kind) : plain(kind);
    if (asked.size < 1024) asked.set(key, use);
  }
  return use;
}

// ---- blocks ----

const isDn = (data, at) => (data[at] | 32) === 100 && (data[at + 1] | 32) === 110 && data[at + 2] === COLON;

/** The line at a place: where its text ends, and where the next begins. Nothing if it has no end and `last` is false. */
function lineAt(data, at, last) {
  const found = data.indexOf(LINE_END, at);
  if (found < 0 && (!last || at >= data.length)) return undefined;
  const end = found < 0 ? data.length : found;
  return [end > at && data[end - 1] === RETURN ? end - 1 : end, found < 0 ? end : end + 1];
}

/** Where the block that is next ends: a blank line, or lines up to one, or up to a second `dn`. 0 if it is not all there. */
function blockEnd({ data, consumed, last }) {
  let hasDn = false;
  let at = consumed;
  for (let line; (line = lineAt(data, at, last)); at = line[1]) {
    const isBlank = line[0] === at;
    if (isBlank) return at === consumed ? line[1] : at;
    const startsEntry = line[0] >= at + 3 && isDn(data, at);
    if (startsEntry && hasDn) return at;
    hasDn ||= startsEntry;
  }
  return last && at > consumed ? at : 0;
}

function isComment(data, begin, end) {
  if (data[begin] !== HASH) return false;
  for (let at = begin; at < end; at = lineAt(data.subarray(0, end), at, true)[1]) {
    if (data[at] !== HASH && data[at] !== BLANK) return false;
  }
  return true;
}

/** Names, without options, and values; no value for one that cannot be read or is not in this file. Comments are left out. */
function attributes(rows) {
  const found = [];
  for (let at = 0, line; (line = lineAt(rows, at, true)); ) {
    let joined = rows.subarray(at, line[0]);
    at = line[1];
    if (rows[at] === BLANK) {
      const parts = [...joined];
      for (; rows[at] === BLANK && (line = lineAt(rows, at, true)); at = line[1]) {
        for (let each = at + 1; each < line[0]; each++) parts.push(rows[each]);
      }
      joined = Uint8Array.from(parts);
    }
    const colon = joined.indexOf(COLON);
    if (colon < 0 || joined[0] === HASH || joined[0] === BLANK) continue;
    const options = joined.indexOf(SEMICOLON);
    const name = joined.subarray(0, options >= 0 && options < colon ? options : colon);
    const sign = joined[colon + 1];
    let begin = sign === COLON ? colon + 2 : colon + 1;
    while (joined[begin] === BLANK) begin += 1;
    const value = joined.subarray(begin);
    found.push([name, sign === COLON ? base64(value) : sign === LESS ? undefined : value]);
  }
  return found;
}

// ---- entries ----

/** What is kept of an entry, in its order: kind, name and value each. Nothing if there is nobody in it. */
function valuesOf(entry) {
  const values = [];
  const kinds = new Set();
  for (const [name, raw] of entry) {
    if (values.length === VALUES_MAX) break;
    const use = useOf(name);
    // What is no UTF-8 is a photo, a certificate.
    if (!raw?.length || use === drop || (use !== unicodePassword && !isUtf8(raw))) continue;
    const told = use === secret ? secret(raw) : use(raw);
    if (!told) continue;
    let [kind, value] = told;
    // What comes second goes by its own name.
    if (kind >= Field.USERNAME && kind <= Field.USER_ID && !MANY.has(kind) && kinds.has(kind)) kind = EXTRA;
    kinds.add(kind);
    values.push([kind, name, value]);
  }
  nameByDn(values);
  settleLogin(values);
  return values.some(([kind]) => PERSON.has(kind) || isHash(kind)) ? values : undefined;
}

/** An entry without a login may have it in its name: `uid=ann,ou=people,dc=example,dc=com`. */
function nameByDn(values) {
  if (values.length === 0 || values.some(([kind]) => kind === Field.USERNAME || kind === Field.EMAIL)) return;
  const dn = values[0][2];
  const sign = dn.indexOf(EQUALS);
  if (sign < 0) return;
  const name = bytes(text(dn.subarray(0, sign)).replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, ""));
  const login = [];
  for (let at = sign + 1; at < dn.length && dn[at] !== COMMA && dn[at] !== PLUS; at++) {
    const digits = dn[at] === BACKSLASH ? String.fromCharCode(...dn.subarray(at + 1, at + 3)) : "";
    if (/^[0-9A-Fa-f]{2}$/.test(digits)) {
      login.push(parseInt(digits, 16));
      at += 2;
    } else {
      if (dn[at] === BACKSLASH && at + 1 < dn.length) at += 1;
      login.push(dn[at]);
    }
  }
  const [kind] = useOf(name)(bytes("-")) ?? [EXTRA];
  const value = Uint8Array.from(login);
  if ((kind === Field.USERNAME || kind === Field.EMAIL) && value.length && isUtf8(value)) values.push([kind, name, value]);
}

/** A login that is the e-mail address is none, and one that is an e-mail address is one. */
function settleLogin(values) {
  const at = values.findIndex(([kind]) => kind === Field.USERNAME);
  if (at < 0) return;
  const login = values[at][2];
  const emails = values.filter(([kind]) => kind === Field.EMAIL);
  if (emails.some(([, , email]) => small(email) === small(login))) {
    values.splice(at, 1);
  } else if (emails.length === 0 && isEmail(login)) {
    values[at][0] = Field.EMAIL;
  }
}

/** A block: a record, a reject, or nobody's. */
function readBlock(data, row, out) {
  const entry = attributes(data.subarray(...row));
  const hasVersion = entry.length > 0 && small(entry[0][0]) === "version";
  if (hasVersion) entry.shift();
  if (entry.length === 0) {
    return hasVersion || isComment(data, ...row) ? out.skip(row) : out.reject(row, "no-attributes");
  }
  const first = small(entry[0][0]);
  // ldapsearch ends what it writes with how the search went.
  if (first === "search" || first === "result" || first === "ref") return out.skip(row);
  if (first !== "dn") return out.reject(row, "no-dn");
  const values = valuesOf(entry);
  if (!values) return out.skip(row);
  const kinds = values.map(([kind, name]) => kind || out.column(name));
  out.record(row);
  values.forEach(([, , value], at) => out.field(kinds[at], value));
  return undefined;
}

export class Plugin extends Parser {
  static about = { name: "ldif", version: "0.1.0", title: "LDIF, as directories are written out", formats: ["LDIF"], framing: "marks" };

  static probe(sample) {
    let hasVersion = false;
    for (const line of sample.lines()) {
      if (line.length === 0 || line[0] === HASH || line[0] === BLANK) continue;
      if (line.length >= 3 && isDn(line, 0)) {
        return hasVersion
          ? { confidence: 95, reason: "a version line and an entry's dn behind it" }
          : { confidence: 90, reason: "it begins with an entry's dn" };
      }
      if (hasVersion || small(line.subarray(0, 9)) !== "version: ") return undefined;
      hasVersion = true;
    }
    return undefined;
  }

  push(input, out) {
    for (let end; (end = blockEnd(input)); input.consumed = end) {
      const row = [input.consumed, end];
      const first = lineAt(input.data, row[0], true);
      if (first[0] === row[0]) out.skip(row);
      else readBlock(input.data, row, out);
    }
  }

  #afterBlank = false;

  scan(input, cut) {
    for (let line; (line = lineAt(input.data, input.consumed, input.last)); input.consumed = line[1]) {
      const isBlank = line[0] === input.consumed;
      if (!isBlank && this.#afterBlank) cut(input.base + input.consumed, new Uint8Array());
      this.#afterBlank = isBlank;
    }
  }
}
