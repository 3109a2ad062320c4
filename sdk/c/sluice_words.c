/// What values and names are: hashes by their shape, columns by the dictionary. The tables are written by `sluice plugin build`, of the
/// same data that the kits of all languages read.
#include "sluice.h"

int memcmp(const void *a, const void *b, size_t bytes);

enum { DIGIT = 1, HEX = 2, ITOA64 = 4, BASE64 = 8, SALT = 16, GRAPHIC = 32, PARAMETERS = 64 };
enum { END, TEXT, MAYBE, RUN, REST };

/// A part of a shape: bytes, or as many bytes of some alphabets as there are, or whatever follows.
typedef struct { uint8_t what, alphabets; uint16_t least, most; const char *text; } part;
typedef struct { uint8_t kind; const part *parts; } shape;

#include "sluice_tables.h"

// ---- hashes ----

/// No hash that tells its kind without a hint is shorter.
#define UNHINTED_BYTES_MIN 20
/// A bracketed scheme, `{CRYPT}`, is no longer than this.
#define SCHEME_BYTES_MAX 24
#define REST_BYTES_MIN 16

static bool is_in(uint8_t byte, unsigned alphabets) {
  bool digit = byte >= '0' && byte <= '9', small = byte >= 'a' && byte <= 'z', letter = small || (byte >= 'A' && byte <= 'Z');
  bool graphic = byte > ' ' && byte < 0x7f;
  return (alphabets & DIGIT && digit) || (alphabets & HEX && (digit || (letter && (byte | 0x20) <= 'f'))) ||
         (alphabets & ITOA64 && (digit || letter || byte == '.' || byte == '/')) ||
         (alphabets & BASE64 && (digit || letter || byte == '+' || byte == '/' || byte == '=' || byte == '-' || byte == '_')) ||
         (alphabets & SALT && graphic && byte != '$' && byte != ':') || (alphabets & GRAPHIC && graphic) ||
         (alphabets & PARAMETERS && (digit || small || byte == '=' || byte == ','));
}

static bool are_all(sluice_text value, unsigned alphabets) {
  for (size_t at = 0; at < value.bytes; at++)
    if (!is_in(value.at[at], alphabets)) return false;
  return true;
}

/// Case matters in crypt's one-letter markers (`$P$` is phpass, `$p$` nothing) and nowhere else.
static bool take(sluice_text *value, sluice_text prefix) {
  if (value->bytes < prefix.bytes) return false;
  sluice_text head = sluice_part(*value, 0, prefix.bytes);
  if (!(prefix.at[0] == '$' ? sluice_is(head, prefix) : sluice_is_any_case(head, prefix))) return false;
  *value = sluice_part(*value, prefix.bytes, value->bytes);
  return true;
}

static bool fits(sluice_text value, const part *parts) {
  for (; parts->what != END; parts++) {
    if (parts->what == REST) return value.bytes >= REST_BYTES_MIN;
    if (parts->what == TEXT && !take(&value, sluice_of(parts->text))) return false;
    if (parts->what == MAYBE) take(&value, sluice_of(parts->text));
    if (parts->what == RUN) {
      size_t bytes = 0;
      while (bytes < parts->most && bytes < value.bytes && is_in(value.at[bytes], parts->alphabets)) bytes++;
      if (bytes < parts->least) return false;
      value = sluice_part(value, bytes, value.bytes);
    }
  }
  return value.bytes == 0;
}

/// Digits of a bare digest, with a letter among them: 32 digits without one are no MD5, since one in three million is.
static uint8_t bare_hex(sluice_text value) {
  static const struct { uint16_t bytes; uint8_t kind; } lengths[] = {
      {32, SLUICE_HASH_MD5}, {40, SLUICE_HASH_SHA1}, {56, SLUICE_HASH_SHA224},
      {64, SLUICE_HASH_SHA256}, {96, SLUICE_HASH_SHA384}, {128, SLUICE_HASH_SHA512}};
  for (size_t at = 0; at < sizeof lengths / sizeof *lengths; at++)
    if (value.bytes == lengths[at].bytes) return are_all(value, HEX) && !are_all(value, DIGIT) ? lengths[at].kind : 0;
  return 0;
}

static uint8_t hinted(sluice_text value, uint8_t hint) {
  for (size_t at = 0; at < sizeof HINTED / sizeof *HINTED; at++)
    if (HINTED[at].kind == hint && fits(value, HINTED[at].parts)) return hint;
  return 0;
}

static uint8_t by_table(sluice_text value) {
  for (size_t at = 0; at < sizeof MARKED / sizeof *MARKED; at++)
    if ((MARKED[at].parts->text[0] | 0x20) == (value.at[0] | 0x20) && fits(value, MARKED[at].parts)) return MARKED[at].kind;
  return 0;
}

/// A marked shape, or a scheme before what has a kind by itself: `{CRYPT}$6$…`, `{BLF-CRYPT}$2y$…`, `{MD5}` and bare hexadecimal.
static uint8_t marked(sluice_text value) {
  if (value.bytes < 2) return 0;
  uint8_t kind = by_table(value);
  size_t end = sluice_find(sluice_part(value, 0, value.bytes < SCHEME_BYTES_MAX + 1 ? value.bytes : SCHEME_BYTES_MAX + 1), '}');
  if (kind || value.at[0] != '{' || end == SLUICE_NONE || end == 1) return kind;
  sluice_text rest = sluice_part(value, end + 1, value.bytes);
  if (rest.bytes && rest.at[0] == '{') return 0;
  if (rest.bytes >= 2) kind = by_table(rest);
  if (!kind) kind = bare_hex(rest);
  bool in_crypt = end >= 6 && sluice_is_any_case(sluice_part(value, end - 5, end), SLUICE_TEXT("crypt"));
  return kind || !in_crypt ? kind : hinted(rest, SLUICE_HASH_DESCRYPT);
}

uint8_t sluice_identify(sluice_text value, uint8_t hint) {
  if (!hint && value.bytes < UNHINTED_BYTES_MIN) return SLUICE_PASSWORD;
  uint8_t kind = marked(value);
  if (!kind && hint) kind = hinted(value, hint);
  if (!kind) kind = bare_hex(value);
  if (!kind && hint == SLUICE_HASH_UNKNOWN && value.bytes >= REST_BYTES_MIN && are_all(value, BASE64 | ITOA64)) kind = SLUICE_HASH_UNKNOWN;
  return kind ? kind : SLUICE_PASSWORD;
}

// ---- columns ----

#define NAME_BYTES_MAX 96
#define NOT_KNOWN (-1)

/// A name's words as they are compared: lower-cased, one behind the other. Word `n` is from `begins[n]` to `begins[n + 1]`.
typedef struct { uint8_t letters[2 * NAME_BYTES_MAX]; size_t begins[NAME_BYTES_MAX + 2]; size_t count; } words;

static sluice_text joined(const words *name, size_t from, size_t to) {
  return (sluice_text){name->letters + name->begins[from], name->begins[to] - name->begins[from]};
}

static int compare(sluice_text a, sluice_text b) {
  int order = memcmp(a.at, b.at, a.bytes < b.bytes ? a.bytes : b.bytes);
  return order ? order : (a.bytes > b.bytes) - (a.bytes < b.bytes);
}

static int look_up(sluice_text name) {
  size_t from = 0, to = sizeof NAMES / sizeof *NAMES;
  while (from < to) {
    size_t middle = (from + to) / 2;
    int order = compare((sluice_text){(const uint8_t *)BLOB + NAMES[middle].at, NAMES[middle].bytes}, name);
    if (!order) return NAMES[middle].meaning;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return NOT_KNOWN;
}

static bool is_modifier(sluice_text word) {
  for (size_t at = 0; at < sizeof MODIFIERS / sizeof *MODIFIERS; at++)
    if (sluice_is(word, sluice_of(MODIFIERS[at]))) return true;
  return false;
}

/// A letter of the scripts that have two cases and that names of columns are written in, lower-cased.
static uint32_t lowered(uint32_t letter) {
  if ((letter >= 'A' && letter <= 'Z') || (letter >= 0xc0 && letter <= 0xde && letter != 0xd7)) return letter + 32;
  if (letter == 0x130) return 'i';
  if ((letter >= 0x139 && letter <= 0x148) || (letter >= 0x179 && letter <= 0x17e)) return letter + (letter & 1);
  if ((letter >= 0x100 && letter <= 0x177) || (letter >= 0x1e00 && letter <= 0x1eff) || letter == 0x1a0 || letter == 0x490) return letter | 1;
  if (letter == 0x1af) return 0x1b0;
  if (letter == 0x386) return 0x3ac;
  if (letter >= 0x388 && letter <= 0x38a) return letter + 37;
  if (letter == 0x38c) return 0x3cc;
  if (letter == 0x38e || letter == 0x38f) return letter + 63;
  if ((letter >= 0x391 && letter <= 0x3a9) || (letter >= 0x410 && letter <= 0x42f)) return letter + 32;
  return letter >= 0x400 && letter <= 0x40f ? letter + 80 : letter;
}

static bool is_lower(uint32_t letter) {
  bool has_cases = (letter >= 'a' && letter <= 'z') || (letter >= 0xdf && letter <= 0x24f) || (letter >= 0x3ac && letter <= 0x3ce) ||
                   (letter >= 0x430 && letter <= 0x45f) || letter == 0x491 || (letter >= 0x1e00 && letter <= 0x1eff);
  return has_cases && lowered(letter) == letter;
}

/// Does it belong to a word? Letters, digits, and the marks of scripts that write vowels as marks.
static bool joins(uint32_t letter) {
  if (letter < 0x80) return is_in(letter, BASE64) && letter != '+' && letter != '/' && letter != '=' && letter != '-' && letter != '_';
  bool is_sign = letter < 0xc0 ? letter != 0xaa && letter != 0xb5 && letter != 0xba : letter == 0xd7 || letter == 0xf7;
  return !is_sign && !(letter >= 0x2000 && letter <= 0x206f) && !(letter >= 0x3000 && letter <= 0x3004) &&
         !(letter >= 0x3008 && letter <= 0x3020) && letter != 0x30fb && !(letter >= 0xff01 && letter <= 0xff0f) && letter != 0xff1a;
}

static uint32_t next_letter(sluice_text name, size_t *at) {
  uint8_t first = name.at[(*at)++];
  int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  uint32_t letter = more ? first & (0x3f >> more) : first;
  for (; more && *at < name.bytes; more--) letter = letter << 6 | (name.at[(*at)++] & 0x3f);
  return letter;
}

/// Parted at anything but letters and digits, and where `aB` shows camelCase.
static void part_words(sluice_text name, words *out) {
  size_t used = 0;
  bool after_lower = false;
  out->count = 0;
  out->begins[0] = 0;
  for (size_t at = 0; at < name.bytes;) {
    size_t begin = at;
    uint32_t letter = next_letter(name, &at), small = lowered(letter);
    if (used > out->begins[out->count] && (!joins(letter) || (after_lower && small != letter))) out->begins[++out->count] = used;
    after_lower = is_lower(letter);
    if (!joins(letter)) continue;
    if (small == letter) {
      for (; begin < at; begin++) out->letters[used++] = name.at[begin];
    } else if (small < 0x80) {
      out->letters[used++] = small;
    } else if (small < 0x800) {
      out->letters[used++] = 0xc0 | small >> 6, out->letters[used++] = 0x80 | (small & 0x3f);
    } else {
      out->letters[used++] = 0xe0 | small >> 12, out->letters[used++] = 0x80 | (small >> 6 & 0x3f), out->letters[used++] = 0x80 | (small & 0x3f);
    }
  }
  if (used > out->begins[out->count]) out->begins[++out->count] = used;
}

static bool may_be_left_out(const words *name, size_t word) {
  return is_modifier(joined(name, word, word + 1)) || are_all(joined(name, word, word + 1), DIGIT);
}

/// `billing_zip`, `user_email_1`: modifiers may stand on either side of a name in words.
static int without_modifiers(const words *name) {
  size_t front = 0, back = 0;
  while (front < name->count && may_be_left_out(name, front)) front++;
  while (back < name->count && may_be_left_out(name, name->count - 1 - back)) back++;
  for (size_t from = 0; from <= front; from++) {
    size_t least = name->count - back > from + 1 ? name->count - back : from + 1;
    for (size_t to = name->count; to >= least && to > from; to--) {
      int found = to - from < name->count ? look_up(joined(name, from, to)) : NOT_KNOWN;
      if (found != NOT_KNOWN) return found;
    }
  }
  return NOT_KNOWN;
}

/// `customeremail`: a modifier written as one with its name.
static int without_prefix(sluice_text whole) {
  for (size_t at = 3; at + 1 < whole.bytes; at++) {
    if ((whole.at[at] & 0xc0) == 0x80 || !is_modifier(sluice_part(whole, 0, at))) continue;
    sluice_text rest = sluice_part(whole, at, whole.bytes);
    int found = rest.bytes >= 3 || sluice_is(rest, SLUICE_TEXT("ip")) ? look_up(rest) : NOT_KNOWN;
    if (found != NOT_KNOWN) return found;
  }
  return NOT_KNOWN;
}

uint8_t sluice_meaning(sluice_text name) {
  words parted;
  part_words(name.bytes > NAME_BYTES_MAX ? sluice_part(name, 0, NAME_BYTES_MAX) : name, &parted);
  sluice_text whole = joined(&parted, 0, parted.count), bare = whole;
  while (bare.bytes && is_in(bare.at[bare.bytes - 1], DIGIT)) bare.bytes--;
  int found = look_up(whole);
  if (found == NOT_KNOWN && bare.bytes < whole.bytes) found = look_up(bare);
  if (found == NOT_KNOWN) found = without_modifiers(&parted);
  if (found == NOT_KNOWN) found = without_prefix(bare);
  if (found == SLUICE_HASH) return SLUICE_PASSWORD;
  return found == NOT_KNOWN ? SLUICE_EXTRA : found;
}
