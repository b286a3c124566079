"""`ikelog events`: every event, one JSON object a line; or the wordings that are not understood."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ikelog.cli import options
from ikelog.cli.output import say, writing

if TYPE_CHECKING:
    from ikelog.events.types import Event
    from ikelog.pipeline import Options
    from ikelog.reading.sources import SourceText


@click.command("events")
@options.files
@click.option(
    "--unrecognised",
    is_flag=True,
    help="Only the wordings that are not understood, each with a count and an example, for a bug report. "
    "Addresses, names and keys are masked: look it over all the same before you post it.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    default="text",
    envvar="IKELOG_FORMAT",
    help="How to print what is not understood; events are JSON in any case.",
)
@options.output
@options.device
@options.platform
@options.tz
@options.year
@options.config
def command(
    files: tuple[str, ...], unrecognised: bool, format_name: str, output: str | None, **wanted: str | int | None
) -> int:
    """Print every event as it is parsed, in the order of the lines, one JSON object a line."""
    from ikelog.cli.inputs import read_sources, say_nothing_recognised
    from ikelog.cli.status import NOTHING_RECOGNISED

    told = options.pipeline_options(**wanted)  # type: ignore[arg-type]
    sources, status = read_sources(files)
    if not sources:
        return status
    if unrecognised:
        seen = _print_unrecognised(sources, told, output, format_name)
    else:
        seen = _print_events(sources, told, output)
    for source in sources:
        if source.name not in seen:
            say_nothing_recognised(source)
    return status or (0 if seen else NOTHING_RECOGNISED)


def _print_events(sources: "Sequence[SourceText]", wanted: "Options", output: str | None) -> set[str]:
    """Print the events; return the names of the sources that have any."""
    from ikelog.pipeline import events_of
    from ikelog.reporting import ndjson

    seen = set()
    with writing(output) as out:
        for event, negotiation in events_of(sources, wanted):
            seen.add(event.source)
            if wanted.device in (None, event.device):
                out.write(ndjson.event_line(event, negotiation))
        out.flush()
    return seen


def _print_unrecognised(
    sources: "Sequence[SourceText]", wanted: "Options", output: str | None, format_name: str
) -> set[str]:
    """Print the wordings that are not understood; return the names of the sources that have any event."""
    from ikelog.pipeline import events_alone
    from ikelog.reporting import unrecognised

    events: list[Event] = []
    interrupted = False
    try:
        events.extend(events_alone(sources, wanted))
    except KeyboardInterrupt:
        interrupted = True
    templates = unrecognised.build_templates([e for e in events if wanted.device in (None, e.device)])
    with writing(output) as out:
        unrecognised.render(templates, out, format_name)
        out.flush()
    if events and not templates and not interrupted:
        say("every IKE and IPsec line is understood")
    if interrupted:  # what was found so far has been printed
        raise KeyboardInterrupt
    return {event.source for event in events}
