// The kit for writing a parser plugin in JavaScript; what an author needs to know of it is in sluice_plugin.d.ts.

import { Setters } from "./sluice_tables.js";
import { encode } from "./sluice_text.js";
import { identify } from "./sluice_words.js";

export { Field, Hash } from "./sluice_tables.js";
export { base64, bytes, isEmail, isUtf8, text, unescape, unquote } from "./sluice_text.js";
export { EXTRA, identify, meaning } from "./sluice_words.js";

const [RECORD, SKIP, REJECT, REASON, COLUMN] = [0, 1, 2, 3, 4];
const COLUMN_MIN = 128;
const COLUMN_MAX = 255;
const IN_ARENA = 0x80000000;
const NAME_BYTES_MAX = 128;
// Kept before they are handed to the host.
const EVENTS_KEPT = 2048;
const ARENA_BYTES_KEPT = 65536;
const LINE_END = 10;
const RETURN = 13;

export class Sample {
  constructor({ name, size, head, tail }) {
    Object.assign(this, { name, size: size === undefined || size === null ? undefined : Number(size), head, tail });
  }

  *lines() {
    let head = this.head;
    if (this.size !== undefined && this.size > head.length) {
      const end = head.lastIndexOf(LINE_END) + 1;
      head = end > 0 ? head.subarray(0, end) : head;
    }
    const input = new Input(head, 0, true);
    if (head.length === 0) yield head;
    for (let line; (line = input.nextLine()); ) yield line.text;
  }
}

export class Input {
  constructor(data, base, last) {
    Object.assign(this, { data, base, last, consumed: 0 });
  }

  lineAt(at) {
    const { data } = this;
    const found = data.indexOf(LINE_END, at);
    if (found < 0 && (!this.last || at >= data.length)) return undefined;
    let end = found < 0 ? data.length : found;
    const row = [at, found < 0 ? end : found + 1];
    if (end > at && data[end - 1] === RETURN) end -= 1;
    return { row, text: data.subarray(at, end) };
  }

  nextLine() {
    const line = this.lineAt(this.consumed);
    if (line) this.consumed = line.row[1];
    return line;
  }

  *lines() {
    for (let line; (line = this.nextLine()); ) yield line;
  }
}

export class Out extends Setters {
  #emit;
  #data;
  // An event is two words, low and high: offset and arena bit, length and tag.
  #events = new Uint32Array(2 * (EVENTS_KEPT + 512));
  #used = 0;
  #arena = new Uint8Array(2 * ARENA_BYTES_KEPT);
  #arenaUsed = 0;
  #columns = new Map();

  constructor(emit) {
    super();
    this.#emit = emit;
  }

  begin(data) {
    this.#data = data;
  }

  record(row) {
    this.#row(RECORD, row);
    return this;
  }

  field(kind, value) {
    if (typeof value === "string") value = encode(value);
    if (value.length === 0 || !kind) return this;
    const { buffer, byteOffset } = this.#data;
    const offset = value.byteOffset - byteOffset;
    if (value.buffer === buffer && offset >= 0 && offset + value.length <= this.#data.length) {
      this.#event(kind, offset, value.length);
    } else {
      this.#copied(kind, value);
    }
    return this;
  }

  secret(value, hint) {
    return this.field(identify(value, hint), value);
  }

  skip(row) {
    if (row[0] < row[1]) this.#row(SKIP, row);
  }

  reject(row, reason) {
    if (row[0] >= row[1]) return;
    this.#row(REJECT, row);
    this.#copied(REASON, encode(reason));
  }

  column(name) {
    if (typeof name !== "string") name = new TextDecoder().decode(name);
    let tag = this.#columns.get(name);
    if (tag === undefined) {
      tag = COLUMN_MIN + this.#columns.size;
      if (tag > COLUMN_MAX) return 0;
      this.#columns.set(name, tag);
      const letters = encode(name || "unnamed");
      let end = Math.min(letters.length, NAME_BYTES_MAX);
      while (end < letters.length && (letters[end] & 0xc0) === 0x80) end -= 1;
      this.#copied(COLUMN, Uint8Array.of(tag, ...letters.subarray(0, end)));
    }
    return tag;
  }

  flush() {
    if (this.#used === 0) return;
    this.#emit(new BigUint64Array(this.#events.buffer, 0, this.#used / 2), this.#arena.subarray(0, this.#arenaUsed));
    this.#used = 0;
    this.#arenaUsed = 0;
  }

  #row(tag, [begin, end]) {
    if (this.#used >= 2 * EVENTS_KEPT || this.#arenaUsed >= ARENA_BYTES_KEPT) this.flush();
    this.#event(tag, begin, end - begin);
  }

  #copied(tag, value) {
    const end = this.#arenaUsed + value.length;
    if (end > this.#arena.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#arena.subarray(0, this.#arenaUsed));
      this.#arena = larger;
    }
    this.#arena.set(value, this.#arenaUsed);
    this.#event(tag, this.#arenaUsed + IN_ARENA, value.length);
    this.#arenaUsed = end;
  }

  #event(tag, low, bytes) {
    if (this.#used === this.#events.length) {
      const larger = new Uint32Array(2 * this.#used);
      larger.set(this.#events);
      this.#events = larger;
    }
    this.#events[this.#used] = low;
    this.#events[this.#used + 1] = bytes + tag * 0x1000000;
    this.#used += 2;
  }
}

export class Parser {
  push() {
    throw new Error("a plugin needs `push`");
  }

  scan(input) {
    input.consumed = input.data.length;
  }
}
