// `node .sluice/build.mjs COMPONENTIZE_JS`, in a plugin's folder: .sluice/sluice_entry.js and what it imports → .sluice/plugin.wasm.

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const { componentize } = await import(pathToFileURL(resolve(process.argv[2])));
try {
  const { component } = await componentize({
    sourcePath: resolve(".sluice/sluice_entry.js"),
    witPath: resolve(".sluice/wit"),
    worldName: "parser",
    // Nothing of a system: what a script asks of it is not there.
    disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"],
  });
  await writeFile(".sluice/plugin.wasm", component);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
