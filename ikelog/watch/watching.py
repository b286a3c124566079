"""The loop of a watch: read what came, analyse it when it is worth it, and hand on what there is to tell."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from ikelog.reading.sources import UnreadableSource
from ikelog.watch.follower import Follower
from ikelog.watch.tail import Piece
from ikelog.watch.types import News

# Seconds between two looks for what was read.
_POLL = 0.1
# A log that has been quiet for so long has written what it had to write, for now.
_PAUSE = 0.3
# While lines keep coming there is an analysis every so often: a small part of the time, else rarer.
_INTERVAL = 1.0
_SHARE = 0.2
# At once with so many lines, and with as many as are open: then each line is analysed twice, more or less.
_BLOCK_LINES = 10_000


class Reader(Protocol):
    """What a log is read with; `read` does not wait."""

    ended: bool

    def read(self) -> Piece | None:
        """Return the next bytes, None where there are none now."""


class Sink(Protocol):
    """What is told of a watch."""

    def tell(self, news: News) -> None:
        """Take one piece of news."""

    def show(self, follower: Follower) -> None:
        """Take what is under way."""


class Pace:
    """When to look: `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.read_at = self.looked_at = clock()
        self.cost = 0.0

    def is_due(self, follower: Follower, *, is_idle: bool) -> bool:
        """Tell whether to look now at what a follower has; `is_idle` tells that nothing came."""
        now, waiting = self.clock(), follower.waiting
        if waiting >= max(_BLOCK_LINES, follower.analysed - follower.window.first):
            return True
        since = now - self.looked_at
        if is_idle and now - self.read_at >= _PAUSE:
            return waiting > 0 or since >= _PAUSE
        return since >= max(_INTERVAL, self.cost / _SHARE)

    def looked(self, begun: float) -> None:
        """Note that a look is over which began then."""
        self.looked_at = self.clock()
        self.cost = self.looked_at - begun


def watch(
    reader: Reader,
    follower: Follower,
    sinks: Sequence[Sink],
    *,
    stop: threading.Event,
    say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Follow a log until it ends or `stop` is set, then tell of all that is open; raises UnreadableSource at first.

    A log that could be read once, and cannot now, is waited for; `say` takes what there is to say of it.
    """
    pace, has_read = Pace(clock), False
    while not stop.is_set() and not reader.ended:
        piece = None
        try:
            piece = reader.read()
        except UnreadableSource as error:
            if not has_read:
                raise
            say(str(error))
        if piece is not None:
            pace.read_at, has_read = clock(), True
            follower.window.add(piece, pace.read_at)
        if pace.is_due(follower, is_idle=piece is None):
            _look(follower, sinks, pace)
        if piece is None and not reader.ended:
            stop.wait(_POLL)
    _look(follower, sinks, pace, is_end=True)


def _look(follower: Follower, sinks: Sequence[Sink], pace: Pace, *, is_end: bool = False) -> None:
    begun = pace.clock()
    for news in follower.look(begun, is_end=is_end):
        for sink in sinks:
            sink.tell(news)
    for sink in sinks:
        sink.show(follower)
    pace.looked(begun)
