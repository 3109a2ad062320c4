// people-list: a person a line, `name|email|password`, below a header that begins with `#`.
//
// It is a beginning, to be changed. Where an author must decide something, a comment says what;
// `sluice plugin test` says whether what was decided holds. What there is to call is in
// .sluice/sluice_plugin.d.ts.

import { Parser, bytes, isEmail, text } from "./.sluice/sluice_plugin.js";

/** The first line of a whole list. */
const HEADER = "# name|email|password";
/** Of a list's beginning, what is looked at to tell whether it is one. */
const LINES_PROBED = 200;
const [BAR, HASH] = bytes("|#");

/** One reads one chunk; as every line stands alone, there is nothing to remember. */
export class Plugin extends Parser {
  static about = {
    // What it goes by in commands, metrics and file names.
    name: "people-list",
    version: "0.1.0",
    title: "Lists of name|email|password",
    formats: ["name|email|password"],
    // Decide who may cut a big member into chunks, which are read side by side: "lines", if every
    // line stands alone; "marks", if what comes before matters; else "whole".
    framing: "lines",
    // Decide what bytes you want: "text" has them decoded to UTF-8, whatever they were.
    input: "text",
  };

  /**
   * Decide what only your format has: the surest claim gets the member. Above 50 says "this format
   * and hardly any other". A file's name alone is worth little.
   */
  static probe(sample) {
    const lines = [];
    for (const line of sample.lines()) {
      if (lines.length === LINES_PROBED) break;
      lines.push(line);
    }
    if (text(lines[0]) === HEADER) {
      return { confidence: 95, reason: "it begins with the header" };
    }
    // A part of a list has no header.
    const rows = lines.filter((line) => !isNobody(line)).map(read);
    const people = rows.filter((row) => row !== undefined).length;
    if (people > 9 * (rows.length - people)) {
      return { confidence: 60, reason: "nearly all lines are name|email|password" };
    }
    return undefined;
  }

  /** Gives every line to exactly one of record, skip and reject, line end included. */
  push(input, out) {
    for (let line; (line = input.nextLine()); ) {
      const person = read(line.text);
      if (isNobody(line.text)) {
        out.skip(line.row);
      } else if (person) {
        // `secret` tells hashes from passwords; empty values are left out.
        out.record(line.row).fullName(person.name).email(person.email).secret(person.secret);
      } else {
        // A reject means that data was lost. Its reason never has a value of the input.
        out.reject(line.row, "no-name-email-password");
      }
    }
  }
}

/** No data: a comment, or an empty line. */
function isNobody(line) {
  return line.length === 0 || line[0] === HASH;
}

/** A person, or nothing: data, but of what? */
function read(line) {
  // Decide what a separator within a value is. Here the first two count: a password may have more.
  const first = line.indexOf(BAR);
  const second = first < 0 ? -1 : line.indexOf(BAR, first + 1);
  const email = line.subarray(first + 1, second);
  if (second < 0 || !isEmail(email)) return undefined;
  return { name: line.subarray(0, first), email, secret: line.subarray(second + 1) };
}
