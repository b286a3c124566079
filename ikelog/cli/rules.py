"""`ikelog rules`: all diagnoses as a table."""

import click

from ikelog.cli import options
from ikelog.cli.output import writing


@click.command("rules")
@click.option(
    "--format", "format_name", type=click.Choice(["text", "json", "markdown"]), default="text", help="How to print it."
)
@options.output
def command(format_name: str, output: str | None) -> int:
    """List all diagnoses: code, name, severity, title."""
    from ikelog.diagnosis.registry import rules
    from ikelog.reporting import manual

    with writing(output) as out:
        manual.render_table(rules(), out, format_name)
    return 0
