"""Look over all inputs once: which logs there are, what each holds by its digest, and what is passed over."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

from ikelog.batch.inputs import Limits, Member, Skipped, walk
from ikelog.batch.types import Note, Piece
from ikelog.record import record

INSIDE = "!"

# Told of each log that was looked at: its name and how many bytes it has.
Looked = Callable[[str, int], None]


@record
class Survey:
    """The logs that were found, in order, and notes on the rest."""

    pieces: tuple[Piece, ...]
    notes: tuple[Note, ...]


def survey(paths: Sequence[str], limits: Limits, looked: Looked) -> Survey:
    """Read all inputs, and keep of each log its name and digest alone."""
    pieces: list[Piece] = []
    notes: list[Note] = []
    for place, found in numbered(walk(paths, limits)):
        if isinstance(found, Skipped):
            notes.append(Note(found.name, found.reason, found.detail))
            continue
        digest, size = sha256(), 0
        for block in found.blocks:
            digest.update(block)
            size += len(block)
        pieces.append(Piece(found.name, top_of(found.name), place, address(found.name), digest.hexdigest(), size))
        looked(found.name, size)
    return Survey(_told_apart(pieces), tuple(notes))


def joined(surveys: Iterable[Survey]) -> Survey:
    """Return what several surveys of different inputs found, in their order."""
    found = list(surveys)
    return Survey(tuple(p for one in found for p in one.pieces), tuple(n for one in found for n in one.notes))


def without(store: str, found: Survey) -> Survey:
    """Leave out the files of a store: it may lie in a folder that is read."""
    own = address(store) if store else ""
    others = tuple(f"{own}{ending}" for ending in ("/", ".wal", ".tmp/"))

    def is_own(name: str) -> bool:
        return bool(own) and (name == own or name.startswith(others))

    pieces = tuple(piece for piece in found.pieces if not is_own(piece.address))
    return Survey(pieces, tuple(note for note in found.notes if not is_own(address(note.name))))


def numbered(found: Iterable[Member | Skipped]) -> Iterator[tuple[int, Member | Skipped]]:
    """Number the logs of each input: names need not differ within an archive, and this tells them apart."""
    seen: Counter[str] = Counter()
    for one in found:
        top = top_of(one.name)
        yield seen[top], one
        if isinstance(one, Member):
            seen[top] += 1


def top_of(name: str) -> str:
    """Return the input that a log came in: `bundle.tgz` of `bundle.tgz!logs/edge1.log`."""
    return name.partition(INSIDE)[0]


def address(name: str) -> str:
    """Return a log's name with its input's absolute path, so that it says the same in every directory."""
    top, inside, rest = name.partition(INSIDE)
    return (top if "://" in top else os.path.abspath(top)) + inside + rest


def _told_apart(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Number the logs of an archive that have one name: whatever is said of one names the log by it."""
    seen: Counter[str] = Counter()
    found = []
    for piece in pieces:
        seen[piece.name] += 1
        again = f"~{seen[piece.name]}" if seen[piece.name] > 1 else ""
        found.append(Piece(piece.name + again, piece.top, piece.place, piece.address + again, piece.sha256, piece.size))
    return tuple(found)
