"""Hand units of work to a Dask cluster: its workers read the inputs themselves, wherever those lie."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import Any

import distributed

from ikelog import __version__
from ikelog.batch.gathering import Changed, gather
from ikelog.batch.inputs import Limits
from ikelog.batch.listing import list_inputs
from ikelog.batch.parquet_store import DataSet, write_unit
from ikelog.batch.run import Job
from ikelog.batch.stores import is_database
from ikelog.batch.survey import Looked, Survey, joined, survey
from ikelog.batch.types import Settings, Unit
from ikelog.batch.workers import Lost, Result, analysed
from ikelog.record import record, replaced

# A task has the units of one input, up to this many bytes of logs: an archive is read once for each of its tasks.
TASK_BYTES = 64_000_000
_CONNECT_S = 15
# Tasks that wait at the cluster, for each of its threads: enough that none has to wait for this end.
_WAITING = 2

# An analysis keeps what it learns of lines for the next one, and is not made for several threads at once.
_one_at_a_time = Lock()


class ClusterError(Exception):
    """A cluster that cannot be used: says what and where in one line."""


@record
class Task:
    """Units to be analysed together, the inputs that they lie in, and where to write them (None: hand them back)."""

    units: tuple[Unit, ...]
    paths: tuple[str, ...]
    limits: Limits
    settings: Settings
    output: str | None


@contextmanager
def connected(url: str, output: str) -> Iterator["Cluster"]:
    """Connect to a scheduler such as `tcp://scheduler:8786`; raises ClusterError."""
    try:
        client: Any = distributed.Client(url, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(f"{url}: cannot be reached: {str(error).partition(chr(10))[0]}") from None
    try:
        _check_versions(client, url)
        yield Cluster(client, url, output)
    except (distributed.CancelledError, OSError, TimeoutError) as error:
        raise ClusterError(f"{url}: the connection was lost: {type(error).__name__}") from None
    finally:
        client.close(timeout=_CONNECT_S)


class Cluster:
    """A cluster as a place to work. What goes to a data set at a URL is written there by its workers."""

    def __init__(self, client: Any, url: str, output: str) -> None:
        self._client, self._url = client, url
        self._output = output if "://" in output and not is_database(output) else None

    def survey(self, job: Job, looked: Looked) -> Survey:
        """Look over the inputs, each in a task of its own."""
        inputs = list(list_inputs(job.paths))
        found: dict[int, Survey] = {}
        for number, future in self._spread(look_over, [(path, job.limits) for path in inputs]):
            found[number] = future.result()
            for piece in found[number].pieces:
                looked(piece.name, piece.size)
        return joined(found[number] for number in sorted(found))

    def analyse(self, units: Sequence[Unit], job: Job) -> Generator[Result, None, None]:
        """Analyse units. A task whose worker is lost is done again by another, and its results come once."""
        tasks = _tasks(units, job, self._output)
        for number, future in self._spread(analyse_task, [(task,) for task in tasks]):
            error = future.exception()
            if error is None:
                yield from future.result()
            elif isinstance(error, distributed.CancelledError):
                raise error
            else:
                reason = "worker_died" if isinstance(error, distributed.KilledWorker) else "internal_error"
                detail = f"on the cluster: {type(error).__name__}"
                yield from (Lost(unit, reason, detail) for unit in tasks[number].units)

    def _spread(self, function: Any, calls: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
        """Have calls done, so many at once that nobody waits; yield the number of each and its future as it is done."""
        numbers = iter(enumerate(calls))
        places: dict[Any, int] = {}

        def submitted(most: int) -> Iterator[Any]:
            for number, call in islice(numbers, most):
                future = self._client.submit(function, *call, pure=False)
                places[future] = number
                yield future

        threads = sum(self._client.nthreads().values()) or 1
        running: Any = distributed.as_completed(list(submitted(threads * (1 + _WAITING))), loop=self._client.loop)
        try:
            for future in running:
                yield places.pop(future), future
                future.release()
                running.update(list(submitted(1)))
        finally:
            self._client.cancel(list(places))


def look_over(path: str, limits: Limits) -> Survey:
    """Look over one input: a task of the cluster."""
    return survey([path], limits, lambda name, size: None)


def analyse_task(task: Task) -> list[Result]:
    """Analyse the units of a task, and write them if that is asked for: a task of the cluster."""
    with _one_at_a_time:
        found: list[Result] = []
        for ready in gather(task.units, task.paths, task.limits):
            try:
                logs = [bytearray().join(blocks) for blocks in ready.logs]
            except Changed as changed:
                found.append(Lost(ready.unit, "changed", f"{changed.piece.name}: changed while it was being read"))
            else:
                found.append(_kept(analysed(ready.unit, logs, task.settings), task.output))
        done = {one.unit.key for one in found}
        gone = (unit for unit in task.units if unit.key not in done)
        return [*found, *(Lost(unit, "gone", "cannot be found any more, or not by this worker") for unit in gone)]


def _kept(result: Result, output: str | None) -> Result:
    """Write a unit, where the workers do that; what goes back then is how much there was."""
    if output is None or isinstance(result, Lost):
        return result
    write_unit(DataSet(output), result)
    return replaced(result, tables={})


def _tasks(units: Sequence[Unit], job: Job, output: str | None) -> list[Task]:
    """Put the units of one input together, as many as a task should have."""
    groups: dict[tuple[str, ...], list[list[Unit]]] = {}
    for unit in units:
        tops = _tops([unit])
        inside = len(tops) == 1 and "!" in unit.pieces[0].name
        group = groups.setdefault(tops if inside else (unit.key,), [[]])
        if sum(one.size for one in group[-1]) + unit.size > TASK_BYTES and group[-1]:
            group.append([])
        group[-1].append(unit)
    return [
        Task(tuple(part), _tops(part), job.limits, job.settings, output) for group in groups.values() for part in group
    ]


def _tops(units: Sequence[Unit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece.top for unit in units for piece in unit.pieces))


def _check_versions(client: Any, url: str) -> None:
    """Make sure that all workers have this ikelog; raises ClusterError."""
    try:
        versions = client.run(version, on_error="return")
    except Exception as error:  # whatever a worker without ikelog makes of it
        raise ClusterError(f"{url}: its workers cannot run ikelog: {type(error).__name__}") from None
    if not versions:
        raise ClusterError(f"{url}: has no workers")
    for worker, found in versions.items():
        if found != __version__:
            said = found if isinstance(found, str) else "none"
            raise ClusterError(f"{url}: worker {worker} has ikelog {said}, not {__version__}")


def version() -> str:
    """Return the version of ikelog: what each worker is asked for."""
    return __version__
