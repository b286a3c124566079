"""What `ikelog diff` does, once it is known with which options."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ikelog.cli.inputs import read_sources, say_nothing_recognised
from ikelog.cli.output import say, wants_colour, width_of, write_utf8, writing
from ikelog.cli.status import INTERRUPTED, NOTHING_RECOGNISED
from ikelog.record import record

if TYPE_CHECKING:
    from ikelog.diff.types import Diff, Tolerance
    from ikelog.pipeline import Options
    from ikelog.reading.sources import SourceText
    from ikelog.report import Report

_CHANGED = 1


@record
class Printing:
    """How and where to print what changed, and whether the exit status tells of it."""

    format_name: str
    output: str | None
    color: str
    verbose: int
    quiet: bool
    exit_code: bool


def diff_paths(
    before: Sequence[str], after: Sequence[str], wanted: "Options", tolerance: "Tolerance", printing: Printing
) -> int:
    """Compare two captures, print what changed, and return the exit status."""
    from ikelog.diff.build import diff_reports

    first, first_status = _report(before, wanted)
    second, second_status = _report(after, wanted)
    status = first_status or second_status
    if first is None or second is None:
        return status
    if first.interrupted or second.interrupted:
        return INTERRUPTED  # half a capture would differ in what was not read
    empty = [names for names, report in ((before, first), (after, second)) if not _is_recognised(report)]
    diff = diff_reports(first, second, tolerance)
    if printing.format_name == "json" or not empty:
        _print(diff, printing)
    if status or empty:
        return status or NOTHING_RECOGNISED
    return _CHANGED if printing.exit_code and diff.changed else 0


def _report(paths: Sequence[str], wanted: "Options") -> "tuple[Report | None, int]":
    """Analyse one side; None where nothing of it could be read."""
    from ikelog.pipeline import analyze

    files = [file for path in paths for file in _files(path)]
    if not files:
        say(f"{', '.join(paths)}: no file in it")
        return None, NOTHING_RECOGNISED
    sources, status = read_sources(files)
    if not sources:
        return None, status
    report = analyze(sources, wanted)
    if not report.interrupted:
        _say_what_is_odd(report, sources, paths)
    return report, status


def _files(path: str) -> Iterator[str]:
    """Yield a log, or those in a folder and the folders in it, by name; hidden ones are left out."""
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found = (os.path.join(folder, name) for name in sorted(names) if not name.startswith("."))
        yield from (name for name in found if os.path.isfile(name))


def _say_what_is_odd(report: "Report", sources: "Sequence[SourceText]", named: Sequence[str]) -> None:
    """Say what is the matter with a log; of those in a folder that hold nothing of ours only how many there are."""
    texts = {source.name: source for source in sources}
    foreign = [source.name for source in report.sources if not source.ike_lines]
    for source in report.sources:
        for note in source.notes if source.ike_lines else ():
            say(f"{source.name}: {note}")
    for name in foreign:
        if name in named or name == "<stdin>":
            say_nothing_recognised(texts[name])
    for folder in named:
        within = sum(name not in named and name.startswith(os.path.join(folder, "")) for name in foreign)
        if within:
            logs = "1 file" if within == 1 else f"{within:,} files"
            say(f"{folder}: no IKE or IPsec line recognised in {logs}")


def _is_recognised(report: "Report") -> bool:
    return any(source.ike_lines for source in report.sources)


def _print(diff: "Diff", printing: Printing) -> None:
    with writing(printing.output) as out:
        if printing.format_name == "json":
            from ikelog.diff import json_diff

            json_diff.render(diff, out)
        elif printing.format_name == "markdown":
            from ikelog.diff import markdown

            write_utf8(out)
            markdown.render(diff, out, quiet=printing.quiet)
        else:
            from ikelog.diff import text

            colour = wants_colour(printing.color, out)
            text.render(diff, out, width=width_of(out), colour=colour, verbose=printing.verbose, quiet=printing.quiet)
        out.flush()
