/**
 * The kit for writing a parser plugin in JavaScript.
 *
 * A plugin is `plugin.js`, which exports a class `Plugin` derived from `Parser`; `sluice plugin build` makes a component of it:
 *
 * ```js
 * import { Parser } from "./.sluice/sluice_plugin.js";
 *
 * export class Plugin extends Parser {
 *   static about = { name: "pairs", version: "0.1.0", title: "mail=password", formats: ["pairs"] };
 *
 *   static probe(sample) {
 *     return sample.name.endsWith(".pairs") ? { confidence: 60, reason: "the name ends in .pairs" } : undefined;
 *   }
 *
 *   push(input, out) {
 *     for (let line; (line = input.nextLine()); ) {
 *       const at = line.text.indexOf("=".charCodeAt(0));
 *       if (at >= 0) out.record(line.row).email(line.text.subarray(0, at)).password(line.text.subarray(at + 1));
 *       else if (line.text.length) out.reject(line.row, "no-equals-sign");
 *       else out.skip(line.row);
 *     }
 *   }
 * }
 * ```
 *
 * One `Plugin` is made for each chunk. Rows are places in the push's bytes; values are bytes (or strings, which become UTF-8): a part of the
 * input made with `subarray` is not copied. An author never sees a packed event. The language's own objects are all there is: no files,
 * no `fetch`, a clock that stands still, no randomness.
 */

import { Setters } from "./sluice_tables.js";

export { Field, Hash } from "./sluice_tables.js";

/** Where a row is in the push's bytes: its first byte, and the one behind it. */
export type Row = readonly [number, number];

/** What a parser is. */
export interface About {
  /** Short, lower case, unique: `[a-z0-9-]`. */
  name: string;
  /** Semantic version. */
  version: string;
  /** For display. */
  title: string;
  /** Format names, for display. */
  formats?: string[];
  /** `text`, if not said: UTF-8 as decoded by the host. `bytes`: the member as it is. */
  input?: "text" | "bytes";
  /** Who cuts a member into chunks: the host at line ends, if not said; the parser's `scan`; or nobody. */
  framing?: "lines" | "marks" | "whole";
  /** JSON Schema of the options. */
  options?: string;
}

/** A parser's word that a member is its own. */
export interface Claim {
  /** 0-100; above 50 says: this format and hardly any other. */
  confidence: number;
  /** Why, in words for an operator; no value of the input. */
  reason: string;
}

/** What `probe` sees of a member. */
export declare class Sample {
  /** The member's path within its dump. */
  readonly name: string;
  /** Its length in bytes, if that is known. */
  readonly size: number | undefined;
  /** Its first bytes, at most 64 KiB; the last line may be cut off. */
  readonly head: Uint8Array;
  /** Its last bytes, at most 64 KiB; empty if `head` has it all or the end is not known yet. */
  readonly tail: Uint8Array;
  /** The head's lines, without line ends; not the last if it may be cut off. */
  lines(): Generator<Uint8Array>;
}

/** A member that was joined with others to one: see `group`. */
export interface Part {
  /** Its path within the dump. */
  name: string;
  /** Offset of its first byte in the joined member. */
  base: number;
  /** Its length in bytes. Text that ends within a line has a line end behind it, which counts. */
  size: number;
}

/** How a chunk begins. */
export interface Start {
  /** The member's path within its dump; empty if nobody knows it. */
  name: string;
  /** Offset of its first byte in the member; 0 is the member's start. */
  base: number;
  /** What `cut` was given for it; empty at the member's start. */
  context: Uint8Array;
  /** Options as JSON, or empty. */
  options: string;
  /** The members that were joined to this one, in order; empty if it is one by itself. */
  parts: Part[];
}

/** A line of the input. */
export interface Line {
  /** Where it is, its line end included. */
  row: Row;
  /** Without `\n` or `\r\n`. */
  text: Uint8Array;
}

/** The bytes of one push. What a parser has dealt with it consumes; the rest comes again, joined with more. */
export declare class Input {
  constructor(data: Uint8Array, base: number, last: boolean);
  /** All bytes of the push. */
  readonly data: Uint8Array;
  /** Offset in the member of the first. */
  readonly base: number;
  /** Is it the chunk's last push? Then everything must be consumed. */
  readonly last: boolean;
  /** Bytes dealt with; `nextLine` moves it, a parser may. */
  consumed: number;
  /** The line that begins there, without consuming it; none if it is not complete. The last line of a chunk needs no line end. */
  lineAt(at: number): Line | undefined;
  /** Consumes and gives the next complete line. */
  nextLine(): Line | undefined;
  /** Consumes and gives every complete line. */
  lines(): Generator<Line>;
}

/**
 * Where a parser says what it found: records, skips and rejects that tile what it consumes, in input order. `record` begins one; what is
 * said of it follows: `out.record(row).email(a).password(b)`. Empty values are left out.
 */
export declare class Out extends Setters {
  /** Begins a record: `row` is its whole raw row, line end included. */
  record(row: Row): this;
  /** Adds a value of a kind: one of `Field`, `Hash`, or a column of `column`. */
  field(kind: number, value: Uint8Array | string): this;
  /** Adds a password, or the hash that the value turns out to be; `hint` is a hash kind, if its surroundings say one. */
  secret(value: Uint8Array, hint?: number): this;
  /** A stretch that is nobody's data: a header, a comment, a blank line. */
  skip(row: Row): void;
  /** A row that could not be read, and why: 1-64 bytes of `[a-z0-9-]`, never a value of the input. */
  reject(row: Row, reason: string): void;
  /**
   * Names a column that is none of the standard kinds, before the record that has a value of it; the same name gives the same column. A
   * chunk may have 128 of them; for further ones it gives 0, whose values are left out.
   */
  column(name: Uint8Array | string): number;
}

/** What an author derives `Plugin` from. The same bytes, context and options give the same events however the pushes are cut. */
export declare abstract class Parser {
  /** What the parser is. */
  static about: About;
  /** Looks at a sample and says whether it is this format. */
  static probe(sample: Sample): Claim | undefined;
  /** Begins a chunk. Throw a string for the operator if the context or the options cannot be used. */
  constructor(start: Start);
  /** Reads what it can of the input, and leaves unconsumed what may be incomplete unless `input.last`. */
  abstract push(input: Input, out: Out): void;
  /** Finds where chunks may begin, for the framing `marks`: an offset in the member, and a context of at most 256 KiB. */
  scan(input: Input, cut: (offset: number, context: Uint8Array) => void): void;
}

/** Bytes of UTF-8 as a string; what is none becomes U+FFFD. */
export declare function text(value: Uint8Array): string;
/** A string as bytes of UTF-8. */
export declare function bytes(value: string): Uint8Array;
/** Takes quotes off, and halves doubled ones within: `"a ""b"""` is `a "b"`. What is not quoted comes as it is. */
export declare function unquote(value: Uint8Array, quote?: string): Uint8Array;
/** Undoes backslashes: `\n \r \t \0`, `\xHH`, `\uXXXX` (pairs too); any other byte behind one is itself. */
export declare function unescape(value: Uint8Array): Uint8Array;
/** Decodes base64, padded or not, without blanks. Nothing if it is none. */
export declare function base64(value: Uint8Array): Uint8Array | undefined;
/** Is it UTF-8? */
export declare function isUtf8(value: Uint8Array): boolean;
/** Does it look like an e-mail address? A look, not a judgement: the host normalises. */
export declare function isEmail(value: Uint8Array): boolean;
/** What a secret is: `Field.PASSWORD`, or one of `Hash`. `hint` is a hash kind, if its surroundings say one. */
export declare function identify(value: Uint8Array, hint?: number): number;
/**
 * What a column or key of this name holds: one of `Field`; `Field.PASSWORD` for a secret, or one of `Hash` for one whose values do not tell
 * their kind; `EXTRA` for a name the dictionary does not know, or a decoy.
 */
export declare function meaning(name: Uint8Array | string): number;
/** What the dictionary does not know. */
export declare const EXTRA: 0;
