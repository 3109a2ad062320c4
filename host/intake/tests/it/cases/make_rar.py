"""Makes the rar archives beside it anew, by `rars` of PyPI: the free packer there is. Called by make.sh, where the files lie."""

import sys

import rars

FILES = ["list.txt", "folder/people.csv"]
KINDS = {
    "rar4": dict(format="rar29"),
    "rar4-solid": dict(format="rar29", solid=True),
    "rar4-secret": dict(format="rar29", password="secret"),
    "rar5": dict(format="rar50"),
    "rar5-solid": dict(format="rar50", solid=True),
    "rar5-secret": dict(format="rar50", password="secret"),
    "rar5-secret-headers": dict(format="rar50", password="secret", encrypt_headers=True),
}

for name, options in KINDS.items():
    builder = rars.RarBuilder(**options)
    for file in FILES:
        with open(file, "rb") as contents:
            builder.add_bytes(contents.read(), file, mtime=1_700_000_000, mode=0o644)
    builder.write(f"{sys.argv[1]}/{name}.rar")
