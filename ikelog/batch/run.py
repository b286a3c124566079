"""One run: look over the inputs, analyse what the store does not have, and keep it there as it comes."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from time import monotonic
from typing import Protocol

from ikelog.batch.gathering import Changed, Ready, gather, raising
from ikelog.batch.inputs import Limits
from ikelog.batch.planning import Plan, plan
from ikelog.batch.store import Store
from ikelog.batch.survey import Looked, Survey, survey, top_of, without
from ikelog.batch.types import Counts, Done, Known, Note, Settings, Unit
from ikelog.batch.workers import Crew, Lost, Result
from ikelog.record import record

# A unit whose worker died is tried this often in all.
TRIES = 2
# So much of the next log is read while all workers are busy.
_AHEAD = 8_000_000
# What is finished waits until there is so much of it, or so long, and is committed together: many logs are small.
_COMMIT_BYTES = 4_000_000
_COMMIT_S = 1.0


class Watch(Protocol):
    """Whoever wants to see how a run gets on."""

    def looked_at(self, name: str, size: int) -> None:
        """One more log was looked over."""

    def begin(self, units: Sequence[Unit], kept: int) -> None:
        """The work is known; `kept` units were done before."""

    def analysed(self, unit: Unit, counts: Counts) -> None:
        """One more unit is done."""

    def passed_over(self, unit: Unit) -> None:
        """One more unit could not be done."""


@record
class Job:
    """What a user asked for; `store` is left out where it lies among the inputs."""

    paths: tuple[str, ...]
    limits: Limits
    settings: Settings
    workers: int
    store: str = ""


@record
class Outcome:
    """What a run did: units analysed now and before, logs that are copies of others, units replaced, notes."""

    analysed: int
    kept: int
    copies: int
    replaced: int
    notes: tuple[Note, ...]


class Place(Protocol):
    """Where the work is done: in processes here, or on a cluster."""

    def survey(self, job: Job, looked: Looked) -> Survey:
        """Look over the inputs."""

    def analyse(self, units: Sequence[Unit], job: Job) -> Generator[Result, None, None]:
        """Analyse units; yield what comes out of them, or why nothing did, in any order."""


class Here:
    """Worker processes of this machine; the inputs are read in this one."""

    def survey(self, job: Job, looked: Looked) -> Survey:
        """Look over the inputs."""
        return survey(job.paths, job.limits, looked)

    def analyse(self, units: Sequence[Unit], job: Job) -> Generator[Result, None, None]:
        """Analyse units, as many at once as the job has workers."""
        return analyse_here(units, job)


def run(job: Job, store: Store, watch: Watch, place: Place | None = None) -> Outcome:
    """Do all that a job asks for and the store does not have. Raises StoreError, and KeyboardInterrupt.

    Whatever ends it, the store keeps what was finished by then.
    """
    place = place or Here()
    found = without(job.store, place.survey(job, watch.looked_at))
    known = store.known()
    work = plan(found.pieces, known, job.settings)
    watch.begin(work.units, len(work.kept))
    keeping = _Keeping(store, known, work)
    tops = {piece.top for piece in found.pieces} | {top_of(note.name) for note in found.notes}
    notes = list(found.notes)
    try:
        with closing(place.analyse(work.units, job)) as results:  # ends the workers, however this ends
            for result in results:
                if isinstance(result, Done):
                    keeping.take(result)
                    watch.analysed(result.unit, result.counts)
                else:
                    notes += [Note(piece.name, result.reason, result.detail) for piece in result.unit.pieces]
                    watch.passed_over(result.unit)
    finally:
        keeping.flush()
        store.keep_notes(notes, tops)
        store.finish()
    copies = sum(piece.name != other for piece, other in work.copies)
    return Outcome(keeping.units, len(work.kept), copies, keeping.replaced, tuple(notes))


class _Keeping:
    """Commits what is finished, several units at once."""

    def __init__(self, store: Store, known: Known, work: Plan) -> None:
        self._store, self._known = store, known
        self._current = {unit.key for unit in work.all_units}
        self._held: list[Done] = []
        self._since = monotonic()
        self.units = self.replaced = 0
        stale = self._replaced(work.kept)
        if stale:
            store.commit((), stale)

    def take(self, done: Done) -> None:
        """Keep a unit, with others that come soon."""
        self._held.append(done)
        size = sum(len(stream) for one in self._held for stream in one.tables.values())
        if size >= _COMMIT_BYTES or monotonic() - self._since >= _COMMIT_S:
            self.flush()

    def flush(self) -> None:
        """Commit all that is held."""
        if self._held:
            replaced = self._replaced(done.unit for done in self._held)
            self._store.commit(self._held, replaced)
            self.units += len(self._held)
            self.replaced += len(replaced)
        self._held = []
        self._since = monotonic()

    def _replaced(self, units: Iterable[Unit]) -> set[str]:
        """Return what leaves the store for units; never what the inputs of this run still hold."""
        return {key for unit in units for key in self._known.replaced_by(unit)} - self._current


def analyse_here(units: Sequence[Unit], job: Job) -> Generator[Result, None, None]:
    """Analyse units in worker processes of this machine."""
    tries: Counter[str] = Counter()
    todo = list(units)
    if not todo:
        return
    with Crew(min(job.workers, len(todo)), job.settings) as crew:
        while todo:
            again: list[Unit] = []
            for result in _rounds(crew, todo, job):
                tries[result.unit.key] += 1
                if isinstance(result, Lost) and result.reason == "worker_died" and tries[result.unit.key] < TRIES:
                    again.append(result.unit)
                else:
                    yield result
            todo = again


def _rounds(crew: Crew, units: Sequence[Unit], job: Job) -> Iterator[Result]:
    """Give each unit to a worker once; yield what comes of it."""
    seen = set()
    for ready in gather(units, job.paths, job.limits):
        seen.add(ready.unit.key)
        if not crew.has_room:
            ready = _read_ahead(ready)
        while not crew.has_room:
            yield from crew.results()
        lost = crew.give(ready)
        if lost is not None:
            yield lost
        yield from crew.results(timeout=0)
    while crew.is_busy:
        yield from crew.results()
    for unit in units:
        if unit.key not in seen:
            yield Lost(unit, "gone", "was there when the inputs were looked over, and cannot be found any more")


def _read_ahead(ready: Ready) -> Ready:
    """Read the beginning of a unit's logs into memory."""
    return Ready(ready.unit, (_begun(ready.logs[0]),)) if len(ready.logs) == 1 else ready


def _begun(blocks: Iterator[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    try:
        while size < _AHEAD:
            block = next(blocks, None)
            if block is None:
                break
            held.append(block)
            size += len(block)
    except Changed as changed:
        return chain(held, raising(changed))
    return chain(held, blocks)
