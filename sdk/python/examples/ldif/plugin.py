"""LDIF (RFC 2849): the official plugin `ldif` once more, in Python. It finds the same records, byte for byte.

Lines that stand together, without a blank one, are a block; one with a `dn` is an entry, and an entry with something of a person in it a
record. Every block stands alone, so a member may be cut at any blank line.
"""

import codecs
import re
from typing import Callable, Iterator

from sluice_plugin import *

VALUES_MAX = 512
"""Values of one entry that are kept: a group may have members by the ten thousand."""

# A block: a blank line; or lines up to one, or up to a second `dn`; a line's end is what `(?:\n|\Z)` is.
DN = re.compile(rb"dn:", re.IGNORECASE)
BLANK = re.compile(rb"\r?\n|\r\Z")
LINE = re.compile(rb"[^\n]*(?:\n|\Z)")
END = re.compile(rb"^(?:\r?\n|\r\Z|dn:)", re.IGNORECASE | re.MULTILINE)
FOLD = re.compile(rb"\r?\n ")
ATTRIBUTE = re.compile(rb"([^:# ;][^:;]*|(?=[:;]))(?:;[^:]*)?:([:<]?) *(.*)", re.DOTALL)
PERSON = {Field.EMAIL, Field.USERNAME, Field.PASSWORD, Field.FIRST_NAME, Field.LAST_NAME}
MANY = {Field.EMAIL, Field.PHONE, Field.IP, Field.ADDRESS, Field.PASSWORD, Field.HASH, Field.SALT}
"""Kinds of which a person may have several."""

Value = tuple[int, bytes, bytes]
"""A kind, or EXTRA for one that goes by its attribute's name; that name; the value."""


def secret(value: bytes, hint: int | None = None) -> tuple[int, bytes] | None:
    """None for a password that another service keeps."""
    if value[:6].upper() == b"{SASL}":
        return None
    if value[:11].upper() == b"{CLEARTEXT}":
        value = value[11:]
    return identify(value, hint), value


def unicode_password(value: bytes) -> tuple[int, bytes] | None:
    """Active Directory's: sixteen bytes of a hash, or a password in quotes in UTF-16."""
    if len(value) == 16:
        return Hash.NTLM, value.hex().encode()
    if len(value) >= 4 and value.startswith(b'"\0') and value.endswith(b'"\0'):
        inner = value[2:-2]
        # `decode("utf-16-le")` would import a module when it is first called, and there is nothing left to import from.
        return Field.PASSWORD, codecs.utf_16_le_decode(inner[: len(inner) & ~1], "replace")[0].encode()
    return (identify(value, Hash.NTLM), value) if is_utf8(value) else None


def postal(value: bytes) -> tuple[int, bytes]:
    """Lines parted by `$`, in which `\\24` is a `$` and `\\5C` a backslash."""
    meant = {b"$": b", ", b"\\24": b"$", b"\\5C": b"\\", b"\\5c": b"\\"}
    return Field.ADDRESS, re.sub(rb"\$|\\24|\\5[Cc]", lambda match: meant[match[0]], value)


def proxy(value: bytes) -> tuple[int, bytes] | None:
    """`SMTP:` and an e-mail address; others of its kind are not of people."""
    return (Field.EMAIL, value[5:]) if value[:5].lower() == b"smtp:" else None


def labelled(value: bytes) -> tuple[int, bytes]:
    """A URL, a blank, and what it is of."""
    return Field.URL, value.partition(b" ")[0]


def moment(kind: int) -> Callable[[bytes], tuple[int, bytes] | None]:
    """As the host reads moments; None for the times with which directories say "never"."""

    def read(value: bytes) -> tuple[int, bytes] | None:
        if re.fullmatch(rb"[0-9]{14}[^0-9].*", value, re.DOTALL):
            return kind, value[:14]
        if len(value) == 14 or not value.isdigit():
            return kind, value
        # Tenths of a microsecond since 1601.
        seconds = int(value) // 10_000_000 - 11_644_473_600 if len(value) <= 20 else -1
        return (kind, b"%d" % seconds) if 0 <= seconds < 1 << 32 else None

    return read


def plain(kind: int) -> Callable[[bytes], tuple[int, bytes] | None]:
    return lambda value: (kind, value)


USES: dict[str, Callable[[bytes], tuple[int, bytes] | None]] = {}
"""What becomes of the values of attributes."""
for _names, _use in {
    "objectclass structuralobjectclass entryuuid entrycsn contextcsn entrydn creatorsname modifiersname modifytimestamp subschemasubentry "
    "hassubordinates changetype control newrdn deleteoldrdn newsuperior add replace delete increment version": lambda value: None,
    "mail rfc822mailbox mailalternateaddress": plain(Field.EMAIL),
    "uid userid samaccountname": plain(Field.USERNAME),
    "cn commonname displayname gecos": plain(Field.FULL_NAME),
    "sn surname": plain(Field.LAST_NAME),
    "gn givenname": plain(Field.FIRST_NAME),
    "telephonenumber mobile homephone": plain(Field.PHONE),
    "title": plain(Field.JOB_TITLE),
    "o organizationname company": plain(Field.EMPLOYER),
    "street streetaddress": plain(Field.ADDRESS),
    "l localityname": plain(Field.CITY),
    "st stateorprovincename": plain(Field.REGION),
    "c co countryname": plain(Field.COUNTRY),
    "employeenumber": plain(Field.USER_ID),
    "wwwhomepage": plain(Field.URL),
    "userprincipalname": plain(EXTRA),
    "postaladdress homepostaladdress registeredaddress": postal,
    "labeleduri": labelled,
    "proxyaddresses": proxy,
    "createtimestamp whencreated": moment(Field.CREATED_AT),
    "lastlogon lastlogontimestamp authtimestamp pwdlastsuccess": moment(Field.LAST_LOGIN_AT),
    "userpassword": secret,
    "unicodepwd": unicode_password,
}.items():
    USES |= dict.fromkeys(_names.split(), _use)


def use_of(name: bytes) -> Callable[[bytes], tuple[int, bytes] | None]:
    """From the table, else what the dictionary says."""
    known = USES.get(name.lower().decode(errors="replace"))
    if known:
        return known
    kind = meaning(name)
    if kind == Field.PASSWORD:
        return secret
    return plain(kind) if kind <= Field.USER_ID else lambda value: secret(value, kind)


def attributes(rows: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Names, without options, and values; None for one that cannot be read or is not in this file. Comments are left out."""
    for line in FOLD.sub(b"", rows).split(b"\n"):
        match = ATTRIBUTE.fullmatch(line.removesuffix(b"\r"))
        if match:
            name, sign, value = match.groups()
            yield name, base64(value) if sign == b":" else None if sign else value


def values_of(entry: Iterator[tuple[bytes, bytes | None]]) -> list[Value]:
    """What is kept of an entry, in its order; nothing if there is nobody in it."""
    values: list[Value] = []
    for name, raw in entry:
        if len(values) == VALUES_MAX:
            break
        use = use_of(name)
        if not raw or (use is not unicode_password and not is_utf8(raw)):
            continue  # a photo, a certificate
        told = use(raw)
        if told:
            kind, value = told
            # What comes second goes by its own name.
            if Field.USERNAME <= kind <= Field.USER_ID and kind not in MANY and any(kind == other for other, _, _ in values):
                kind = EXTRA
            values.append((kind, name, value))
    name_by_dn(values)
    settle_login(values)
    has_person = any(kind in PERSON or Hash.MD5 <= kind <= Hash.UNKNOWN for kind, _, _ in values)
    return values if has_person else []


def name_by_dn(values: list[Value]) -> None:
    """An entry without a login may have it in its name: `uid=ann,ou=people,dc=example,dc=com`."""
    if not values or any(kind in (Field.USERNAME, Field.EMAIL) for kind, _, _ in values):
        return
    name, sign, rest = values[0][2].partition(b"=")
    if not sign:
        return
    name = name.strip(b" \t\n\f\r")
    kind = USES.get(name.lower().decode(errors="replace"), plain(meaning(name)))(b"-")
    login = re.match(rb"(?:\\.|[^,+])*", rest, re.DOTALL)[0]
    login = re.sub(rb"\\(?:([0-9A-Fa-f]{2})|(.))", lambda match: bytes.fromhex(match[1].decode()) if match[1] else match[2], login, flags=re.DOTALL)
    if kind and kind[0] in (Field.USERNAME, Field.EMAIL) and login and is_utf8(login):
        values.append((kind[0], name, login))


def settle_login(values: list[Value]) -> None:
    """A login that is the e-mail address is none, and one that is an e-mail address is one."""
    for at, (kind, name, login) in enumerate(values):
        if kind == Field.USERNAME:
            emails = [value.lower() for kind, _, value in values if kind == Field.EMAIL]
            if login.lower() in emails:
                del values[at]
            elif not emails and is_email(login):
                values[at] = (Field.EMAIL, name, login)
            return


class Plugin(Parser):
    about = About(name="ldif", version="0.1.0", title="LDIF, as directories are written out", formats=["LDIF"], framing="marks")

    @staticmethod
    def probe(sample: Sample) -> Claim | None:
        has_version = False
        for line in sample.lines():
            if not line or line[:1] in b"# ":
                continue
            if DN.match(line):
                reason = "a version line and an entry's dn behind it" if has_version else "it begins with an entry's dn"
                return Claim(95 if has_version else 90, reason)
            if has_version or line[:9].lower() != b"version: ":
                return None
            has_version = True
        return None

    def __init__(self, start: Start) -> None:
        self.after_blank = False

    def push(self, input: Input, out: Out) -> None:
        while end := block_end(input):
            row = input.consumed, end
            if BLANK.match(input.data, input.consumed):
                out.skip(row)
            else:
                read_block(input.data[input.consumed : end], row, out)
            input.consumed = end

    def scan(self, input: Input, cut: Callable[[int, bytes], None]) -> None:
        for line in input.lines():
            if line.text and self.after_blank:
                cut(input.base + line.row[0], b"")
            self.after_blank = not line.text


def block_end(input: Input) -> int:
    """Where the block that is next ends; 0 if it is not all there."""
    data, begin = input.data, input.consumed
    # What has no end of a line yet is none; at the chunk's end everything is.
    limit = len(data) if input.last else data.rfind(b"\n") + 1
    if begin >= limit:
        return 0
    blank = BLANK.match(data, begin, limit)
    if blank:
        return blank.end()
    has_dn, at = False, begin
    while end := END.search(data, at, limit):
        is_dn = end[0][:1] in b"dD"
        if not is_dn or has_dn:
            return end.start()
        has_dn, at = True, end.end()
    return limit if input.last else 0


def read_block(rows: bytes, row: Row, out: Out) -> None:
    """A block: a record, a reject, or nobody's."""
    entry = attributes(rows)
    first = next(entry, None)
    has_version = first is not None and first[0].lower() == b"version"
    if has_version:
        first = next(entry, None)
    if first is None:
        is_comment = rows[:1] == b"#" and all(line[:1] in (b"#", b" ", b"") for line in rows.split(b"\n"))
        return out.skip(row) if has_version or is_comment else out.reject(row, "no-attributes")
    name = first[0].lower()
    # ldapsearch ends what it writes with how the search went.
    if name in (b"search", b"result", b"ref"):
        return out.skip(row)
    if name != b"dn":
        return out.reject(row, "no-dn")
    values = values_of(iter([first, *entry]))
    if not values:
        return out.skip(row)
    told = [(kind or out.column(name), value) for kind, name, value in values]
    out.record(row)
    for kind, value in told:
        out.field(kind, value)
