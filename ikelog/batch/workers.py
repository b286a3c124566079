"""Worker processes: each takes one unit after the other through a pipe of its own, and gives its rows back.

Each has a pipe of its own and not a queue for all: one that dies, or is killed for the memory that it takes, costs its
unit alone, and it is known which. What a pipe holds is bounded, so a log goes to its worker only as fast as that reads.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from ikelog.batch.analysis import analyse_unit, read_logs
from ikelog.batch.gathering import Changed, Ready
from ikelog.batch.types import Done, Settings, Unit
from ikelog.reading.sources import UnreadableSource
from ikelog.record import record

# What goes through a pipe behind a unit: this before each block of a log, at the end of each log, or of all of it.
_BLOCK, _END, _WITHDRAWN = b"+", b".", b"!"
_PATIENCE_S = 5
_NO_MEMORY = 12


class _Withdrawn(Exception):
    """The unit that is being received is none any more."""


@record
class Lost:
    """A unit that was not analysed: its worker died, or (`reason`) could not do it."""

    unit: Unit
    reason: str
    detail: str


Result = Done | Lost


class Crew:
    """Worker processes. What they hand back is had by `results`, in the order in which they finish."""

    def __init__(self, size: int, settings: Settings) -> None:
        self._context = multiprocessing.get_context("spawn")  # nothing of this process may leak into them
        self._settings = settings
        self._idle: list[_Worker] = []
        self._busy: dict[Any, _Worker] = {}
        for _ in range(size):
            self._idle.append(_Worker(self._context, settings))

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in (*self._idle, *self._busy.values()):
            worker.stop()

    @property
    def has_room(self) -> bool:
        """Whether a worker waits for work."""
        return bool(self._idle)

    @property
    def is_busy(self) -> bool:
        """Whether a worker is at work."""
        return bool(self._busy)

    def give(self, ready: Ready) -> Lost | None:
        """Send a unit to a worker that waits. Returns what was lost where a log has changed, or the worker died."""
        worker = self._idle.pop()
        if not worker.process.is_alive():  # it died while it had nothing to do, and took nothing with it
            worker.stop()
            worker = _Worker(self._context, self._settings)
        try:
            worker.send(ready)
        except Changed as changed:
            self._idle.append(worker)
            return Lost(ready.unit, "changed", f"{changed.piece.name}: changed while it was being read")
        except (BrokenPipeError, ConnectionResetError):
            return self._replace(worker)
        self._busy[worker.connection] = worker
        return None

    def results(self, timeout: float | None = None) -> Iterator[Result]:
        """Yield what is finished; waits for the first unless `timeout`, in seconds, is over before."""
        for connection in wait(list(self._busy), timeout) if self._busy else ():
            worker = self._busy.pop(connection)
            try:
                result = worker.receive()
            except (EOFError, ConnectionResetError):
                yield self._replace(worker)
            else:
                self._idle.append(worker)
                yield result

    def _replace(self, worker: "_Worker") -> Lost:
        """Put a new worker in the place of one that died."""
        worker.stop()
        self._idle.append(_Worker(self._context, self._settings))
        unit = worker.unit
        assert unit is not None  # noqa: S101 - it was at work
        return Lost(unit, "worker_died", f"the process that analysed it ended: {worker.ending}")


class _Worker:
    """A process, and this end of its pipe."""

    def __init__(self, context: Any, settings: Settings) -> None:
        self.connection: Connection
        self.connection, other = context.Pipe()
        self.process: BaseProcess = context.Process(target=WORK, args=(other, settings), daemon=True)
        self.process.start()
        other.close()
        self.unit: Unit | None = None

    def send(self, ready: Ready) -> None:
        """Send a unit, log by log; raises Changed when the worker has been told to forget it."""
        self.unit = ready.unit
        self.connection.send(ready.unit)
        try:
            for blocks in ready.logs:
                for block in filter(None, blocks):
                    self.connection.send_bytes(_BLOCK)
                    self.connection.send_bytes(block)
                self.connection.send_bytes(_END)
        except Changed:
            self.connection.send_bytes(_WITHDRAWN)
            raise

    def receive(self) -> Result:
        """Take the result; raises EOFError when the process has died."""
        result: Result = self.connection.recv()
        return result

    @property
    def ending(self) -> str:
        """How the process ended."""
        code = self.process.exitcode
        if code is not None and code < 0:
            with suppress(ValueError):
                return f"killed by {signal.Signals(-code).name}, maybe for want of memory"
        return f"exit status {code}"

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.connection.close()
        self.process.terminate()
        self.process.join(_PATIENCE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def work(connection: Connection, settings: Settings) -> None:
    """Analyse unit after unit until the pipe is closed: what a worker process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who gives the work, and closes the pipe
    try:
        while True:
            unit: Unit = connection.recv()
            with suppress(_Withdrawn):
                connection.send(analysed(unit, [_received(connection) for _ in unit.pieces], settings))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except MemoryError:  # a log that does not even fit in
        raise SystemExit(_NO_MEMORY) from None


def analysed(unit: Unit, logs: list[bytearray], settings: Settings) -> Result:
    """Analyse a unit; what goes wrong within is told, and ends neither the worker nor the run. Empties `logs`."""
    try:
        return analyse_unit(unit, read_logs(unit, logs), settings)
    except UnreadableSource as error:
        return Lost(unit, "unreadable", str(error))
    except MemoryError:
        return Lost(unit, "out_of_memory", "there is not enough memory to analyse it")
    except Exception as error:
        return Lost(unit, "internal_error", f"{_where(error)}; please report it")


def _where(error: Exception) -> str:
    """Return what went wrong and in which line of the program."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" at {os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else ""
    return f"{type(error).__name__}{where}"


def _received(connection: Connection) -> bytearray:
    """Return the next log; raises _Withdrawn."""
    data = bytearray()
    while (sign := connection.recv_bytes()) == _BLOCK:
        data += connection.recv_bytes()
    if sign == _WITHDRAWN:
        raise _Withdrawn
    return data


# What a worker process runs.
WORK = work
