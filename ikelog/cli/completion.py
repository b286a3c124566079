"""`ikelog completion`: the completion script of a shell."""

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script of SHELL; `eval "$(ikelog completion bash)"` turns it on."""
    from click.shell_completion import get_completion_class

    from ikelog.cli.commands import cli
    from ikelog.cli.output import writing

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - the choice above names click's own
    try:
        script = found(cli, {}, "ikelog", "_IKELOG_COMPLETE").source()
    except RuntimeError as error:  # click asks the shell for its version, and may find none
        raise click.UsageError(f"{shell}: {error}") from None
    with writing(None) as out:
        out.write(script + "\n")
    return 0
