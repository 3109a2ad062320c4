/// The kit for writing a parser plugin in C.
///
/// A plugin is one `plugin.c` (or several .c files in one folder) with `sluice_plugin`, `sluice_probe`, `sluice_open` and `sluice_push`;
/// `sluice plugin build` makes a component of it. There is no C library, for there is nothing a parser could ask of one: memory comes from
/// `sluice_scratch`, and memcpy, memmove, memset and memcmp are there. An instance lives for one chunk and is alone in its memory: what a
/// parser remembers within a chunk may be static variables, which each chunk finds as they were written in the source.
///
/// Values are stretches of bytes. One that lies in the push's input crosses into the host as a span; any other is copied.
/// An author never sees a packed event. `sluice_words.h`, which the build writes beside this file, has the field kinds (`SLUICE_EMAIL` …),
/// the hash kinds (`SLUICE_HASH_MD5` …) and, for each field kind, a setter (`sluice_email(value)` …).
#ifndef SLUICE_H
#define SLUICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A stretch of bytes; no zero ends it. `at` may be anything if `bytes` is 0.
typedef struct {
  const uint8_t *at;
  size_t bytes;
} sluice_text;

/// A string literal as a text.
#define SLUICE_TEXT(literal) ((sluice_text){(const uint8_t *)("" literal), sizeof(literal) - 1})
/// No place at all: what `sluice_find` gives when it finds nothing.
#define SLUICE_NONE SIZE_MAX

// ---- what an author writes ----

/// What bytes a parser wants: UTF-8 as decoded by the host, or the member as it is.
typedef enum { SLUICE_INPUT_TEXT = 0, SLUICE_INPUT_BYTES = 1 } sluice_input_kind;

/// Who cuts a member into chunks: the host at line ends, `sluice_scan`, or nobody.
typedef enum { SLUICE_LINES = 0, SLUICE_MARKS = 1, SLUICE_WHOLE = 2 } sluice_framing;

/// As many names of formats as a descriptor has room for.
#define SLUICE_FORMATS_MAX 16

/// What a parser is. What is left out of an initialiser is empty: text, cut at line ends, no options.
typedef struct {
  const char *name;    ///< Short, lower case, unique: [a-z0-9-].
  const char *version; ///< Semantic version.
  const char *title;   ///< For display.
  const char *formats[SLUICE_FORMATS_MAX]; ///< Format names, for display.
  sluice_input_kind input;
  sluice_framing framing;
  const char *options; ///< JSON Schema of the options, or nothing.
} sluice_descriptor;

/// What `sluice_probe` sees of a member.
typedef struct {
  sluice_text name; ///< The member's path within its dump.
  bool has_size;
  uint64_t size;    ///< Its length in bytes, if that is known.
  sluice_text head; ///< Its first bytes, at most 64 KiB; the last line may be cut off.
  sluice_text tail; ///< Its last bytes, at most 64 KiB; empty if `head` has it all.
} sluice_sample;

/// A parser's word that a member is its own.
typedef struct {
  uint8_t confidence; ///< 0-100; above 50 says: this format and hardly any other. 0 is no claim.
  const char *reason; ///< Why, in words for an operator; no value of the input.
} sluice_claim;

/// A member that was joined with others to one: see `sluice_groups`.
typedef struct {
  sluice_text name; ///< Its path within the dump.
  uint64_t base;    ///< Offset of its first byte in the joined member.
  uint64_t size;    ///< Its length in bytes. Text that ends within a line has a line end behind it, which counts.
} sluice_joined;

/// Members that belong together, by their places among the names that were shown, as they are to be read.
typedef struct {
  const uint32_t *places;
  size_t count;
} sluice_group;

/// How a chunk begins.
typedef struct {
  sluice_text name;    ///< The member's path within its dump; empty if nobody knows it. Gone when `sluice_open` returns.
  uint64_t base;       ///< Offset of its first byte in the member; 0 is the member's start.
  sluice_text context; ///< What `sluice_cut` was given for it; empty at the member's start. Gone when `sluice_open` returns.
  sluice_text options; ///< Options as JSON, or empty. Gone when `sluice_open` returns.
  const sluice_joined *parts; ///< The members that were joined to this one, in order. Gone when `sluice_open` returns.
  size_t parts_count;       ///< 0 if it is one by itself.
} sluice_start;

/// The bytes of one push, and how far a parser got in them. What is not consumed comes again, joined with more.
typedef struct {
  sluice_text text;
  uint64_t base;   ///< Offset in the member of the push's first byte.
  bool last;       ///< Is it the chunk's last push? Then everything must be consumed.
  size_t consumed; ///< Bytes dealt with, of `text`'s. `sluice_next_line` moves it; a parser may.
} sluice_input;

/// What the parser is.
extern const sluice_descriptor sluice_plugin;
/// Looks at a sample and says whether it is this format.
sluice_claim sluice_probe(const sluice_sample *sample);
/// Which members of a dump belong together, given their paths, sorted. Those of a group reach one instance as one member, if the first of
/// them is claimed by this parser more firmly than by any other. Gives how many groups are at `*groups`. Need not be written.
size_t sluice_groups(const sluice_text *names, size_t names_count, const sluice_group **groups);
/// Begins a chunk. Gives NULL, or a message for the operator if context or options cannot be used. Need not be written.
const char *sluice_open(const sluice_start *start);
/// Reads what it can of the input, and says what it found by `sluice_record`, `sluice_skip` and `sluice_reject`, which tile what it
/// consumes. Gives NULL; an error, which fails the chunk, is hardly ever right: a row that cannot be read is a reject.
const char *sluice_push(sluice_input *input);
/// Finds where chunks may begin, for SLUICE_MARKS. Need not be written otherwise.
const char *sluice_scan(sluice_input *input);

// ---- saying what was found ----

/// Begins a record: `row` is its whole raw row in the input, line end included. Its values follow; empty ones are left out.
void sluice_record(sluice_text row);
/// Adds a value of a kind: a field kind, a hash kind, or a column of `sluice_column`.
void sluice_field(uint8_t kind, sluice_text value);
/// Adds a password, or the hash that the value turns out to be.
void sluice_secret(sluice_text value);
/// As `sluice_secret`, with what its surroundings say of its kind: a hash kind, or 0.
void sluice_secret_hinted(sluice_text value, uint8_t hint);
/// A stretch that is nobody's data: a header, a comment, a blank line.
void sluice_skip(sluice_text row);
/// A row that could not be read, and why: 1-64 bytes of [a-z0-9-], never a value of the input.
void sluice_reject(sluice_text row, const char *reason);
/// Names a column that is none of the standard kinds, before the record that has a value of it; the same name gives the same column.
/// A chunk may have 128 of them; for further ones it gives 0, whose values are left out.
uint8_t sluice_column(sluice_text name);
/// Only while scanning: a chunk may begin at `offset` (a byte of the member), given this context of at most 256 KiB.
void sluice_cut(uint64_t offset, sluice_text context);
/// A line for the author. Never put a value of the input here.
void sluice_log(const char *message);

// ---- reading ----

/// A line: whole, and without its line end.
typedef struct {
  sluice_text raw;
  sluice_text text;
} sluice_line;

/// Consumes and gives the next line; false when no complete one is left. The last line of a chunk needs no line end.
bool sluice_next_line(sluice_input *input, sluice_line *line);
/// The line that begins at byte `at` of a text; false if it has no line end and `last` is false, or there is none.
bool sluice_line_at(sluice_text text, size_t at, bool last, sluice_line *line);
/// The next line of a sample's head, without its line end, and not the last one if it may be cut off. `at` begins at 0.
bool sluice_sample_line(const sluice_sample *sample, size_t *at, sluice_text *line);

/// The bytes of a text from one place to another, both within it.
static inline sluice_text sluice_part(sluice_text text, size_t from, size_t to) { return (sluice_text){text.at + from, to - from}; }
/// A C string as a text.
sluice_text sluice_of(const char *string);
/// Where a byte is in a text first, or SLUICE_NONE.
size_t sluice_find(sluice_text text, uint8_t byte);
/// Are two texts the same?
bool sluice_is(sluice_text a, sluice_text b);
/// Are two texts the same, whatever the case of ASCII's letters?
bool sluice_is_any_case(sluice_text a, sluice_text b);
/// Does a text begin with another?
bool sluice_starts_with(sluice_text text, sluice_text prefix);
/// A text without ASCII blanks at its ends.
sluice_text sluice_trim(sluice_text text);
/// Memory until the call that asked for it ends, aligned to 8 bytes; the host bounds what an instance may hold.
void *sluice_scratch(size_t bytes);

/// Takes quotes off, and halves doubled ones within: `"a ""b"""` is `a "b"`. What is not quoted comes as it is.
sluice_text sluice_unquote(sluice_text value, uint8_t quote);
/// Undoes backslashes: \n \r \t \0, \xHH, \uXXXX (pairs too); any other byte behind one is itself.
sluice_text sluice_unescape(sluice_text value);
/// Decodes base64, padded or not, without blanks. False if it is none.
bool sluice_base64(sluice_text value, sluice_text *decoded);
/// Is it UTF-8?
bool sluice_is_utf8(sluice_text value);

// ---- knowing what values are ----

/// Does it look like an e-mail address? A look, not a judgement: the host normalises.
bool sluice_is_email(sluice_text value);
/// What a secret is: SLUICE_PASSWORD, or a hash kind. `hint` is what its surroundings say of it, or 0.
uint8_t sluice_identify(sluice_text value, uint8_t hint);
/// What a column or key of this name holds: a field kind; SLUICE_PASSWORD for a secret, or a hash kind for one whose values do not
/// tell their kind; SLUICE_EXTRA for a name the dictionary does not know, or a decoy. Letters are lower-cased in ASCII, Latin, Greek
/// and Cyrillic only.
uint8_t sluice_meaning(sluice_text name);
/// What the dictionary does not know.
#define SLUICE_EXTRA 0

#include "sluice_words.h"

#endif
