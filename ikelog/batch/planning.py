"""Sort the logs into units of work, and leave out what the store has already."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256

from ikelog import __version__
from ikelog.batch.columns import STORE_VERSION
from ikelog.batch.types import Known, Piece, Settings, Unit
from ikelog.reading.sources import rotation, stream_name
from ikelog.record import record

# Hex digits of a unit's key: 64 bits tell millions of units apart.
_DIGITS = 16


@record
class Plan:
    """What is to be done, what the store has, and which logs are copies of others, with the name of the other."""

    units: tuple[Unit, ...]
    kept: tuple[Unit, ...]
    copies: tuple[tuple[Piece, str], ...]

    @property
    def all_units(self) -> tuple[Unit, ...]:
        """All that the inputs hold, done or not."""
        return (*self.units, *self.kept)


def plan(pieces: Sequence[Piece], known: Known, settings: Settings) -> Plan:
    """Make units of work of the logs that were found.

    Of several logs with the same content the first counts, wherever it lies. `known` is what the store has.
    """
    first, copies = _without_copies(pieces)
    units = [_unit(stream, own, settings) for stream, own in _streams(first).items()]
    stored = _stored_elsewhere(units, known, settings)
    todo = []
    for unit in units:
        left = tuple(piece for piece in unit.pieces if piece.sha256 not in stored or unit.key in known.units)
        copies += [(piece, stored[piece.sha256]) for piece in unit.pieces if piece not in left]
        if left:
            todo.append(unit if len(left) == len(unit.pieces) else _unit(unit.stream, left, settings))
    kept = tuple(unit for unit in todo if unit.key in known.units)
    return Plan(tuple(unit for unit in todo if unit.key not in known.units), kept, tuple(copies))


def _without_copies(pieces: Iterable[Piece]) -> tuple[list[Piece], list[tuple[Piece, str]]]:
    first: dict[str, Piece] = {}
    copies = []
    for piece in pieces:
        other = first.setdefault(piece.sha256, piece)
        if other is not piece:
            copies.append((piece, other.name))
    return list(first.values()), copies


def _streams(pieces: Iterable[Piece]) -> dict[str, list[Piece]]:
    """Put the rotated logs of one device together."""
    streams: defaultdict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        streams[stream_name(piece.name)].append(piece)
    return streams


def _unit(stream: str, pieces: Iterable[Piece], settings: Settings) -> Unit:
    ordered = sorted(pieces, key=lambda piece: (-rotation(piece.name), piece.name))
    told = [str(STORE_VERSION), __version__, settings.label, *(piece.sha256 for piece in ordered)]
    key = sha256("\n".join(told).encode()).hexdigest()[:_DIGITS]
    return Unit(key, stream, tuple(ordered))


def _stored_elsewhere(units: Iterable[Unit], known: Known, settings: Settings) -> dict[str, str]:
    """Return the contents that the store has of units which will stay in it, each with the name of the log it has.

    What lies where a log of before lay has taken its place: it has grown, or was rotated.
    """
    addresses = {piece.address for unit in units for piece in unit.pieces}
    current = {unit.key for unit in units}
    leaving = {s.unit for s in known.sources if s.address in addresses and s.unit not in current}
    same = (__version__, settings.label)
    return {
        s.sha256: s.name for s in known.sources if s.unit not in leaving | current and (s.version, s.options) == same
    }
