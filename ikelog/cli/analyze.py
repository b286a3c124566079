"""`ikelog analyze`: the main job."""

import click

from ikelog.cli import options


@click.command("analyze")
@options.files
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json", "html", "markdown"]),
    default="text",
    envvar="IKELOG_FORMAT",
    help="How to print the report.",
)
@options.output
@options.filters
@options.select
@options.ignore
@options.audit
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
    from ikelog.cli.analysis import analyze_files

    wanted = options.pipeline_options(**filters)  # type: ignore[arg-type]
    return analyze_files(
        files, wanted, format_name=format_name, output=output, color=color, verbose=verbose, quiet=quiet
    )
