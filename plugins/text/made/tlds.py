"""Writes data/tlds.txt: the top-level domains that IANA has delegated, as the public suffix list names them (`apt-get install publicsuffix`),
in both forms where a name is no ASCII, sorted by bytes."""

from pathlib import Path

names = set()
for line in Path("/usr/share/publicsuffix/public_suffix_list.dat").read_text(encoding="utf-8").splitlines():
    if "END ICANN" in line:
        break
    name = line.strip().lstrip("*!.").rsplit(".", 1)[-1]
    if name and not line.startswith("//"):
        names |= {name, name if name.isascii() else "xn--" + name.encode("punycode").decode()}
text = "\n".join(sorted(names, key=str.encode)) + "\n"
(Path(__file__).parent.parent / "data" / "tlds.txt").write_text(text, encoding="utf-8")
