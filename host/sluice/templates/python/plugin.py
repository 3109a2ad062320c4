"""people-list: a person a line, `name|email|password`, below a header that begins with `#`.

It is a beginning, to be changed. Where an author must decide something, a comment says what;
`sluice plugin test` says whether what was decided holds. What there is to call is in .sluice/sluice_plugin.py.
"""

from itertools import islice

from sluice_plugin import *

HEADER = b"# name|email|password"
"""The first line of a whole list."""
LINES_PROBED = 200
"""Of a list's beginning, what is looked at to tell whether it is one."""


class Plugin(Parser):
    """One reads one chunk; as every line stands alone, there is nothing to remember."""

    about = About(
        # What it goes by in commands, metrics and file names.
        name="people-list",
        version="0.1.0",
        title="Lists of name|email|password",
        formats=["name|email|password"],
        # Decide who may cut a big member into chunks, which are read side by side: "lines", if every
        # line stands alone; "marks", if what comes before matters; else "whole".
        framing="lines",
        # Decide what bytes you want: "text" has them decoded to UTF-8, whatever they were.
        input="text",
    )

    @staticmethod
    def probe(sample: Sample) -> Claim | None:
        """Decide what only your format has: the surest claim gets the member.

        Above 50 says "this format and hardly any other". A file's name alone is worth little.
        """
        if sample.head.startswith(HEADER):
            return Claim(95, "it begins with the header")
        # A part of a list has no header.
        rows = [read(line) for line in islice(sample.lines(), LINES_PROBED) if not is_nobody(line)]
        people = sum(row is not None for row in rows)
        if people > 9 * (len(rows) - people):
            return Claim(60, "nearly all lines are name|email|password")
        return None

    def push(self, input: Input, out: Out) -> None:
        """Gives every line to exactly one of record, skip and reject, line end included."""
        for line in input.lines():
            if is_nobody(line.text):
                out.skip(line.row)
            elif person := read(line.text):
                name, email, secret = person
                # `secret` tells hashes from passwords; empty values are left out.
                out.record(line.row).full_name(name).email(email).secret(secret)
            else:
                # A reject means that data was lost. Its reason never has a value of the input.
                out.reject(line.row, "no-name-email-password")


def is_nobody(line: bytes) -> bool:
    """No data: a comment, or an empty line."""
    return not line or line.startswith(b"#")


def read(line: bytes) -> list[bytes] | None:
    """Name, e-mail address, password or hash; or data, but of what?"""
    # Decide what a separator within a value is. Here the first two count: a password may have more.
    values = line.split(b"|", 2)
    return values if len(values) == 3 and is_email(values[1]) else None
