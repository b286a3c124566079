"""What `ikelog batch` does, once it is known with which options."""

import gc
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from ikelog.cli import options
from ikelog.cli.batch import LIMITS
from ikelog.cli.output import say, wants_colour, width_of, write_utf8, writing
from ikelog.cli.status import INTERRUPTED, NOTHING_RECOGNISED, USAGE
from ikelog.record import replaced

if TYPE_CHECKING:
    from ikelog.batch.run import Job, Outcome, Watch
    from ikelog.batch.store import Store
    from ikelog.pipeline import Options

_FILTERS = ("peer", "spi", "device", "since", "until", "tz", "year", "platform", "select", "ignore")
# What a user named, and not something within it.
_NAMED = ("not_found", "unreadable", "needs_extra", "unsupported")

Given = Mapping[str, Any]


def batch(paths: Sequence[str], given: Given) -> int:
    """Analyse what the paths hold, print the summary, and return the exit status."""
    wanted: Options = options.pipeline_options(**{name: given[name] for name in _FILTERS})
    if "-" in paths:
        raise click.UsageError("-: standard input can be read only once; save it in a file")
    if given["show"] is not None and paths:
        raise click.UsageError("--show prints what the store has; name no PATH with it")
    gc.enable()  # a run may take hours
    try:
        from ikelog.batch.store import StoreError
        from ikelog.batch.stores import open_store
    except ImportError as error:
        return _say_missing(error)
    try:
        with open_store(given["output"], new=bool(paths)) as store:
            return _show(store, given) if given["show"] is not None else _run(paths, store, wanted, given)
    except StoreError as error:
        say(str(error))
        return USAGE


def _say_missing(error: ImportError) -> int:
    say(f"batch needs {error.name}, which is not installed: pip install 'ikelog[batch]'")
    return USAGE


def _show(store: "Store", given: Given) -> int:
    from ikelog.batch.fleet import detail_of
    from ikelog.batch.fleet_text import render_detail

    parts = detail_of(store.connection, given["output"], given["show"])
    if not parts:
        say(f"{given['output']}: no negotiation {given['show']}")
        return USAGE
    with writing(None) as out:
        render_detail(parts, out, width=width_of(out), colour=wants_colour(given["color"], out))
    return 0


def _run(paths: Sequence[str], store: "Store", wanted: "Options", given: Given) -> int:
    """Do the work, if there is any, and print the summary of what the store has then."""
    outcome: Outcome | None = None
    interrupted = False
    if paths:
        try:
            outcome = _work(_job(paths, wanted, given), store, given)
        except KeyboardInterrupt:
            interrupted = True
    recognised = _print(store, wanted, given)
    if interrupted:
        say("interrupted; what was analysed so far is kept, and the same command goes on from there")
        return INTERRUPTED
    status = _status(paths, outcome, given)
    if not recognised:
        say(f"{given['output']}: no IKE or IPsec line recognised in its logs")
    return status or (0 if recognised else NOTHING_RECOGNISED)


def _work(job: "Job", store: "Store", given: Given) -> "Outcome":
    from ikelog.batch.run import run
    from ikelog.cli.batch_progress import watching

    with _ended_by_signals(), watching(quiet=given["quiet"]) as watch:
        if given["cluster"] is None:
            return run(job, store, watch)
        return _on_cluster(job, store, watch, given)


def _on_cluster(job: "Job", store: "Store", watch: "Watch", given: Given) -> "Outcome":
    from ikelog.batch.run import run

    try:
        from ikelog.batch.cluster import ClusterError, connected
    except ImportError as error:
        raise click.ClickException(
            f"--cluster needs {error.name}, which is not installed: pip install 'ikelog[cluster]'"
        ) from None
    try:
        with connected(given["cluster"], given["output"]) as cluster:
            return run(job, store, watch, cluster)
    except ClusterError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """End a run that is told to terminate as Ctrl-C does: it commits what is finished."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _job(paths: Sequence[str], wanted: "Options", given: Given) -> "Job":
    from ikelog.batch.inputs import DEFAULT
    from ikelog.batch.run import Job
    from ikelog.batch.types import Settings
    from ikelog.pipeline import Options

    raised = {
        field: given[f"max_{name.replace('-', '_')}"]
        for name, (field, _) in LIMITS.items()
        if given[f"max_{name.replace('-', '_')}"] is not None
    }
    chosen = {"tz": given["tz"], "year": wanted.year, "platform": wanted.platform}
    label = " ".join(f"{name}={value}" for name, value in chosen.items() if value is not None)
    # what is weak is always looked for: whoever asks the database may want to know
    applied = Options(year=wanted.year, zone=wanted.zone, platform=wanted.platform, audit=True)
    workers = given["workers"] or _cores()
    return Job(tuple(paths), replaced(DEFAULT, **raised), Settings(applied, label), workers, given["output"])


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print(store: "Store", wanted: "Options", given: Given) -> bool:
    """Print the summary; tell whether there is any IKE or IPsec line in the store."""
    from ikelog.batch.fleet import fleet_of

    fleet = fleet_of(store.connection, given["output"], wanted)
    if not fleet.totals["ike_lines"] and given["format_name"] == "text" and not fleet.skipped:
        return False
    with writing(None) as out:
        if given["format_name"] == "json":
            from ikelog.batch import fleet_json

            fleet_json.render(fleet, out)
        elif given["format_name"] == "markdown":
            from ikelog.batch import fleet_markdown

            write_utf8(out)
            fleet_markdown.render(fleet, out)
        else:
            from ikelog.batch import fleet_text

            colour = wants_colour(given["color"], out)
            verbose, quiet = given["verbose"], given["quiet"]
            fleet_text.render(fleet, out, width=width_of(out), colour=colour, verbose=verbose, quiet=quiet)
        out.flush()
    return bool(fleet.totals["ike_lines"])


def _status(paths: Sequence[str], outcome: "Outcome | None", given: Given) -> int:
    """Say what was done and what was not, and return the status that follows from it."""
    if outcome is None:
        return 0
    from ikelog.reporting import wording
    from ikelog.reporting.safe import visible

    named = {visible(path) for path in paths}
    unread = [note for note in outcome.notes if note.name in named and note.reason in _NAMED]
    for note in unread:
        say(f"{note.name}: {note.detail}")
    parts = [f"{wording.count(outcome.analysed, 'unit')} analysed"]
    parts += [f"{number:,} {what}" for number, what in _done(outcome) if number]
    say(f"{given['output']}: {', '.join(parts)}")
    return USAGE if unread or (given["strict"] and outcome.notes) else 0


def _done(outcome: "Outcome") -> list[tuple[int, str]]:
    return [
        (outcome.kept, "known already"),
        (outcome.copies, "logs with the content of others"),
        (outcome.replaced, "replaced by newer ones"),
        (len(outcome.notes), "skipped or damaged"),
    ]
