"""Read what a command was given, and say in one line what could not be read or understood."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ikelog.cli.output import say
from ikelog.cli.status import INTERRUPTED, NOTHING_RECOGNISED, USAGE

if TYPE_CHECKING:
    from ikelog.reading.sources import SourceText
    from ikelog.report import Report


def read_sources(files: Sequence[str]) -> "tuple[list[SourceText], int]":
    """Read the files, or standard input where there are none; return them and the status so far."""
    from ikelog.reading.sources import STANDARD_INPUT, UnreadableSource, read_source

    names = list(dict.fromkeys(files)) or [STANDARD_INPUT]
    if STANDARD_INPUT in names and sys.stdin is not None and sys.stdin.isatty():
        print("Paste the debug output, then press Ctrl-D on a line of its own.", file=sys.stderr)
    sources, status = [], 0
    for name in names:
        try:
            sources.append(read_source(name))
        except UnreadableSource as error:
            say(str(error))
            status = USAGE
    return sources, status


def final_status(report: "Report", sources: "Sequence[SourceText]", status: int) -> int:
    """Say what was not recognised at all, and return the exit status of an analysis of the sources."""
    texts = {source.name: source for source in sources}
    for source in report.sources:
        for note in source.notes:
            say(f"{source.name}: {note}")
        if not source.ike_lines and not report.interrupted:
            say_nothing_recognised(texts[source.name])
    if report.interrupted:
        return INTERRUPTED
    if status:
        return status
    return 0 if any(source.ike_lines for source in report.sources) else NOTHING_RECOGNISED


def say_nothing_recognised(source: "SourceText") -> None:
    """Say that a source has no line of ours, and whose log it looks like."""
    what = "is empty"
    if source.count:
        from ikelog.reading.foreign import whose_log  # few logs are foreign

        whose = whose_log(source.text)
        looks = f"; it looks like a log of {whose}" if whose else ""
        lines = "1 line" if source.count == 1 else f"{source.count} lines"
        what = f"no IKE or IPsec line recognised in {lines}{looks}"
    say(f"{source.name}: {what}")
