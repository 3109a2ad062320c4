// Joins `Plugin` with the contract's functions, as componentize-js wants them.

import { cut, emit } from "sluice:parser/host@0.2.0";
import { Plugin } from "../plugin.js";
import { Input, Out, Sample } from "./sluice_plugin.js";

const out = new Out(emit);
const told = (offset, context) => cut(BigInt(offset), context);
let parser;

/** An error that a plugin means is a string; anything else is a mistake of its own, told by its name alone. */
function saying(act) {
  try {
    return act();
  } catch (error) {
    throw typeof error === "string" ? error : (error?.name ?? "an error");
  }
}

export const guest = {
  describe() {
    return { formats: [], input: "text", framing: "lines", options: "", ...Plugin.about };
  },

  probe(sample) {
    return Plugin.probe(new Sample(sample));
  },

  group(names) {
    return (Plugin.group?.(names) ?? []).map((places) => Uint32Array.from(places));
  },

  open({ name, base, context, options, parts }) {
    const told = parts.map(({ name, base, size }) => ({ name, base: Number(base), size: Number(size) }));
    saying(() => (parser = new Plugin({ name, base: Number(base), context, options, parts: told })));
  },

  push(base, chunk, last) {
    const input = new Input(chunk, Number(base), last);
    out.begin(chunk);
    saying(() => parser.push(input, out));
    out.flush();
    return input.consumed;
  },

  scan(base, chunk, last) {
    const input = new Input(chunk, Number(base), last);
    saying(() => parser.scan(input, told));
    return input.consumed;
  },
};
