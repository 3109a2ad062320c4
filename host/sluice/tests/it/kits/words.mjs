// Says what the kit says of each line: `hash HINT VALUE`, `name NAME`, `unquote VALUE`, `unescape VALUE`, `base64 VALUE`, parted by tabs.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const kit = await import(pathToFileURL(".sluice/sluice_plugin.js"));
for (const line of readFileSync(0, "utf8").split("\n").slice(0, -1)) {
  const [what, ...columns] = line.split("\t");
  const values = columns.map(kit.bytes);
  if (what === "hash") {
    console.log(kit.identify(values[1], Number(columns[0]) || undefined));
  } else if (what === "name") {
    console.log(kit.meaning(values[0]));
  } else {
    const told = kit[what](values[0]);
    console.log(told ? Buffer.from(told).toString("hex") : "!");
  }
}
