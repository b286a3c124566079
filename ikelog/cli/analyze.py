"""`ikelog analyze`: the main job."""

import click

from ikelog.cli import options


@click.command("analyze")
@options.files
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    default="text",
    envvar="IKELOG_FORMAT",
    help="How to print the report.",
)
@options.output
@options.filters
@click.option("--select", multiple=True, metavar="CODES", help="Only these diagnoses: codes, families (IKE2), names.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not these diagnoses.")
@options.color
@click.option("-v", "--verbose", count=True, help="Show everything; -vv also tracebacks.")
@click.option("-q", "--quiet", is_flag=True, help="Only the counts and a line a failure.")
def command(
    files: tuple[str, ...],
    format_name: str,
    output: str | None,
    color: str,
    verbose: int,
    quiet: bool,
    **filters: object,
) -> int:
    """Analyse logs: which negotiations are in them, how each went, why it failed, what to change."""
    from ikelog.cli.inputs import final_status, read_sources
    from ikelog.pipeline import analyze
    from ikelog.reporting import json_report, terminal

    wanted = options.pipeline_options(**filters)  # type: ignore[arg-type]
    sources, status = read_sources(files)
    if not sources:
        return status
    report = analyze(sources, wanted)
    with options.writing(output) as out:
        if format_name == "json":
            json_report.render(report, out)
        elif any(source.ike_lines for source in report.sources):
            colour = options.wants_colour(color, out)
            terminal.render(report, out, width=options.width_of(out), colour=colour, verbose=verbose, quiet=quiet)
        out.flush()
    return final_status(report, status)
