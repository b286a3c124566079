"""Read a growing file as soon as anything comes to it, however long an analysis takes meanwhile."""

import queue
import threading

from ikelog.reading.sources import UnreadableSource
from ikelog.watch.tail import Piece, Tail

# Seconds between two looks at a file to which nothing has come.
_POLL = 0.1
# So many blocks are read ahead of the analysis; then the file has to wait.
_BLOCKS = 32


class Ahead:
    """Reads with a tail in a thread of its own: what is truncated, or rotated twice, is gone for whoever comes late."""

    def __init__(self, tail: Tail) -> None:
        self.ended = False
        self._tail = tail
        self._stop = threading.Event()
        self._blocks: queue.Queue[Piece | UnreadableSource] = queue.Queue(_BLOCKS)
        self._thread = threading.Thread(target=self._fill, daemon=True)
        self._thread.start()

    def read(self) -> Piece | None:
        """Return the next bytes, None where there are none now; raises UnreadableSource."""
        try:
            found = self._blocks.get_nowait()
        except queue.Empty:
            return None
        if isinstance(found, UnreadableSource):
            raise found
        return found

    def close(self) -> None:
        """Read no more."""
        self._stop.set()
        self._thread.join()
        self._tail.close()

    def _fill(self) -> None:
        said = ""
        while not self._stop.is_set():
            try:
                found: Piece | UnreadableSource | None = self._tail.read()
            except UnreadableSource as error:
                found = error if str(error) != said else None
                said = str(error)
            if found is None:
                self._stop.wait(_POLL)
            else:
                said = said if isinstance(found, UnreadableSource) else ""
                self._put(found)

    def _put(self, found: Piece | UnreadableSource) -> None:
        while not self._stop.is_set():
            try:
                self._blocks.put(found, timeout=_POLL)
            except queue.Full:
                continue
            return
