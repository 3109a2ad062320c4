/// LDIF (RFC 2849): the official plugin `ldif` once more, in C. It finds the same records, byte for byte.
///
/// Lines that stand together, without a blank one, are a block; one with a `dn` is an entry, and an entry with something of a person in it a
/// record. Every block stands alone, so a member may be cut at any blank line.
#include "sluice.h"

const sluice_descriptor sluice_plugin = {
    .name = "ldif",
    .version = "0.1.0",
    .title = "LDIF, as directories are written out",
    .formats = {"LDIF"},
    .framing = SLUICE_MARKS,
};

/// Values of one entry that are kept: a group may have members by the ten thousand.
#define VALUES_MAX 512
/// For a value that goes by its attribute's name.
#define EXTRA 0

typedef struct {
  uint8_t kind;
  sluice_text name, value;
} value;

static value values[VALUES_MAX + 1]; // and the login that its name has
static size_t value_count;

// ---- blocks ----

static bool is_dn(sluice_text line) { return line.bytes >= 3 && sluice_is_any_case(sluice_part(line, 0, 3), SLUICE_TEXT("dn:")); }

/// How many bytes the block at `at` has: a blank line, or lines up to one, or up to a second `dn`. 0 if it is not all there.
static size_t block_bytes(sluice_text text, size_t at, bool last, bool *is_blank) {
  size_t begin = at;
  bool has_dn = false;
  sluice_line line;
  for (; sluice_line_at(text, at, last, &line); at += line.raw.bytes) {
    *is_blank = !line.text.bytes && at == begin;
    if (*is_blank) return line.raw.bytes;
    if (!line.text.bytes || (is_dn(line.text) && has_dn)) return at - begin;
    has_dn |= is_dn(line.text);
  }
  return last ? at - begin : 0;
}

static bool is_comment(sluice_text rows) {
  sluice_line line;
  if (rows.at[0] != '#') return false;
  for (size_t at = 0; sluice_line_at(rows, at, true, &line); at += line.raw.bytes)
    if (line.text.at[0] != '#' && line.text.at[0] != ' ') return false;
  return true;
}

/// An attribute: its name without options (`cn` of `cn;lang-de`), and its value if it can be read and is in this file.
typedef struct {
  sluice_text name, value;
  bool has_value;
} attribute;

static bool is(const attribute *attribute, const char *name) { return sluice_is_any_case(attribute->name, sluice_of(name)); }

/// The line at `at` and the lines that continue it, as one.
static bool next_joined(sluice_text rows, size_t *at, sluice_text *joined) {
  sluice_line line, more;
  if (!sluice_line_at(rows, *at, true, &line)) return false;
  *at += line.raw.bytes;
  *joined = line.text;
  uint8_t *whole = NULL;
  while (sluice_line_at(rows, *at, true, &more) && more.text.bytes && more.text.at[0] == ' ') {
    if (!whole) { // no longer than what is left of the block
      whole = sluice_scratch(line.text.bytes + rows.bytes - *at);
      __builtin_memcpy(whole, line.text.at, line.text.bytes);
      joined->at = whole;
    }
    __builtin_memcpy(whole + joined->bytes, more.text.at + 1, more.text.bytes - 1);
    joined->bytes += more.text.bytes - 1;
    *at += more.raw.bytes;
  }
  return true;
}

static sluice_text without_blanks(sluice_text text) {
  while (text.bytes && text.at[0] == ' ') text.at++, text.bytes--;
  return text;
}

/// The next attribute of a block. Comments and lines without a colon are left out.
static bool next_attribute(sluice_text rows, size_t *at, attribute *found) {
  sluice_text line;
  while (next_joined(rows, at, &line)) {
    size_t colon = sluice_find(line, ':');
    if (!line.bytes || line.at[0] == '#' || line.at[0] == ' ' || colon == SLUICE_NONE) continue;
    found->name = sluice_part(line, 0, colon);
    size_t options = sluice_find(found->name, ';');
    if (options != SLUICE_NONE) found->name.bytes = options;
    sluice_text plain = sluice_part(line, colon + 1, line.bytes);
    bool is_encoded = plain.bytes && plain.at[0] == ':', is_elsewhere = plain.bytes && plain.at[0] == '<';
    found->value = without_blanks(is_encoded ? sluice_part(plain, 1, plain.bytes) : plain);
    found->has_value = is_encoded ? sluice_base64(found->value, &found->value) : !is_elsewhere;
    return true;
  }
  return false;
}

// ---- attributes ----

/// What becomes of values that are no plain ones of a kind.
enum { DROP = 200, SECRET, UNICODE_PASSWORD, POSTAL, PROXY, LABELLED, CREATED, LOGGED_IN };

static const struct {
  const char *name;
  uint8_t use;
} USES[] = {
    {"objectclass", DROP}, {"structuralobjectclass", DROP}, {"entryuuid", DROP}, {"entrycsn", DROP}, {"contextcsn", DROP},
    {"entrydn", DROP}, {"creatorsname", DROP}, {"modifiersname", DROP}, {"modifytimestamp", DROP}, {"subschemasubentry", DROP},
    {"hassubordinates", DROP}, {"changetype", DROP}, {"control", DROP}, {"newrdn", DROP}, {"deleteoldrdn", DROP}, {"newsuperior", DROP},
    {"add", DROP}, {"replace", DROP}, {"delete", DROP}, {"increment", DROP}, {"version", DROP},
    {"mail", SLUICE_EMAIL}, {"rfc822mailbox", SLUICE_EMAIL}, {"mailalternateaddress", SLUICE_EMAIL},
    {"uid", SLUICE_USERNAME}, {"userid", SLUICE_USERNAME}, {"samaccountname", SLUICE_USERNAME},
    {"cn", SLUICE_FULL_NAME}, {"commonname", SLUICE_FULL_NAME}, {"displayname", SLUICE_FULL_NAME}, {"gecos", SLUICE_FULL_NAME},
    {"sn", SLUICE_LAST_NAME}, {"surname", SLUICE_LAST_NAME}, {"gn", SLUICE_FIRST_NAME}, {"givenname", SLUICE_FIRST_NAME},
    {"telephonenumber", SLUICE_PHONE}, {"mobile", SLUICE_PHONE}, {"homephone", SLUICE_PHONE}, {"title", SLUICE_JOB_TITLE},
    {"o", SLUICE_EMPLOYER}, {"organizationname", SLUICE_EMPLOYER}, {"company", SLUICE_EMPLOYER},
    {"street", SLUICE_ADDRESS}, {"streetaddress", SLUICE_ADDRESS}, {"l", SLUICE_CITY}, {"localityname", SLUICE_CITY},
    {"st", SLUICE_REGION}, {"stateorprovincename", SLUICE_REGION}, {"c", SLUICE_COUNTRY}, {"co", SLUICE_COUNTRY},
    {"countryname", SLUICE_COUNTRY}, {"employeenumber", SLUICE_USER_ID}, {"wwwhomepage", SLUICE_URL}, {"userprincipalname", EXTRA},
    {"postaladdress", POSTAL}, {"homepostaladdress", POSTAL}, {"registeredaddress", POSTAL}, {"labeleduri", LABELLED},
    {"proxyaddresses", PROXY}, {"createtimestamp", CREATED}, {"whencreated", CREATED}, {"lastlogon", LOGGED_IN},
    {"lastlogontimestamp", LOGGED_IN}, {"authtimestamp", LOGGED_IN}, {"pwdlastsuccess", LOGGED_IN},
    {"userpassword", SECRET}, {"unicodepwd", UNICODE_PASSWORD},
};

/// What becomes of the values of an attribute: one of those above, a field kind, or a hash kind for a secret that its name says more of.
static uint8_t look_up(sluice_text name) {
  for (size_t at = 0; at < sizeof USES / sizeof *USES; at++)
    if (sluice_is_any_case(name, sluice_of(USES[at].name))) return USES[at].use;
  uint8_t meaning = sluice_meaning(name);
  return meaning == SLUICE_PASSWORD ? SECRET : meaning;
}

/// As `look_up`, which is asked once a name, more or less: a directory has the same few in every entry.
static uint8_t use_of(sluice_text name) {
  static struct {
    uint8_t name[32], bytes, use;
  } known[256];
  if (name.bytes > sizeof known->name) return look_up(name);
  uint32_t place = 2166136261;
  for (size_t at = 0; at < name.bytes; at++) place = (place ^ name.at[at]) * 16777619;
  place = (place ^ place >> 16) % 256;
  if (!known[place].bytes || !sluice_is(name, (sluice_text){known[place].name, known[place].bytes})) {
    known[place].bytes = name.bytes;
    known[place].use = look_up(name);
    __builtin_memcpy(known[place].name, name.at, name.bytes);
  }
  return known[place].use;
}

static bool begins(sluice_text text, const char *prefix) {
  sluice_text wanted = sluice_of(prefix);
  return text.bytes >= wanted.bytes && sluice_is_any_case(sluice_part(text, 0, wanted.bytes), wanted);
}

/// Sets a secret's kind; false for a password that another service keeps.
static bool read_secret(value *value, uint8_t hint) {
  if (begins(value->value, "{SASL}")) return false;
  if (begins(value->value, "{CLEARTEXT}")) value->value = sluice_part(value->value, 11, value->value.bytes);
  value->kind = sluice_identify(value->value, hint);
  return true;
}

/// Active Directory's: sixteen bytes of a hash, or a password in quotes in UTF-16.
static bool read_unicode_password(value *found) {
  sluice_text raw = found->value;
  uint8_t *plain = sluice_scratch(2 * raw.bytes);
  size_t used = 0;
  if (raw.bytes == 16) {
    for (size_t at = 0; at < 16; at++) plain[used++] = "0123456789abcdef"[raw.at[at] >> 4], plain[used++] = "0123456789abcdef"[raw.at[at] & 15];
    found->kind = SLUICE_HASH_NTLM;
  } else if (raw.bytes >= 4 && raw.at[0] == '"' && !raw.at[1] && raw.at[raw.bytes - 2] == '"' && !raw.at[raw.bytes - 1]) {
    for (size_t at = 2; at + 4 <= raw.bytes; at += 2) {
      uint32_t letter = raw.at[at] | raw.at[at + 1] << 8;
      uint32_t low = at + 6 <= raw.bytes ? raw.at[at + 2] | raw.at[at + 3] << 8 : 0;
      bool is_pair = letter >> 10 == 0x36 && low >> 10 == 0x37;
      if (is_pair) letter = 0x10000 + ((letter & 0x3ff) << 10) + (low & 0x3ff), at += 2;
      else if (letter >> 11 == 0x1b) letter = 0xfffd;
      int more = letter < 0x80 ? 0 : letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
      plain[used++] = more ? (0xff00 >> (more + 1) & 0xff) | letter >> 6 * more : letter;
      while (more--) plain[used++] = 0x80 | (letter >> 6 * more & 0x3f);
    }
    found->kind = SLUICE_PASSWORD;
  } else {
    found->kind = sluice_identify(raw, SLUICE_HASH_NTLM);
    return sluice_is_utf8(raw);
  }
  found->value = (sluice_text){plain, used};
  return true;
}

/// Lines parted by `$`, in which `\24` is a `$` and `\5C` a backslash.
static sluice_text read_postal(sluice_text raw) {
  uint8_t *plain = sluice_scratch(2 * raw.bytes);
  size_t used = 0;
  for (size_t at = 0; at < raw.bytes; at++) {
    sluice_text rest = sluice_part(raw, at, raw.bytes);
    if (raw.at[at] == '$') plain[used++] = ',', plain[used++] = ' ';
    else if (sluice_starts_with(rest, SLUICE_TEXT("\\24"))) plain[used++] = '$', at += 2;
    else if (begins(rest, "\\5c")) plain[used++] = '\\', at += 2;
    else plain[used++] = raw.at[at];
  }
  return (sluice_text){plain, used};
}

/// A moment as the host reads them; false for the times with which directories say "never".
static bool read_moment(sluice_text *raw) {
  size_t digits = 0;
  while (digits < raw->bytes && raw->at[digits] >= '0' && raw->at[digits] <= '9') digits++;
  if (digits == 14 && digits < raw->bytes) return raw->bytes = 14, true;
  if (digits != raw->bytes || digits == 14) return true;
  // Tenths of a microsecond since 1601; 2^32 seconds behind 1970 have 19 digits.
  uint64_t ticks = 0;
  for (size_t at = 0; at < digits; at++) {
    if (ticks > (UINT64_MAX - 9) / 10) return false;
    ticks = ticks * 10 + (raw->at[at] - '0');
  }
  uint64_t seconds = ticks / 10000000 - 11644473600u;
  if (ticks / 10000000 < 11644473600u || seconds >> 32) return false;
  uint8_t *plain = sluice_scratch(10), *end = plain + 10, *begin = end;
  do *--begin = '0' + seconds % 10;
  while (seconds /= 10);
  *raw = (sluice_text){begin, end - begin};
  return true;
}

// ---- entries ----

static bool has(uint8_t kind) {
  for (size_t at = 0; at < value_count; at++)
    if (values[at].kind == kind) return true;
  return false;
}

static bool is_hash(uint8_t kind) { return kind >= SLUICE_HASH_MD5 && kind <= SLUICE_HASH_UNKNOWN; }

/// Kinds of which a person has one.
static bool is_single(uint8_t kind) {
  return kind >= SLUICE_USERNAME && kind <= SLUICE_USER_ID && kind != SLUICE_PASSWORD && kind != SLUICE_HASH && kind != SLUICE_SALT &&
         kind != SLUICE_PHONE && kind != SLUICE_IP && kind != SLUICE_ADDRESS;
}

static void add(const attribute *attribute) {
  if (value_count >= VALUES_MAX || !attribute->has_value || !attribute->value.bytes) return;
  uint8_t use = use_of(attribute->name);
  if (use == DROP || (use != UNICODE_PASSWORD && !sluice_is_utf8(attribute->value))) return; // a photo, a certificate
  value found = {use, attribute->name, attribute->value};
  if (use == SECRET || is_hash(use)) {
    if (!read_secret(&found, use == SECRET ? 0 : use)) return;
  } else if (use == UNICODE_PASSWORD) {
    if (!read_unicode_password(&found)) return;
  } else if (use == POSTAL) {
    found.kind = SLUICE_ADDRESS, found.value = read_postal(found.value);
  } else if (use == PROXY) {
    if (!begins(found.value, "smtp:")) return;
    found.kind = SLUICE_EMAIL, found.value = sluice_part(found.value, 5, found.value.bytes);
  } else if (use == LABELLED) {
    size_t blank = sluice_find(found.value, ' ');
    found.kind = SLUICE_URL, found.value.bytes = blank == SLUICE_NONE ? found.value.bytes : blank;
  } else if (use == CREATED || use == LOGGED_IN) {
    if (!read_moment(&found.value)) return;
    found.kind = use == CREATED ? SLUICE_CREATED_AT : SLUICE_LAST_LOGIN_AT;
  }
  // What comes second goes by its own name.
  if (is_single(found.kind) && has(found.kind)) found.kind = EXTRA;
  values[value_count++] = found;
}

static int hex_digit(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  byte |= 0x20;
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/// An entry without a login may have it in its name: `uid=ann,ou=people,dc=example,dc=com`.
static void name_by_dn(void) {
  if (!value_count || has(SLUICE_USERNAME) || has(SLUICE_EMAIL)) return;
  sluice_text dn = values[0].value;
  size_t sign = sluice_find(dn, '=');
  if (sign == SLUICE_NONE) return;
  sluice_text name = sluice_trim(sluice_part(dn, 0, sign));
  uint8_t *plain = sluice_scratch(dn.bytes), use = use_of(name);
  size_t used = 0;
  for (size_t at = sign + 1; at < dn.bytes && dn.at[at] != ',' && dn.at[at] != '+'; at++) {
    if (dn.at[at] != '\\' || at + 1 == dn.bytes) {
      plain[used++] = dn.at[at];
    } else if (at + 2 < dn.bytes && hex_digit(dn.at[at + 1]) >= 0 && hex_digit(dn.at[at + 2]) >= 0) {
      plain[used++] = hex_digit(dn.at[at + 1]) << 4 | hex_digit(dn.at[at + 2]), at += 2;
    } else {
      plain[used++] = dn.at[++at];
    }
  }
  sluice_text login = {plain, used};
  if (used && sluice_is_utf8(login) && (use == SLUICE_USERNAME || use == SLUICE_EMAIL)) values[value_count++] = (value){use, name, login};
}

/// A login that is the e-mail address is none, and one that is an e-mail address is one.
static void settle_login(void) {
  size_t login = 0;
  while (login < value_count && values[login].kind != SLUICE_USERNAME) login++;
  if (login == value_count) return;
  for (size_t at = 0; at < value_count; at++) {
    if (values[at].kind != SLUICE_EMAIL || !sluice_is_any_case(values[at].value, values[login].value)) continue;
    __builtin_memmove(&values[login], &values[login + 1], (--value_count - login) * sizeof *values);
    return;
  }
  if (!has(SLUICE_EMAIL) && sluice_is_email(values[login].value)) values[login].kind = SLUICE_EMAIL;
}

static bool has_person(void) {
  for (size_t at = 0; at < value_count; at++) {
    uint8_t kind = values[at].kind;
    if (is_hash(kind) || kind == SLUICE_EMAIL || kind == SLUICE_USERNAME || kind == SLUICE_PASSWORD || kind == SLUICE_FIRST_NAME ||
        kind == SLUICE_LAST_NAME)
      return true;
  }
  return false;
}

/// A block: a record, a reject, or nobody's.
static void read_block(sluice_text rows) {
  size_t at = 0;
  attribute attribute;
  bool some = next_attribute(rows, &at, &attribute), has_version = some && is(&attribute, "version");
  if (has_version) some = next_attribute(rows, &at, &attribute);
  if (!some) return has_version || is_comment(rows) ? sluice_skip(rows) : sluice_reject(rows, "no-attributes");
  // ldapsearch ends what it writes with how the search went.
  if (is(&attribute, "search") || is(&attribute, "result") || is(&attribute, "ref")) return sluice_skip(rows);
  if (!is(&attribute, "dn")) return sluice_reject(rows, "no-dn");
  value_count = 0;
  do add(&attribute);
  while (next_attribute(rows, &at, &attribute));
  name_by_dn();
  settle_login();
  if (!has_person()) return sluice_skip(rows);
  for (size_t each = 0; each < value_count; each++)
    if (values[each].kind == EXTRA) values[each].kind = sluice_column(values[each].name);
  sluice_record(rows);
  for (size_t each = 0; each < value_count; each++) sluice_field(values[each].kind, values[each].value);
}

// ---- what the host asks ----

sluice_claim sluice_probe(const sluice_sample *sample) {
  sluice_text line;
  bool has_version = false;
  for (size_t at = 0; sluice_sample_line(sample, &at, &line);) {
    if (!line.bytes || line.at[0] == '#' || line.at[0] == ' ') continue;
    if (is_dn(line))
      return has_version ? (sluice_claim){95, "a version line and an entry's dn behind it"} : (sluice_claim){90, "it begins with an entry's dn"};
    if (has_version || !begins(line, "version: ")) break;
    has_version = true;
  }
  return (sluice_claim){0, ""};
}

const char *sluice_push(sluice_input *input) {
  bool is_blank = false;
  size_t bytes;
  while ((bytes = block_bytes(input->text, input->consumed, input->last, &is_blank))) {
    sluice_text rows = sluice_part(input->text, input->consumed, input->consumed + bytes);
    if (is_blank) sluice_skip(rows);
    else read_block(rows);
    input->consumed += bytes;
  }
  return NULL;
}

const char *sluice_scan(sluice_input *input) {
  static bool after_blank;
  sluice_line line;
  while (sluice_line_at(input->text, input->consumed, input->last, &line)) {
    if (line.text.bytes && after_blank) sluice_cut(input->base + input->consumed, SLUICE_TEXT(""));
    after_blank = !line.text.bytes;
    input->consumed += line.raw.bytes;
  }
  return NULL;
}
