"""Read what a command was given, and say in one line what could not be read or understood."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ikelog.cli.status import INTERRUPTED, NOTHING_RECOGNISED, USAGE

if TYPE_CHECKING:
    from ikelog.reading.sources import SourceText
    from ikelog.report import Report


def read_sources(files: Sequence[str]) -> "tuple[list[SourceText], int]":
    """Read the files, or standard input where there are none; return them and the status so far."""
    from ikelog.reading.sources import STANDARD_INPUT, UnreadableSource, read_source

    names = list(dict.fromkeys(files)) or [STANDARD_INPUT]
    if STANDARD_INPUT in names and sys.stdin.isatty():
        print("Paste the debug output, then press Ctrl-D on a line of its own.", file=sys.stderr)
    sources, status = [], 0
    for name in names:
        try:
            sources.append(read_source(name))
        except UnreadableSource as error:
            print(f"ikelog: {error}", file=sys.stderr)
            status = USAGE
    return sources, status


def final_status(report: "Report", status: int) -> int:
    """Say what was not recognised at all, and return the exit status of an analysis."""
    for source in report.sources:
        for note in source.notes:
            print(f"ikelog: {source.name}: {note}", file=sys.stderr)
        if not source.ike_lines:
            what = "is empty" if not source.lines else f"no IKE or IPsec line recognised in {source.lines} lines"
            print(f"ikelog: {source.name}: {what}", file=sys.stderr)
    if report.interrupted:
        return INTERRUPTED
    if status:
        return status
    return 0 if any(source.ike_lines for source in report.sources) else NOTHING_RECOGNISED
