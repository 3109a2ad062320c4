"""Joins `plugin.Plugin` with the contract's functions, as componentize-py wants them."""

from componentize_py_types import Err
from plugin import Plugin
from sluice_plugin import Input, Out, Parser, Part, Refusal, Sample, Start
from wit_world import exports
from wit_world.exports import guest
from wit_world.imports import host


def _said(error: Exception) -> Err[str]:
    """A refusal is meant for the operator. What else goes wrong is told by its name alone: its words may have values of the input."""
    return Err(str(error) if isinstance(error, Refusal) else type(error).__name__)


class _Instance:
    parser: Parser
    out = Out(host.emit)


class Guest(exports.Guest):
    def describe(self) -> guest.Descriptor:
        about = Plugin.about
        return guest.Descriptor(
            about.name,
            about.version,
            about.title,
            about.formats,
            guest.InputKind[about.input.upper()],
            guest.Framing[about.framing.upper()],
            about.options,
        )

    def probe(self, sample: guest.Sample) -> guest.Claim | None:
        claim = Plugin.probe(Sample(sample.name, sample.size, sample.head, sample.tail))
        return claim and guest.Claim(claim.confidence, claim.reason)

    def group(self, names: list[str]) -> list[list[int]]:
        return Plugin.group(names)

    def open(self, start: guest.Start) -> None:
        parts = [Part(part.name, part.base, part.size) for part in start.parts]
        try:
            _Instance.parser = Plugin(Start(start.name, start.base, start.context, start.options, parts))
        except Exception as error:
            raise _said(error) from None

    def push(self, base: int, chunk: bytes, last: bool) -> int:
        given = Input(chunk, base, last)
        try:
            _Instance.parser.push(given, _Instance.out)
        except Exception as error:
            raise _said(error) from None
        _Instance.out.flush()
        return given.consumed

    def scan(self, base: int, chunk: bytes, last: bool) -> int:
        given = Input(chunk, base, last)
        try:
            _Instance.parser.scan(given, host.cut)
        except Exception as error:
            raise _said(error) from None
        return given.consumed
