"""`ikelog timeline`: the ladder of each negotiation."""

from typing import TYPE_CHECKING, Literal, TextIO

import click

from ikelog.cli import options
from ikelog.cli.output import wants_colour, width_of, write_utf8, writing

if TYPE_CHECKING:
    from ikelog.report import Report

Axis = Literal["even", "scale"]


@click.command("timeline")
@options.files
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "svg", "mermaid", "markdown"]),
    default="text",
    help="How to print the ladders.",
)
@click.option(
    "--axis",
    type=click.Choice(["even", "scale"]),
    default="even",
    help="The time axis of an SVG picture: evenly spaced, or to scale where the log has a clock.",
)
@options.output
@options.filters
@options.audit
@options.color
def command(
    files: tuple[str, ...], format_name: str, axis: Axis, output: str | None, color: str, **filters: object
) -> int:
    """Print the ladder of each negotiation, or of those that --spi or --peer name."""
    from ikelog.cli.inputs import final_status, read_sources
    from ikelog.pipeline import analyze

    wanted = options.pipeline_options(**filters)  # type: ignore[arg-type]
    sources, status = read_sources(files)
    if not sources:
        return status
    report = analyze(sources, wanted)
    with writing(output) as out:
        _render(report, out, format_name, axis, color)
        out.flush()
    return final_status(report, sources, status)


def _render(report: "Report", out: TextIO, format_name: str, axis: Axis, color: str) -> None:
    if format_name == "text":
        from ikelog.reporting import ladder

        ladder.render(report, out, width=width_of(out), colour=wants_colour(color, out))
        return
    write_utf8(out)
    if format_name == "svg":
        from ikelog.reporting import svg

        svg.render(report, out, axis=axis)
    elif format_name == "mermaid":
        from ikelog.reporting import mermaid

        mermaid.render(report, out)
    else:
        from ikelog.reporting import markdown

        markdown.render_timeline(report, out)
