"""What values and names are: hashes by their shape, columns by the dictionary. The tables are those of the kits of all languages."""

import re
from functools import lru_cache

from sluice_tables import HINTED, MARKED, MODIFIERS, NAMES, Field, Hash

EXTRA = 0
"""What the dictionary does not know."""

# No hash that tells its kind without a hint is shorter.
_UNHINTED_BYTES_MIN = 20
_NAME_BYTES_MAX = 96
_BARE = {32: Hash.MD5, 40: Hash.SHA1, 56: Hash.SHA224, 64: Hash.SHA256, 96: Hash.SHA384, 128: Hash.SHA512}
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_ENCODED = re.compile(rb"[+/0-9A-Za-z=_.-]{16,}")
# A bracketed scheme, `{CRYPT}`, is no longer than this.
_SCHEME = re.compile(rb"\{([^}]{1,23})\}(?!\{)(.*)", re.DOTALL)

_marked: dict[int, list[tuple[int, re.Pattern[bytes]]]] = {}
for _kind, _shape in MARKED:
    # A shape begins with a byte, with one of both cases, or with a byte in hexadecimal.
    _first = _shape[1] if _shape[:1] == b"[" else int(_shape[2:4], 16) if _shape[:1] == b"\\" else _shape[0]
    for _byte in {_first, ord(chr(_first).lower()), ord(chr(_first).upper())}:
        _marked.setdefault(_byte, []).append((_kind, re.compile(_shape)))
_hinted = [(kind, re.compile(shape)) for kind, shape in HINTED]


def identify(value: bytes, hint: int | None = None) -> int:
    """What a secret is: `Field.PASSWORD`, or one of `Hash`. `hint` is a hash kind, if its surroundings say one."""
    if hint is None and len(value) < _UNHINTED_BYTES_MIN:
        return Field.PASSWORD
    kind = _by_marker(value) or (_by_hint(value, hint) if hint else 0) or _bare_hex(value)
    if not kind and hint == Hash.UNKNOWN and _ENCODED.fullmatch(value):
        kind = Hash.UNKNOWN
    return kind or Field.PASSWORD


def _by_marker(value: bytes) -> int:
    if len(value) < 2:
        return 0
    kind = _by_table(value)
    if kind or value[0] != 0x7B:
        return kind
    schemed = _SCHEME.fullmatch(value)
    if not schemed:
        return 0
    scheme, rest = schemed.groups()
    kind = (_by_table(rest) if len(rest) >= 2 else 0) or _bare_hex(rest)
    return kind or (_by_hint(rest, Hash.DESCRYPT) if scheme.lower().endswith(b"crypt") else 0)


def _by_table(value: bytes) -> int:
    for kind, shape in _marked.get(value[0], ()):
        if shape.fullmatch(value):
            return kind
    return 0


def _by_hint(value: bytes, hint: int) -> int:
    return hint if any(kind == hint and shape.fullmatch(value) for kind, shape in _hinted) else 0


def _bare_hex(value: bytes) -> int:
    # With a letter among them: 32 digits without one are no MD5, since one in three million is.
    kind = _BARE.get(len(value), 0)
    return kind if kind and _HEX.fullmatch(value) and not value.isdigit() else 0


@lru_cache(maxsize=1024)
def meaning(name: bytes) -> int:
    """What a column or key of this name holds.

    One of `Field`; `Field.PASSWORD` for a secret, or one of `Hash` for one whose values do not tell their kind; `EXTRA` for a name the
    dictionary does not know, or a decoy.
    """
    words = _words(name)
    whole = "".join(words)
    bare = whole.rstrip("0123456789")
    found = NAMES.get(whole)
    if found is None:
        found = NAMES.get(bare)
    if found is None:
        found = _without_modifiers(words)
    if found is None:
        found = _without_prefix(bare)
    return found or EXTRA


def _without_modifiers(words: list[str]) -> int | None:
    """`billing_zip`, `user_email_1`: modifiers may stand on either side of a name in words."""
    may_go = [word in MODIFIERS or (word.isascii() and word.isdigit()) for word in words]
    front = (may_go + [False]).index(False)
    back = (may_go[::-1] + [False]).index(False)
    for begin in range(front + 1):
        for end in range(len(words), max(len(words) - back, begin + 1) - 1, -1):
            if begin < end and end - begin < len(words):
                found = NAMES.get("".join(words[begin:end]))
                if found is not None:
                    return found
    return None


def _without_prefix(whole: str) -> int | None:
    """`customeremail`: a modifier written as one with its name. Lengths are those of UTF-8."""
    raw = whole.encode()
    for at in range(3, len(raw) - 1):
        if raw[at] & 0xC0 == 0x80 or raw[:at].decode() not in MODIFIERS:
            continue
        rest = raw[at:]
        if len(rest) >= 3 or rest == b"ip":
            found = NAMES.get(rest.decode())
            if found is not None:
                return found
    return None


def _words(name: bytes) -> list[str]:
    """Lower-cased: parted at anything but letters and digits, and where `aB` shows camelCase."""
    words, word, after_lower = [], "", False
    for letter in name[:_NAME_BYTES_MAX].decode(errors="replace"):
        joins = letter.isalnum() or _is_mark(letter)
        if word and (not joins or (after_lower and letter.isupper())):
            words.append(word)
            word = ""
        after_lower = letter.islower()
        if joins:
            word += letter.lower().replace("\u0307", "")
    return words + [word] if word else words


def _is_mark(letter: str) -> bool:
    """Vowel signs and the like of Indic, Thai and Arabic script belong to their word."""
    return (
        "\u0300" <= letter <= "\u036f" or "\u064b" <= letter <= "\u065f" or "\u0900" <= letter <= "\u0903"
        or "\u093a" <= letter <= "\u094f" or "\u0e31" <= letter <= "\u0e4e"
    )  # fmt: skip
