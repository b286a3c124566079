"""`ikelog explain`: one diagnosis as a manual page."""

import click

from ikelog.cli import options
from ikelog.cli.output import width_of, writing


@click.command("explain")
@click.argument("code")
@options.output
def command(code: str, output: str | None) -> int:
    """Explain one diagnosis: what it means, what it looks like, how to fix it. CODE is a code or a name."""
    from ikelog.diagnosis.registry import rule
    from ikelog.reporting import manual

    found = rule(code)
    if found is None:
        raise click.UsageError(f"{code}: no such diagnosis; `ikelog rules` lists them")
    with writing(output) as out:
        manual.render_page(found, out, width=width_of(out))
    return 0
