"""Read standard input as it comes, without waiting for it."""

import os
import queue
import threading

from ikelog.watch.tail import BLOCK, Piece

# So many blocks are read ahead of the analysis.
_AHEAD = 4


class Pipe:
    """Reads a stream to its end in a thread of its own: there is no other way on every system not to wait for it."""

    def __init__(self, descriptor: int, name: str = "<stdin>") -> None:
        self.name = name
        self.ended = False
        self._blocks: queue.Queue[bytes] = queue.Queue(_AHEAD)
        self._begins = True
        self._descriptor = descriptor
        threading.Thread(target=self._fill, daemon=True).start()

    def read(self) -> Piece | None:
        """Return the next bytes, None where there are none now; `ended` tells that none will come."""
        if self.ended:
            return None
        try:
            data = self._blocks.get_nowait()
        except queue.Empty:
            return None
        if not data:
            self.ended = True
            return None
        piece = Piece(self.name, data, self._begins)
        self._begins = False
        return piece

    def close(self) -> None:
        """Leave the stream to whoever opened it."""

    def _fill(self) -> None:
        data = b"-"
        while data:
            try:
                data = os.read(self._descriptor, BLOCK)
            except OSError:  # closed, or a terminal that has gone
                data = b""
            self._blocks.put(data)
