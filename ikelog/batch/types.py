"""What a run is made of: pieces, the units of work made of them, and what came out of each."""

from collections.abc import Mapping
from functools import cached_property

from ikelog.pipeline import NO_OPTIONS, Options
from ikelog.record import open_record, record

# How many hex digits of a unit's key its rows carry in their ids.
_SHOWN_DIGITS = 12


@record
class Piece:
    """One log as it was found. `top` is the input that it came from, `place` its number among the logs of that input.

    `address` is where it lies whatever the current directory: an absolute path or a URL, and the way inside archives.
    """

    name: str
    top: str
    place: int
    address: str
    sha256: str
    size: int


@record
class Unit:
    """What is analysed as one: a log, or the rotated logs of one device, oldest first. `key` tells it by content."""

    key: str
    stream: str
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """How many bytes its logs have."""
        return sum(piece.size for piece in self.pieces)

    @property
    def prefix(self) -> str:
        """What the ids of its negotiations and findings begin with."""
        return self.key[:_SHOWN_DIGITS]


@record
class Note:
    """Something that was passed over or was odd: `reason` is a short stable code, `detail` a sentence for people."""

    name: str
    reason: str
    detail: str


@record
class Settings:
    """What all units of a run are analysed with; `label` writes the options that change results as text."""

    options: Options = NO_OPTIONS
    label: str = ""


@record
class Counts:
    """What a unit holds, for the progress bar."""

    negotiations: int
    failed: int


@record
class Done:
    """The rows of a unit, as an Arrow stream for each table that has any; none where they are in the store already."""

    unit: Unit
    tables: Mapping[str, bytes]
    counts: Counts


@record
class Stored:
    """A log that the store has: of which unit, where it lay, what it held, and what it was analysed with."""

    unit: str
    name: str
    address: str
    sha256: str
    version: str
    options: str


@open_record
class Known:
    """What the store has."""

    sources: tuple[Stored, ...] = ()

    @cached_property
    def units(self) -> frozenset[str]:
        """The keys of the units that are done."""
        return frozenset(source.unit for source in self.sources)

    def replaced_by(self, unit: Unit) -> set[str]:
        """Return the units whose place a unit takes: it lies where one of their logs lay, or holds all that they held.

        That is a log that has grown or was rotated, or one analysed by another version of ikelog.
        """
        addresses = {piece.address for piece in unit.pieces}
        contents = {piece.sha256 for piece in unit.pieces}
        near = {s.unit for s in self.sources if s.address in addresses or s.sha256 in contents} - {unit.key}
        return {
            key
            for key in near
            if any(s.address in addresses for s in self._of[key]) or all(s.sha256 in contents for s in self._of[key])
        }

    @cached_property
    def _of(self) -> dict[str, list[Stored]]:
        found: dict[str, list[Stored]] = {}
        for source in self.sources:
            found.setdefault(source.unit, []).append(source)
        return found
