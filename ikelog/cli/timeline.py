"""`ikelog timeline`: the ladder of each negotiation."""

import click

from ikelog.cli import options
from ikelog.cli.output import wants_colour, width_of, writing


@click.command("timeline")
@options.files
@options.output
@options.filters
@options.audit
@options.color
def command(files: tuple[str, ...], output: str | None, color: str, **filters: object) -> int:
    """Print the ladder of each negotiation, or of those that --spi or --peer name."""
    from ikelog.cli.inputs import final_status, read_sources
    from ikelog.pipeline import analyze
    from ikelog.reporting import ladder

    wanted = options.pipeline_options(**filters)  # type: ignore[arg-type]
    sources, status = read_sources(files)
    if not sources:
        return status
    report = analyze(sources, wanted)
    with writing(output) as out:
        ladder.render(report, out, width=width_of(out), colour=wants_colour(color, out))
        out.flush()
    return final_status(report, sources, status)
