"""The progress bar of `ikelog batch`: logs, bytes, rate, failures so far."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ikelog.reporting.safe import visible

if TYPE_CHECKING:
    from ikelog.batch.run import Watch
    from ikelog.batch.types import Counts, Unit


class _Unseen:
    """Nobody looks."""

    def looked_at(self, name: str, size: int) -> None:
        pass

    def begin(self, units: "Sequence[Unit]", kept: int) -> None:
        pass

    def analysed(self, unit: "Unit", counts: "Counts") -> None:
        pass

    def passed_over(self, unit: "Unit") -> None:
        pass


class _Bar:
    """Shows it with rich. `progress` has the columns for what the fields of its task hold."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._task = progress.add_task("looking over", total=None, logs=0, of="", failures=0)
        self._logs = self._failures = 0

    def looked_at(self, name: str, size: int) -> None:
        self._logs += 1
        self._progress.update(self._task, advance=size, logs=self._logs)

    def begin(self, units: "Sequence[Unit]", kept: int) -> None:
        total = sum(unit.size for unit in units)
        logs = sum(len(unit.pieces) for unit in units)
        self._logs = 0
        self._progress.reset(self._task, total=total, description="analysing", logs=0, of=f"/{logs:,}", failures=0)

    def analysed(self, unit: "Unit", counts: "Counts") -> None:
        self._failures += counts.failed
        self._advance(unit)

    def passed_over(self, unit: "Unit") -> None:
        self._progress.console.print(f"skipped {visible(unit.stream)}", style="yellow", markup=False, highlight=False)
        self._advance(unit)

    def _advance(self, unit: "Unit") -> None:
        self._logs += len(unit.pieces)
        self._progress.update(self._task, advance=unit.size, logs=self._logs, failures=self._failures)


@contextmanager
def watching(*, quiet: bool) -> "Iterator[Watch]":
    """Show a bar where standard error is a terminal, and somebody wants to see it."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield _Unseen()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[logs]:,}{task.fields[of]} logs"),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[failures]:,} failed"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress)
