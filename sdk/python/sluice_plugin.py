"""The kit for writing a parser plugin in Python.

A plugin is `plugin.py` with a class `Plugin` in it, derived from `Parser`; `sluice plugin build` makes a component of it:

    from sluice_plugin import *

    class Plugin(Parser):
        about = About(name="pairs", version="0.1.0", title="mail=password", formats=["pairs"])

        @staticmethod
        def probe(sample: Sample) -> Claim | None:
            return Claim(60, "the name ends in .pairs") if sample.name.endswith(".pairs") else None

        def push(self, input: Input, out: Out) -> None:
            for line in input.lines():
                email, sign, password = line.text.partition(b"=")
                if sign:
                    out.record(line.row).email(email).password(password)
                elif line.text:
                    out.reject(line.row, "no-equals-sign")
                else:
                    out.skip(line.row)

One `Plugin` is made for each chunk. Rows are places in the push's bytes, values are bytes (or str, which becomes UTF-8); an author never
sees a packed event. The standard library's pure modules work (`re`, `json`, `datetime` …); there is no system beneath them: no files,
clocks, or randomness, and no modules to import once the component is made: import all you need at the top. Work on many bytes a call, by `re`, `split` and `find`, where speed matters: a loop over bytes is slow here.
"""

from dataclasses import dataclass, field
from typing import Callable, Iterator, NamedTuple, Self

from sluice_tables import Field, Hash, Setters
from sluice_text import base64, is_email, is_utf8, unescape, unquote
from sluice_words import EXTRA, identify, meaning

__all__ = [
    "About", "Claim", "EXTRA", "Field", "Hash", "Input", "Line", "Out", "Parser", "Part", "Refusal", "Row", "Sample", "Start",
    "base64", "identify", "is_email", "is_utf8", "meaning", "unescape", "unquote",
]  # fmt: skip

Row = tuple[int, int]
"""Where a row is in the push's bytes: its first byte, and the one behind it."""

_RECORD, _SKIP, _REJECT, _REASON, _COLUMN = range(5)
_COLUMN_MIN, _COLUMN_MAX = 128, 255
_ARENA = 1 << 31
# Kept before they are handed to the host.
_EVENTS_KEPT, _ARENA_BYTES_KEPT = 8192, 1 << 20
_NAME_BYTES_MAX = 128


@dataclass
class About:
    """What a parser is."""

    name: str
    """Short, lower case, unique: `[a-z0-9-]`."""
    version: str
    """Semantic version."""
    title: str
    """For display."""
    formats: list[str] = field(default_factory=list)
    """Format names, for display."""
    input: str = "text"
    """`text` is UTF-8 as decoded by the host, `bytes` the member as it is."""
    framing: str = "lines"
    """Who cuts a member into chunks: the host at `lines`' ends, the parser's `scan` (`marks`), or nobody (`whole`)."""
    options: str = ""
    """JSON Schema of the options, or empty."""


@dataclass
class Claim:
    """A parser's word that a member is its own."""

    confidence: int
    """0-100; above 50 says: this format and hardly any other."""
    reason: str
    """Why, in words for an operator; no value of the input."""


@dataclass
class Sample:
    """What `probe` sees of a member."""

    name: str
    """The member's path within its dump."""
    size: int | None
    """Its length in bytes, if that is known."""
    head: bytes
    """Its first bytes, at most 64 KiB; the last line may be cut off."""
    tail: bytes
    """Its last bytes, at most 64 KiB; empty if `head` has it all or the end is not known yet."""

    def lines(self) -> Iterator[bytes]:
        """The head's lines, without line ends; not the last if it may be cut off."""
        head = self.head
        if self.size is not None and self.size > len(head):
            head = head[: head.rfind(b"\n") + 1] or head
        for line in head.removesuffix(b"\n").split(b"\n"):
            yield line.removesuffix(b"\r")


@dataclass
class Part:
    """A member that was joined with others to one: see `Parser.group`."""

    name: str
    """Its path within the dump."""
    base: int
    """Offset of its first byte in the joined member."""
    size: int
    """Its length in bytes. Text that ends within a line has a line end behind it, which counts."""


@dataclass
class Start:
    """How a chunk begins."""

    name: str
    """The member's path within its dump; empty if nobody knows it."""
    base: int
    """Offset of its first byte in the member; 0 is the member's start."""
    context: bytes
    """What `cut` was given for it; empty at the member's start."""
    options: str
    """Options as JSON, or empty."""
    parts: list[Part]
    """The members that were joined to this one, in order; empty if it is one by itself."""


class Line(NamedTuple):
    """A line of the input."""

    row: Row
    """Where it is, its line end included."""
    text: bytes
    """Without `\\n` or `\\r\\n`."""


class Input:
    """The bytes of one push. What a parser has dealt with it consumes; the rest comes again, joined with more."""

    def __init__(self, data: bytes, base: int, last: bool) -> None:
        self.data = data
        """All bytes of the push."""
        self.base = base
        """Offset in the member of the first."""
        self.last = last
        """Is it the chunk's last push? Then everything must be consumed."""
        self.consumed = 0
        """Bytes dealt with; `lines` moves it, a parser may."""

    def line_at(self, at: int) -> Line | None:
        """The line that begins there, without consuming it; None if no complete one does. The last line of a chunk needs no line end."""
        end = self.data.find(b"\n", at)
        if end >= 0:
            return Line((at, end + 1), self.data[at:end].removesuffix(b"\r"))
        if not self.last or at >= len(self.data):
            return None
        return Line((at, len(self.data)), self.data[at:].removesuffix(b"\r"))

    def lines(self) -> Iterator[Line]:
        """Consumes and gives every complete line."""
        while line := self.line_at(self.consumed):
            self.consumed = line.row[1]
            yield line


class Out(Setters):
    """Where a parser says what it found: records, skips and rejects that tile what it consumes, in input order.

    `record` begins one; what is said of it follows: `out.record(row).email(a).password(b)`. Empty values are left out.
    """

    def __init__(self, emit: Callable[[list[int], bytes], None]) -> None:
        self._emit = emit
        self._events: list[int] = []
        self._arena = bytearray()
        self._columns: dict[bytes, int] = {}

    def record(self, row: Row) -> Self:
        """Begins a record: `row` is its whole raw row, line end included."""
        self._row(_RECORD, row)
        return self

    def field(self, kind: int, value: bytes | str) -> Self:
        """Adds a value of a kind: one of `Field`, `Hash`, or a column of `column`."""
        if isinstance(value, str):
            value = value.encode(errors="replace")
        if value and kind:
            arena = self._arena
            self._events.append(len(arena) | _ARENA | len(value) << 32 | kind << 56)
            arena += value
        return self

    def secret(self, value: bytes, hint: int | None = None) -> Self:
        """Adds a password, or the hash that the value turns out to be. `hint` is a hash kind, if its surroundings say one."""
        return self.field(identify(value, hint), value)

    def skip(self, row: Row) -> None:
        """A stretch that is nobody's data: a header, a comment, a blank line."""
        if row[0] < row[1]:
            self._row(_SKIP, row)

    def reject(self, row: Row, reason: str) -> None:
        """A row that could not be read, and why: 1-64 bytes of `[a-z0-9-]`, never a value of the input."""
        if row[0] < row[1]:
            self._row(_REJECT, row)
            self.field(_REASON, reason)

    def column(self, name: bytes | str) -> int:
        """Names a column that is none of the standard kinds, before the record that has a value of it; the same name gives the same one.

        A chunk may have 128 of them; for further ones it gives 0, whose values are left out.
        """
        if isinstance(name, str):
            name = name.encode(errors="replace")
        known = self._columns.get(name)
        if known is None:
            known = _COLUMN_MIN + len(self._columns)
            if known > _COLUMN_MAX:
                return 0
            self._columns[name] = known
            text = (name or b"unnamed").decode(errors="replace").encode()[:_NAME_BYTES_MAX].decode(errors="ignore")
            self.field(_COLUMN, bytes((known,)) + text.encode())
        return known

    def _row(self, tag: int, row: Row) -> None:
        if len(self._events) >= _EVENTS_KEPT or len(self._arena) >= _ARENA_BYTES_KEPT:
            self.flush()
        self._events.append(row[0] | (row[1] - row[0]) << 32 | tag << 56)

    def flush(self) -> None:
        """The kit's own: hands what was said to the host."""
        if self._events:
            self._emit(self._events, bytes(self._arena))
            self._events = []
            self._arena.clear()


class Refusal(Exception):
    """An error whose words are for the operator: never a value of the input."""


class Parser:
    """What an author derives `Plugin` from. One is made for a chunk.

    The same bytes, context and options give the same events however the pushes are cut.
    """

    about: About

    @staticmethod
    def probe(sample: Sample) -> Claim | None:
        """Looks at a sample and says whether it is this format."""
        raise NotImplementedError

    @staticmethod
    def group(names: list[str]) -> list[list[int]]:
        """Which members of a dump belong together, given their paths, sorted: of each group their places in `names`, as they are to be read.

        They reach one instance as one member, if the first of them is claimed by this parser more firmly than by any other.
        """
        return []

    def __init__(self, start: Start) -> None:
        """Begins a chunk. Raise `Refusal` if the context or the options cannot be used."""

    def push(self, input: Input, out: Out) -> None:
        """Reads what it can of the input, and leaves unconsumed what may be incomplete unless `input.last`.

        Raise `Refusal` hardly ever: a row that cannot be read is a reject, and the parser goes on.
        """
        raise NotImplementedError

    def scan(self, input: Input, cut: Callable[[int, bytes], None]) -> None:
        """Finds where chunks may begin, for the framing `marks`: `cut(offset in the member, context of at most 256 KiB)`."""
        input.consumed = len(input.data)
