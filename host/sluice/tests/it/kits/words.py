"""Says what the kit says of each line: `hash HINT VALUE`, `name NAME`, `unquote VALUE`, `unescape VALUE`, `base64 VALUE`, parted by tabs."""

import sys

sys.path.insert(0, ".sluice")
from sluice_plugin import base64, identify, meaning, unescape, unquote  # noqa: E402

for line in sys.stdin.buffer.read().splitlines():
    what, *columns = line.split(b"\t")
    match what:
        case b"hash":
            print(identify(columns[1], int(columns[0]) or None))
        case b"name":
            print(meaning(columns[0]))
        case _:
            told = {b"unquote": unquote, b"unescape": unescape, b"base64": base64}[what](columns[0])
            print("!" if told is None else told.hex())
