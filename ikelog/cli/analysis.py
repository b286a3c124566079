"""What `ikelog analyze` does, once it is known with which options."""

from collections.abc import Sequence

from ikelog.cli.inputs import final_status, read_sources
from ikelog.cli.output import wants_colour, width_of, write_utf8, writing
from ikelog.pipeline import NO_OPTIONS, Options, analyze


def analyze_files(
    files: Sequence[str],
    wanted: Options = NO_OPTIONS,
    *,
    format_name: str = "text",
    output: str | None = None,
    color: str = "auto",
    verbose: int = 0,
    quiet: bool = False,
) -> int:
    """Analyse files, or standard input where there are none, print the report, and return the exit status."""
    sources, status = read_sources(files)
    if not sources:
        return status
    report = analyze(sources, wanted)
    with writing(output) as out:
        if format_name == "json":
            from ikelog.reporting import json_report

            json_report.render(report, out)
        elif format_name == "html":
            from ikelog.reporting import html

            write_utf8(out)
            html.render(report, sources, out)
        elif format_name == "markdown":
            from ikelog.reporting import markdown

            write_utf8(out)
            markdown.render(report, out)
        elif any(source.ike_lines for source in report.sources):
            from ikelog.reporting import terminal

            colour = wants_colour(color, out)
            terminal.render(report, out, width=width_of(out), colour=colour, verbose=verbose, quiet=quiet)
        out.flush()
    return final_status(report, sources, status)
