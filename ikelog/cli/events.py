"""`ikelog events`: every event, one JSON object a line."""

import sys

import click

from ikelog.cli import options
from ikelog.cli.output import writing


@click.command("events")
@options.files
@options.output
@click.option("--tz", metavar="ZONE", envvar="IKELOG_TZ", help="The zone of clocks that print none.")
@click.option("--year", type=click.IntRange(1990, 2100), envvar="IKELOG_YEAR", help="The year of such clocks.")
def command(files: tuple[str, ...], output: str | None, tz: str | None, year: int | None) -> int:
    """Print every event as it is parsed, in the order of the lines, one JSON object a line."""
    from ikelog.cli.inputs import read_sources
    from ikelog.cli.status import NOTHING_RECOGNISED
    from ikelog.pipeline import events_of
    from ikelog.reporting import ndjson

    wanted = options.pipeline_options(tz=tz, year=year)
    sources, status = read_sources(files)
    printed = 0
    with writing(output) as out:
        for event, negotiation in events_of(sources, wanted):
            out.write(ndjson.event_line(event, negotiation))
            printed += 1
        out.flush()
    if sources and not printed:
        print("ikelog: no IKE or IPsec line recognised", file=sys.stderr)
    return status or (0 if printed else NOTHING_RECOGNISED)
