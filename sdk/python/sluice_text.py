"""Quotes and escapes: what every reader of texts needs."""

import binascii
import re

_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|((?:u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2})|u[0-9A-Fa-f]{4})|(.))", re.DOTALL)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0"}
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")
_EMAIL = re.compile(rb"[^@ \t\n\x0c\r\",;:|]{1,64}@(?=.{4})[A-Za-z0-9._\x80-\xff-]*\.(?![0-9])[A-Za-z0-9_\x80-\xff-]{2,}", re.DOTALL)


def unquote(value: bytes, quote: bytes = b'"') -> bytes:
    '''Takes quotes off, and halves doubled ones within: `"a ""b"""` is `a "b"`. What is not quoted comes as it is.'''
    if len(value) < 2 or not value.startswith(quote) or not value.endswith(quote):
        return value
    return value[1:-1].replace(quote + quote, quote)


def unescape(value: bytes) -> bytes:
    """Undoes backslashes: `\\n \\r \\t \\0`, `\\xHH`, `\\uXXXX` (pairs too); any other byte behind one is itself."""

    def plain(match: re.Match[bytes]) -> bytes:
        number, letter, other = match.groups()
        if number:
            return bytes((int(number, 16),))
        if letter:
            high, low = int(letter[1:5], 16), int(letter[7:] or b"0", 16)
            code = 0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF) if low else high
            return chr(0xFFFD if code >> 11 == 0x1B else code).encode()
        return _CONTROLS.get(other, other)

    return _ESCAPE.sub(plain, value) if b"\\" in value else value


def base64(value: bytes) -> bytes | None:
    """Decodes base64, padded or not, without blanks. None if it is none."""
    value = value.removesuffix(b"=").removesuffix(b"=")
    if len(value) % 4 == 1 or not _BASE64.fullmatch(value):
        return None
    return binascii.a2b_base64(value + b"==="[: -len(value) % 4])


def is_utf8(value: bytes) -> bool:
    """Is it UTF-8?"""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_email(value: bytes) -> bool:
    """Does it look like an e-mail address? A look, not a judgement: the host normalises."""
    return _EMAIL.fullmatch(value) is not None
