"""How much may come out of archives, and the account of what did."""

from collections.abc import Callable, Iterator

from ikelog.record import record

MB = 1_000_000


@record
class Limits:
    """What a walk takes from archives and compressed files; what goes beyond is left out and reported.

    `total_bytes`: what comes out of all of them together, each layer counted. `member_bytes`: one log. `ratio`: how
    many times its own size may come out of a compressed file or a member of a zip archive, beyond the first
    `ratio_free_bytes`; out of an archive, and of anything with all that is inside it, twice as much and sixteen times
    as many free bytes, so that one bomb does not cost all that is beside it. `depth`: layers inside one another; a
    .tar.gz is two. `members`: of all archives together. `name_length`: characters of a member's name in its archive.
    `held_bytes`: zip and 7z archives are read from their end; one inside compressed data is kept in memory up to this
    size. `memory_bytes`: what a decompressor may take for its dictionary.
    """

    total_bytes: int = 1_000_000 * MB
    member_bytes: int = 100_000 * MB
    ratio: int = 500
    ratio_free_bytes: int = 4 * MB
    depth: int = 10
    members: int = 1_000_000
    name_length: int = 1024
    held_bytes: int = 64 * MB
    memory_bytes: int = 1 << 27


DEFAULT = Limits()
# How many times the free bytes all that is inside one archive may have.
_ALL = 16


@record
class Stop:
    """Why no more is taken: a code, and a line for a person."""

    reason: str
    detail: str


class Layer:
    """An archive or a compressed file, what it is in, and what has come out of it so far.

    `taken` is its own size, or what was read of it as far as that is not known; `direct` came out of it, `expanded` out
    of it and all that is inside it. A `run` is compressed in one go. What only holds others, as a tar archive does,
    does not expand (`expands`). `read_so_far` says how much was read of one whose size is not known.
    """

    def __init__(self, limits: Limits, parent: "Layer | None" = None, *, run: bool = False) -> None:
        self.limits, self.parent, self.run = limits, parent, run
        self.depth: int = parent.depth + 1 if parent else 0
        self.expands = True
        self.read_so_far: Callable[[], int] | None = None
        self.taken = self.direct = self.expanded = 0
        self.members = 0
        self.stop: Stop | None = None

    def chain(self) -> Iterator["Layer"]:
        """Yield the layer and those that it is in, the walk as a whole last."""
        layer: Layer | None = self
        while layer is not None:
            yield layer
            layer = layer.parent

    @property
    def stopped(self) -> bool:
        """Whether this layer or one that it is in gives no more."""
        return any(layer.stop for layer in self.chain())

    def charge(self, count: int) -> None:
        """Account for bytes that came out of this layer; stops each layer that has then given too many."""
        self.direct += count
        for layer in self.chain():
            if layer.read_so_far:
                layer.taken = layer.read_so_far()
            layer.expanded += count
            if layer.stop is None:
                layer.stop = _beyond(layer)

    def count_member(self) -> None:
        """Account for a member of this layer."""
        *_, walk = self.chain()
        walk.members += 1
        if walk.members > walk.limits.members and walk.stop is None:
            walk.stop = Stop("too_many", f"archives hold more than {walk.limits.members} members")


def _beyond(layer: Layer) -> Stop | None:
    limits = layer.limits
    if layer.parent is None:
        if layer.expanded > limits.total_bytes:
            return Stop("total_too_large", f"more than {limits.total_bytes} bytes came out of archives in all")
    elif layer.expands:
        free, ratio = limits.ratio_free_bytes, limits.ratio
        run = layer.run and layer.direct > free + ratio * layer.taken
        archive = layer.direct > _ALL * free + 2 * ratio * layer.taken
        if run or archive or layer.expanded > _ALL * free + 2 * ratio * max(layer.taken, layer.direct):
            return Stop("ratio", f"expands to more than {ratio} times its size")
    return None
