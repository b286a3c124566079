"""`ikelog timeline`: the ladder of each negotiation."""

import click

from ikelog.cli import options


@click.command("timeline")
@options.files
@options.output
@options.filters
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
    with options.writing(output) as out:
        ladder.render(report, out, width=options.width_of(out), colour=options.wants_colour(color, out))
        out.flush()
    return final_status(report, status)
