"""Read what a command was given, and say in one line what could not be read or understood."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ikelog.cli.status import INTERRUPTED, NOTHING_RECOGNISED, USAGE

if TYPE_CHECKING:
    from ikelog.reading.sources import SourceText
    from ikelog.report import Report


def read_sources(files: Sequence[str]) -> "tuple[list[SourceText], int]":
    """Read the files, or standard input where there are none; return them and the status so far."""
    from ikelog.reading.sources import STANDARD_INPUT, UnreadableSource, read_source

    names = list(dict.fromkeys(files)) or [STANDARD_INPUT]
    if STANDARD_INPUT in names and sys.stdin.isatty():
        click.echo("Paste the debug output, then press Ctrl-D on a line of its own.", err=True)
    sources, status = [], 0
    for name in names:
        try:
            sources.append(read_source(name))
        except UnreadableSource as error:
            click.echo(f"ikelog: {error}", err=True)
            status = USAGE
    return sources, status


def final_status(report: "Report", status: int) -> int:
    """Say what was not recognised at all, and return the exit status of an analysis."""
    for source in report.sources:
        for note in source.notes:
            click.echo(f"ikelog: {source.name}: {note}", err=True)
        if not source.ike_lines:
            what = "is empty" if not source.lines else f"no IKE or IPsec line recognised in {source.lines} lines"
            click.echo(f"ikelog: {source.name}: {what}", err=True)
    if report.interrupted:
        return INTERRUPTED
    if status:
        return status
    return 0 if any(source.ike_lines for source in report.sources) else NOTHING_RECOGNISED
