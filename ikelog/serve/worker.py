"""Processes that analyse, so that the page stays responsive, and what takes too long can be ended."""

import asyncio
import contextlib
import multiprocessing
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

from ikelog.record import record
from ikelog.serve.analysis import perform
from ikelog.serve.types import Answer, Job, Settings

# A process that has been started afresh reads its tables first.
_START_S = 30.0


class Busy(Exception):
    """More requests wait than may."""


class _Gone(Exception):
    """A process that has ended by itself."""


@record
class _Process:
    """A process, and this end of the pipe to it."""

    process: Any
    pipe: Connection


class Workers:
    """The processes; at most `settings.workers` of them, started when they are needed, kept for the next request."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._context = multiprocessing.get_context("spawn")
        self._idle: list[_Process] = []
        self._started: set[_Process] = set()
        self._threads = ThreadPoolExecutor(settings.workers)
        self._free = asyncio.Semaphore(settings.workers)
        self._asking = 0

    async def perform(self, job: Job) -> Answer:
        """Analyse in a process; raises Busy, and TimeoutError for what takes too long."""
        if self._asking >= self.settings.workers + self.settings.waiting:
            raise Busy
        self._asking += 1
        try:
            async with self._free:
                return await self._perform(job)
        finally:
            self._asking -= 1

    async def _perform(self, job: Job) -> Answer:
        run = asyncio.get_running_loop().run_in_executor
        worker = self._idle.pop() if self._idle else await run(self._threads, self._start)
        kept = False
        try:
            answer = await run(self._threads, _ask, worker, job, self.settings.timeout_s)
            kept = True
            return answer
        except _Gone:
            return Answer(500, "the analysis broke off, perhaps for want of memory")
        finally:  # also where whoever asked has gone
            if kept:
                self._idle.append(worker)
            else:
                self._end(worker)

    def close(self) -> None:
        """End the processes, busy ones too: their requests are not waited for."""
        self._idle.clear()
        while self._started:
            self._end(next(iter(self._started)))
        self._threads.shutdown(wait=False)

    def _end(self, worker: _Process) -> None:
        self._started.discard(worker)
        worker.process.kill()
        worker.process.join(1.0)

    def _start(self) -> _Process:
        own, other = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(other,), daemon=True)
        process.start()
        other.close()
        with contextlib.suppress(EOFError):  # it is gone again: whoever asks it is told
            if own.poll(_START_S):
                own.recv()
        worker = _Process(process, own)
        self._started.add(worker)
        return worker


def _ask(worker: _Process, job: Job, timeout_s: float) -> Answer:
    try:
        worker.pipe.send(job)
        if not worker.pipe.poll(timeout_s):
            raise TimeoutError
        answer: Answer = worker.pipe.recv()
    except (EOFError, ConnectionError):
        raise _Gone from None
    return answer


def _serve(pipe: Connection) -> None:
    """Analyse job after job until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the server
    with contextlib.suppress(EOFError, BrokenPipeError):
        pipe.send(None)
        while True:
            pipe.send(_performed(pipe.recv()))


def _performed(job: Job) -> Answer:
    try:
        return perform(job)
    except Exception as error:  # the last net: the next request may be as good as any
        return Answer(500, f"internal error: {type(error).__name__}. Please report it, if you may share the log")
