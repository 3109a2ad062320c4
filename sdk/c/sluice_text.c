/// Lines, quotes, escapes: what every reader of texts needs.
#include "sluice.h"

size_t strlen(const char *string);
int memcmp(const void *a, const void *b, size_t bytes);

sluice_text sluice_of(const char *string) { return (sluice_text){(const uint8_t *)string, string ? strlen(string) : 0}; }

/// Sixteen bytes a step: finding line ends is what a parser of lines does most.
size_t sluice_find(sluice_text text, uint8_t byte) {
  typedef uint8_t block __attribute__((vector_size(16), aligned(1)));
  typedef uint64_t halves __attribute__((vector_size(16)));
  size_t at = 0;
  for (; at + 16 <= text.bytes; at += 16) {
    halves hits = (halves)(*(const block *)(text.at + at) == byte);
    if (hits[0]) return at + __builtin_ctzll(hits[0]) / 8;
    if (hits[1]) return at + 8 + __builtin_ctzll(hits[1]) / 8;
  }
  for (; at < text.bytes; at++)
    if (text.at[at] == byte) return at;
  return SLUICE_NONE;
}

bool sluice_line_at(sluice_text text, size_t at, bool last, sluice_line *line) {
  if (at >= text.bytes) return false;
  sluice_text rest = sluice_part(text, at, text.bytes);
  size_t end = sluice_find(rest, '\n');
  if (end == SLUICE_NONE && !last) return false;
  line->raw = end == SLUICE_NONE ? rest : sluice_part(rest, 0, end + 1);
  line->text = end == SLUICE_NONE ? rest : sluice_part(rest, 0, end);
  if (line->text.bytes && line->text.at[line->text.bytes - 1] == '\r') line->text.bytes--;
  return true;
}

bool sluice_next_line(sluice_input *input, sluice_line *line) {
  if (!sluice_line_at(input->text, input->consumed, input->last, line)) return false;
  input->consumed += line->raw.bytes;
  return true;
}

bool sluice_sample_line(const sluice_sample *sample, size_t *at, sluice_text *text) {
  sluice_line line;
  bool is_whole = !sample->has_size || sample->size <= sample->head.bytes;
  bool one_line = sluice_find(sample->head, '\n') == SLUICE_NONE;
  if (!sluice_line_at(sample->head, *at, is_whole || one_line, &line)) return false;
  *at += line.raw.bytes;
  *text = line.text;
  return true;
}

bool sluice_is(sluice_text a, sluice_text b) { return a.bytes == b.bytes && memcmp(a.at, b.at, a.bytes) == 0; }

static uint8_t lower(uint8_t byte) { return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte; }

bool sluice_is_any_case(sluice_text a, sluice_text b) {
  if (a.bytes != b.bytes) return false;
  for (size_t at = 0; at < a.bytes; at++)
    if (lower(a.at[at]) != lower(b.at[at])) return false;
  return true;
}

bool sluice_starts_with(sluice_text text, sluice_text prefix) {
  return text.bytes >= prefix.bytes && memcmp(text.at, prefix.at, prefix.bytes) == 0;
}

static bool is_blank(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r' && byte != '\v'); }

sluice_text sluice_trim(sluice_text text) {
  while (text.bytes && is_blank(text.at[0])) text.at++, text.bytes--;
  while (text.bytes && is_blank(text.at[text.bytes - 1])) text.bytes--;
  return text;
}

sluice_text sluice_unquote(sluice_text value, uint8_t quote) {
  if (value.bytes < 2 || value.at[0] != quote || value.at[value.bytes - 1] != quote) return value;
  sluice_text inner = sluice_part(value, 1, value.bytes - 1);
  if (sluice_find(inner, quote) == SLUICE_NONE) return inner;
  uint8_t *plain = sluice_scratch(inner.bytes);
  size_t used = 0;
  for (size_t at = 0; at < inner.bytes; at++) {
    plain[used++] = inner.at[at];
    if (inner.at[at] == quote && at + 1 < inner.bytes && inner.at[at + 1] == quote) at++;
  }
  return (sluice_text){plain, used};
}

static int hex_digit(uint8_t byte) {
  byte = lower(byte);
  return byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/// The number that so many digits from `at` on are; -1 if they are not.
static int32_t hex_number(sluice_text text, size_t at, size_t digits) {
  int32_t number = 0;
  if (text.bytes < digits || at > text.bytes - digits) return -1;
  for (size_t end = at + digits; at < end; at++) {
    int digit = hex_digit(text.at[at]);
    if (digit < 0) return -1;
    number = number << 4 | digit;
  }
  return number;
}

static size_t put_letter(uint8_t *to, uint32_t letter) {
  if (letter < 0x80) return to[0] = letter, 1;
  if (letter < 0x800) return to[0] = 0xc0 | letter >> 6, to[1] = 0x80 | (letter & 0x3f), 2;
  if (letter < 0x10000) return to[0] = 0xe0 | letter >> 12, to[1] = 0x80 | (letter >> 6 & 0x3f), to[2] = 0x80 | (letter & 0x3f), 3;
  to[0] = 0xf0 | letter >> 18, to[1] = 0x80 | (letter >> 12 & 0x3f), to[2] = 0x80 | (letter >> 6 & 0x3f), to[3] = 0x80 | (letter & 0x3f);
  return 4;
}

sluice_text sluice_unescape(sluice_text value) {
  if (sluice_find(value, '\\') == SLUICE_NONE) return value;
  uint8_t *plain = sluice_scratch(value.bytes); // no escape is shorter than what it stands for
  size_t used = 0, at = 0;
  while (at < value.bytes) {
    uint8_t byte = value.at[at++];
    if (byte != '\\' || at == value.bytes) {
      plain[used++] = byte;
      continue;
    }
    byte = value.at[at++];
    int32_t number = byte == 'x' ? hex_number(value, at, 2) : byte == 'u' ? hex_number(value, at, 4) : -1;
    if (byte == 'x' && number >= 0) {
      plain[used++] = number, at += 2;
    } else if (byte == 'u' && number >= 0) {
      at += 4;
      int32_t low = number >> 10 == 0x36 && at + 6 <= value.bytes && value.at[at] == '\\' && value.at[at + 1] == 'u' ? hex_number(value, at + 2, 4) : -1;
      if (low >> 10 == 0x37) number = 0x10000 + ((number & 0x3ff) << 10) + (low & 0x3ff), at += 6;
      used += put_letter(plain + used, number >> 11 == 0x1b ? 0xfffd : number);
    } else {
      plain[used++] = byte == 'n' ? '\n' : byte == 'r' ? '\r' : byte == 't' ? '\t' : byte == '0' ? 0 : byte;
    }
  }
  return (sluice_text){plain, used};
}

static int base64_digit(uint8_t byte) {
  if (byte >= 'A' && byte <= 'Z') return byte - 'A';
  if (byte >= 'a' && byte <= 'z') return byte - 'a' + 26;
  if (byte >= '0' && byte <= '9') return byte - '0' + 52;
  return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

bool sluice_base64(sluice_text value, sluice_text *decoded) {
  for (int padding = 0; padding < 2 && value.bytes && value.at[value.bytes - 1] == '='; padding++) value.bytes--;
  if (value.bytes % 4 == 1) return false;
  uint8_t *plain = sluice_scratch(value.bytes);
  size_t used = 0;
  uint32_t bits = 0;
  for (size_t at = 0; at < value.bytes; at++) {
    int digit = base64_digit(value.at[at]);
    if (digit < 0) return false;
    bits = bits << 6 | digit;
    // Behind the second, third and fourth digit of four there is a byte more.
    if (at % 4) plain[used++] = bits >> (6 - 2 * (at % 4));
  }
  *decoded = (sluice_text){plain, used};
  return true;
}

bool sluice_is_utf8(sluice_text value) {
  for (size_t at = 0; at < value.bytes;) {
    uint8_t first = value.at[at++];
    if (first < 0x80) continue;
    int more = first >= 0xc2 && first <= 0xdf ? 1 : (first & 0xf0) == 0xe0 ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
    if (!more || value.bytes - at < (size_t)more) return false;
    // Of the second byte some are the long form of a shorter letter, a surrogate, or beyond Unicode.
    uint8_t second = value.at[at];
    uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80, most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) return false;
    for (at++; --more; at++)
      if ((value.at[at] & 0xc0) != 0x80) return false;
  }
  return true;
}

/// As the kits of all languages look: before the first @ a local part, behind it words with a dot before the last.
bool sluice_is_email(sluice_text value) {
  size_t at = sluice_find(value, '@');
  if (at == SLUICE_NONE || at < 1 || at > 64) return false;
  sluice_text domain = sluice_part(value, at + 1, value.bytes);
  for (size_t each = 0; each < at; each++) {
    uint8_t byte = value.at[each];
    if (is_blank(byte) || byte == '"' || byte == ',' || byte == ';' || byte == ':' || byte == '|') return false;
  }
  size_t top = SLUICE_NONE;
  for (size_t each = 0; each < domain.bytes; each++) {
    uint8_t byte = domain.at[each];
    bool is_letter = lower(byte) >= 'a' && lower(byte) <= 'z', is_digit = byte >= '0' && byte <= '9';
    if (!is_letter && !is_digit && byte != '.' && byte != '-' && byte != '_' && byte < 0x80) return false;
    if (byte == '.') top = each + 1;
  }
  if (domain.bytes <= 3 || top == SLUICE_NONE || domain.bytes - top < 2) return false;
  return domain.at[top] < '0' || domain.at[top] > '9';
}
