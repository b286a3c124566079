"""Bring the logs of each unit together from inputs that are read from front to back.

The logs of a unit may lie far apart in an archive. What came first waits compressed until the last one is there; units
for which there is no room so wait for another walk through their input.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain

import pyarrow as pa

from ikelog.batch.inputs import Limits, Member, walk
from ikelog.batch.survey import numbered, top_of
from ikelog.batch.types import Piece, Unit
from ikelog.record import record

# What waiting logs may take, compressed; logs become a tenth of their size and less, hardly ever more than a sixth.
ROOM = 48_000_000
_EXPECTED_RATIO = 6
_BLOCK = 1 << 20

Place = tuple[str, int]


class Changed(Exception):
    """A log does not hold any more what it held when it was looked over."""

    def __init__(self, piece: Piece) -> None:
        super().__init__(piece.name)
        self.piece = piece


@record
class Ready:
    """A unit whose logs can be read now: the blocks of each, in the order of the unit. They are good for one reading.

    Reading them raises Changed.
    """

    unit: Unit
    logs: tuple[Iterator[bytes], ...]


def gather(units: Sequence[Unit], paths: Sequence[str], limits: Limits, room: int = ROOM) -> Iterator[Ready]:
    """Yield each unit when its logs can be read; the blocks must be read before the next one is asked for.

    `paths` are those that the units were found in. A unit of which a log cannot be found any more is not yielded.
    """
    left = list(units)
    while left:
        now, left = _fitting(left, room)
        yield from _walked(now, paths, limits)


def _fitting(units: Sequence[Unit], room: int) -> tuple[list[Unit], list[Unit]]:
    """Choose the units for the next walk: what waits of them has to fit in; one at least."""
    now: list[Unit] = []
    later: list[Unit] = []
    taken = 0
    for unit in units:
        waits = sum(piece.size for piece in unit.pieces) // _EXPECTED_RATIO if len(unit.pieces) > 1 else 0
        if waits and taken and taken + waits > room:
            later.append(unit)
        else:
            taken += waits
            now.append(unit)
    return now, later


def _walked(units: Sequence[Unit], paths: Sequence[str], limits: Limits) -> Iterator[Ready]:
    wanted: dict[Place, tuple[Unit, Piece]] = {(p.top, p.place): (unit, p) for unit in units for p in unit.pieces}
    waiting: defaultdict[str, dict[Piece, Iterator[bytes]]] = defaultdict(dict)
    for inputs in _inputs(wanted, paths):
        for place, found in numbered(walk(inputs, limits)):
            if not isinstance(found, Member) or (top_of(found.name), place) not in wanted:
                continue
            unit, piece = wanted.pop((top_of(found.name), place))
            kept = waiting[unit.key]
            if len(kept) + 1 < len(unit.pieces):
                kept[piece] = _kept(checked(found.blocks, piece))
            else:
                yield Ready(unit, tuple(kept[p] if p in kept else checked(found.blocks, p) for p in unit.pieces))
                del waiting[unit.key]


def _inputs(wanted: Mapping[Place, object], paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield what to walk through: the inputs that hold what is wanted, then all, for one whose name is no path."""
    for top in list(dict.fromkeys(top for top, _ in wanted)):
        if "://" in top or os.path.lexists(top):
            yield [top]
    if wanted:
        yield paths


def checked(blocks: Iterable[bytes], piece: Piece) -> Iterator[bytes]:
    """Yield blocks, and raise Changed behind the last one where they are not what the piece held."""
    digest = sha256()
    for block in blocks:
        digest.update(block)
        yield block
    if digest.hexdigest() != piece.sha256:
        raise Changed(piece)


def _kept(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Read a log now, to be had later."""
    try:
        return _unpacked(_packed(blocks))
    except Changed as changed:
        return raising(changed)


def raising(changed: Changed) -> Iterator[bytes]:
    """Raise that a log has changed when its blocks are asked for."""
    yield b""
    raise changed


def _packed(blocks: Iterable[bytes]) -> list[bytes]:
    packed: list[bytes] = []
    held: list[bytes] = []
    for block in chain(blocks, [b""]):
        held.append(block)
        if not block or sum(map(len, held)) >= _BLOCK:
            data = b"".join(held)
            packed.append(len(data).to_bytes(8, "big") + pa.compress(data, codec="zstd", asbytes=True))
            held = []
    return packed


def _unpacked(packed: Iterable[bytes]) -> Iterator[bytes]:
    for data in packed:
        size = int.from_bytes(data[:8], "big")
        yield pa.decompress(data[8:], decompressed_size=size, codec="zstd", asbytes=True) if size else b""
