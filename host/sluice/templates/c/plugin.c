/// people-list: a person a line, `name|email|password`, below a header that begins with `#`.
///
/// It is a beginning, to be changed. Where an author must decide something, a comment says what;
/// `sluice plugin test` says whether what was decided holds. What there is to call is in .sluice/sluice.h.
#include "sluice.h"

/// The first line of a whole list.
#define HEADER SLUICE_TEXT("# name|email|password")
/// Of a list's beginning, what is looked at to tell whether it is one.
#define LINES_PROBED 200

const sluice_descriptor sluice_plugin = {
    // What it goes by in commands, metrics and file names.
    .name = "people-list",
    .version = "0.1.0",
    .title = "Lists of name|email|password",
    .formats = {"name|email|password"},
    // Decide who may cut a big member into chunks, which are read side by side: SLUICE_LINES, if every
    // line stands alone; SLUICE_MARKS, if what comes before matters; else SLUICE_WHOLE.
    .framing = SLUICE_LINES,
    // Decide what bytes you want: SLUICE_INPUT_TEXT has them decoded to UTF-8, whatever they were.
    .input = SLUICE_INPUT_TEXT,
};

/// What a line is: a person; no data, as a comment or an empty line is; or data, but of what?
typedef enum { PERSON, NOBODY, UNREADABLE } row_kind;
typedef struct {
  sluice_text name, email, secret;
} person;

static row_kind read(sluice_text line, person *found) {
  if (!line.bytes || line.at[0] == '#') return NOBODY;
  // Decide what a separator within a value is. Here the first two count: a password may have more.
  size_t first = sluice_find(line, '|');
  if (first == SLUICE_NONE) return UNREADABLE;
  sluice_text rest = sluice_part(line, first + 1, line.bytes);
  size_t second = sluice_find(rest, '|');
  if (second == SLUICE_NONE) return UNREADABLE;
  found->name = sluice_part(line, 0, first);
  found->email = sluice_part(rest, 0, second);
  found->secret = sluice_part(rest, second + 1, rest.bytes);
  return sluice_is_email(found->email) ? PERSON : UNREADABLE;
}

/// Decide what only your format has: the surest claim gets the member. Above 50 says "this format and
/// hardly any other". A file's name alone is worth little.
sluice_claim sluice_probe(const sluice_sample *sample) {
  if (sluice_starts_with(sample->head, HEADER)) return (sluice_claim){95, "it begins with the header"};
  // A part of a list has no header.
  int people = 0, others = 0;
  sluice_text line;
  person found;
  for (size_t at = 0, lines = 0; lines < LINES_PROBED && sluice_sample_line(sample, &at, &line); lines++) {
    row_kind kind = read(line, &found);
    people += kind == PERSON;
    others += kind == UNREADABLE;
  }
  return people > 9 * others ? (sluice_claim){60, "nearly all lines are name|email|password"} : (sluice_claim){0, ""};
}

/// Gives every line to exactly one of record, skip and reject, line end included.
const char *sluice_push(sluice_input *input) {
  sluice_line line;
  person found;
  while (sluice_next_line(input, &line)) {
    switch (read(line.text, &found)) {
    case PERSON:
      sluice_record(line.raw);
      sluice_full_name(found.name);
      sluice_email(found.email);
      sluice_secret(found.secret); // tells hashes from passwords; empty values are left out
      break;
    case NOBODY:
      sluice_skip(line.raw);
      break;
    case UNREADABLE:
      // A reject means that data was lost. Its reason never has a value of the input.
      sluice_reject(line.raw, "no-name-email-password");
    }
  }
  return NULL;
}
