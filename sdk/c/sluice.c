/// The kit's inside: packed events, the border to the host as the component model's ABI has it, memory, and what values are.
/// Authors read sluice.h.
#include "sluice.h"

// ---- memory ----
// One region above the program's own data, handed out from the bottom up. What a call's arguments and scratch took is free again when
// the call ends; the kit's own buffers lie below and stay.

#define PAGE_BYTES 65536
extern uint8_t __heap_base;
static uintptr_t region_next, region_kept, region_end;

void *sluice_scratch(size_t bytes) {
  if (!region_next) {
    region_next = region_kept = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
    region_end = __builtin_wasm_memory_size(0) * PAGE_BYTES;
  }
  uintptr_t at = (region_next + 7) & ~(uintptr_t)7;
  if (bytes > UINT32_MAX - PAGE_BYTES - at) __builtin_trap();
  if (at + bytes > region_end) {
    size_t pages = (at + bytes - region_end + PAGE_BYTES - 1) / PAGE_BYTES;
    if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) __builtin_trap();
    region_end += pages * PAGE_BYTES;
  }
  region_next = at + bytes;
  return (void *)at;
}

static void free_scratch(void) { region_next = region_kept; }

void *memcpy(void *to, const void *from, size_t bytes) { return __builtin_memcpy(to, from, bytes); }
void *memmove(void *to, const void *from, size_t bytes) { return __builtin_memmove(to, from, bytes); }
void *memset(void *to, int byte, size_t bytes) { return __builtin_memset(to, byte, bytes); }
int memcmp(const void *a, const void *b, size_t bytes) {
  const uint8_t *left = a, *right = b;
  for (size_t at = 0; at < bytes; at++)
    if (left[at] != right[at]) return left[at] < right[at] ? -1 : 1;
  return 0;
}
size_t strlen(const char *string) {
  size_t bytes = 0;
  while (string[bytes]) bytes++;
  return bytes;
}

// ---- events ----

#define IMPORT(name) __attribute__((import_module("sluice:parser/host@0.2.0"), import_name(name)))
IMPORT("emit") void host_emit(const uint64_t *events, size_t event_count, const uint8_t *arena, size_t arena_bytes);
IMPORT("cut") void host_cut(uint64_t offset, const uint8_t *context, size_t context_bytes);
IMPORT("log") void host_log(int32_t level, const uint8_t *message, size_t message_bytes);

enum { RECORD = 0, SKIP = 1, REJECT = 2, REASON = 3, COLUMN = 4, COLUMN_MIN = 128 };
enum { LEVEL_INFO = 1 };
/// Events and arena bytes kept before they are handed to the host. A record that has begun is never parted: its events and its arena
/// may be as long as the host's bounds on a push let them, and buffers grow to that.
#define EVENTS_KEPT 2048
#define ARENA_BYTES_KEPT 65536
#define NAME_BYTES_MAX 128

static struct { uint64_t *at; size_t used, room; } events;
static struct { uint8_t *at; size_t used, room; } arena;
static sluice_text pushed;
static struct { uint8_t name[NAME_BYTES_MAX]; uint8_t bytes; } columns[256 - COLUMN_MIN];
static unsigned column_count;

/// Room for one more event or for so many bytes more; what outgrows its buffer gets one twice as large, until the call ends.
static void *grown(const void *old, size_t used, size_t room) {
  void *larger = sluice_scratch(room);
  __builtin_memcpy(larger, old, used);
  return larger;
}

static void add_event(uint8_t tag, size_t offset, size_t bytes, bool in_arena) {
  if (events.used == events.room) {
    events.room *= 2;
    events.at = grown(events.at, events.used * 8, events.room * 8);
  }
  events.at[events.used++] = (uint64_t)offset | (uint64_t)in_arena << 31 | (uint64_t)bytes << 32 | (uint64_t)tag << 56;
}

static bool is_pushed(sluice_text text) {
  uintptr_t at = (uintptr_t)text.at - (uintptr_t)pushed.at;
  return at <= pushed.bytes && text.bytes <= pushed.bytes - at;
}

static uint8_t *arena_room(size_t bytes) {
  if (bytes > arena.room - arena.used) {
    arena.room = 2 * (arena.used + bytes);
    arena.at = grown(arena.at, arena.used, arena.room);
  }
  arena.used += bytes;
  return arena.at + arena.used - bytes;
}

static void add_copied(uint8_t tag, sluice_text text) {
  size_t offset = arena.used;
  __builtin_memcpy(arena_room(text.bytes), text.at, text.bytes);
  add_event(tag, offset, text.bytes, true);
}

static void flush(void) {
  if (events.used) host_emit(events.at, events.used, arena.at, arena.used);
  events.used = arena.used = 0;
}

static void add_row(uint8_t tag, sluice_text row) {
  if (events.used >= EVENTS_KEPT || arena.used >= ARENA_BYTES_KEPT) flush();
  if (!is_pushed(row)) __builtin_trap(); // a row is a stretch of the push's input
  add_event(tag, row.at - pushed.at, row.bytes, false);
}

void sluice_record(sluice_text row) { add_row(RECORD, row); }

void sluice_field(uint8_t kind, sluice_text value) {
  if (!value.bytes || kind < SLUICE_EMAIL) return;
  if (is_pushed(value)) add_event(kind, value.at - pushed.at, value.bytes, false);
  else add_copied(kind, value);
}

void sluice_secret(sluice_text value) { sluice_field(sluice_identify(value, 0), value); }
void sluice_secret_hinted(sluice_text value, uint8_t hint) { sluice_field(sluice_identify(value, hint), value); }

void sluice_skip(sluice_text row) {
  if (row.bytes) add_row(SKIP, row);
}

void sluice_reject(sluice_text row, const char *reason) {
  if (!row.bytes) return;
  add_row(REJECT, row);
  add_copied(REASON, sluice_of(reason));
}

uint8_t sluice_column(sluice_text name) {
  if (!name.bytes) name = SLUICE_TEXT("unnamed");
  if (name.bytes > NAME_BYTES_MAX) {
    name.bytes = NAME_BYTES_MAX;
    while (name.bytes && (name.at[name.bytes] & 0xc0) == 0x80) name.bytes--; // not within a letter
  }
  for (unsigned at = 0; at < column_count; at++)
    if (sluice_is(name, (sluice_text){columns[at].name, columns[at].bytes})) return COLUMN_MIN + at;
  if (column_count == 256 - COLUMN_MIN || !sluice_is_utf8(name)) return 0;
  uint8_t tag = COLUMN_MIN + column_count;
  columns[column_count].bytes = name.bytes;
  __builtin_memcpy(columns[column_count++].name, name.at, name.bytes);
  size_t offset = arena.used;
  uint8_t *named = arena_room(name.bytes + 1);
  named[0] = tag;
  __builtin_memcpy(named + 1, name.at, name.bytes);
  add_event(COLUMN, offset, name.bytes + 1, true);
  return tag;
}

void sluice_cut(uint64_t offset, sluice_text context) { host_cut(offset, context.at, context.bytes); }
void sluice_log(const char *message) { host_log(LEVEL_INFO, (const uint8_t *)message, strlen(message)); }

// ---- the border ----
// Each function as the component model's canonical ABI lays it out for `sluice:parser/guest@0.2.0`. Results are told by where they lie.

#define EXPORT(name) __attribute__((export_name("sluice:parser/guest@0.2.0#" name)))

/// Where the host puts arguments.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_bytes, size_t align, size_t bytes) {
  if (align > 8) __builtin_trap();
  if (bytes <= old_bytes) return old;
  return grown(old, old_bytes, bytes);
}

typedef struct { const uint8_t *at; size_t bytes; } wire_list;

static wire_list wire_string(const char *string) {
  return string ? (wire_list){(const uint8_t *)string, strlen(string)} : (wire_list){(const uint8_t *)"", 0};
}

static struct {
  wire_list name, version, title;
  struct { const wire_list *at; size_t count; } formats;
  uint8_t input, framing;
  wire_list options;
} described;

EXPORT("describe") const void *export_describe(void) {
  static wire_list formats[SLUICE_FORMATS_MAX];
  size_t count = 0;
  for (; count < SLUICE_FORMATS_MAX && sluice_plugin.formats[count]; count++) formats[count] = wire_string(sluice_plugin.formats[count]);
  described.name = wire_string(sluice_plugin.name);
  described.version = wire_string(sluice_plugin.version);
  described.title = wire_string(sluice_plugin.title);
  described.formats.at = formats;
  described.formats.count = count;
  described.input = sluice_plugin.input;
  described.framing = sluice_plugin.framing;
  described.options = wire_string(sluice_plugin.options);
  return &described;
}

EXPORT("probe")
const void *export_probe(const uint8_t *name, size_t name_bytes, int32_t has_size, uint64_t size, const uint8_t *head, size_t head_bytes,
                         const uint8_t *tail, size_t tail_bytes) {
  static struct { uint8_t is_some; struct { uint8_t confidence; wire_list reason; } claim; } claimed;
  sluice_sample sample = {{name, name_bytes}, has_size, size, {head, head_bytes}, {tail, tail_bytes}};
  sluice_claim claim = sluice_probe(&sample);
  claimed.is_some = claim.confidence > 0;
  claimed.claim.confidence = claim.confidence;
  claimed.claim.reason = wire_string(claim.reason);
  free_scratch();
  return &claimed;
}

/// `result<u32, string>`; of `result<_, string>` the number is not read.
static const void *result(const char *error, size_t number) {
  static struct { uint8_t is_error; wire_list payload; } told;
  told.is_error = error != NULL;
  told.payload = error ? wire_string(error) : (wire_list){(const uint8_t *)number, 0};
  free_scratch();
  return &told;
}

/// A part lies as the border has it.
_Static_assert(sizeof(sluice_joined) == 24 && __builtin_offsetof(sluice_joined, base) == 8, "`record part` of the contract");

EXPORT("group") const void *export_group(const sluice_text *names, size_t names_count) {
  static struct { const sluice_group *at; size_t count; } groups;
  groups.at = NULL;
  groups.count = sluice_groups(names, names_count, &groups.at);
  free_scratch();
  return &groups;
}

EXPORT("open")
const void *export_open(const uint8_t *name, size_t name_bytes, uint64_t base, const uint8_t *context, size_t context_bytes,
                        const uint8_t *options, size_t options_bytes, const sluice_joined *parts, size_t parts_count) {
  sluice_start start = {{name, name_bytes}, base, {context, context_bytes}, {options, options_bytes}, parts, parts_count};
  return result(sluice_open(&start), 0);
}

EXPORT("push") const void *export_push(uint64_t base, const uint8_t *chunk, size_t chunk_bytes, int32_t last) {
  static uint64_t events_kept[EVENTS_KEPT + 512];
  static uint8_t arena_kept[2 * ARENA_BYTES_KEPT];
  events.at = events_kept, events.room = sizeof events_kept / sizeof *events_kept;
  arena.at = arena_kept, arena.room = sizeof arena_kept;
  pushed = (sluice_text){chunk, chunk_bytes};
  sluice_input input = {pushed, base, last, 0};
  const char *error = sluice_push(&input);
  if (!error) flush();
  return result(error, input.consumed);
}

EXPORT("scan") const void *export_scan(uint64_t base, const uint8_t *chunk, size_t chunk_bytes, int32_t last) {
  sluice_input input = {{chunk, chunk_bytes}, base, last, 0};
  const char *error = sluice_scan(&input);
  return result(error, input.consumed);
}

__attribute__((weak)) size_t sluice_groups(const sluice_text *names, size_t names_count, const sluice_group **groups) {
  (void)names, (void)names_count, (void)groups;
  return 0;
}

__attribute__((weak)) const char *sluice_open(const sluice_start *start) {
  (void)start;
  return NULL;
}

__attribute__((weak)) const char *sluice_scan(sluice_input *input) {
  input->consumed = input->text.bytes;
  return NULL;
}
