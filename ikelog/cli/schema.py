"""`ikelog schema`: the JSON Schema of the report, of a diff, or of the configuration file."""

import click

from ikelog.cli import options
from ikelog.cli.output import writing


@click.command("schema")
@click.option("--diff", "of_diff", is_flag=True, help="That of `ikelog diff --format json`.")
@click.option("--config", "of_file", is_flag=True, help="That of ikelog.toml.")
@options.output
def command(of_diff: bool, of_file: bool, output: str | None) -> int:
    """Print the JSON Schema of `ikelog analyze --format json`."""
    if of_diff and of_file:
        raise click.UsageError("--diff and --config are two schemas; ask for one at a time")
    if of_diff:
        from ikelog.diff.json_diff import schema
    elif of_file:
        from ikelog.check.schema import schema
    else:
        from ikelog.reporting.json_report import schema
    with writing(output) as out:
        out.write(schema())
    return 0
