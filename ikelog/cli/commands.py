"""The command line as click parses it: finds the subcommand, and says what is wrong with a call."""

import importlib
from typing import Any

import click

from ikelog import __version__
from ikelog.cli.names import COMMANDS, HIDDEN
from ikelog.cli.output import say
from ikelog.cli.status import INTERRUPTED, USAGE


class _Commands(click.Group):
    """Imports a command when it is asked for; anything that is no command is a file for `analyze`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (*COMMANDS, *HIDDEN):
            return None
        command: click.Command = importlib.import_module(f"ikelog.cli.{cmd_name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {name for param in self.get_params(ctx) for name in (*param.opts, *param.secondary_opts)}
        if not args or args[0] not in (*COMMANDS, *HIDDEN, *own):
            args = ["analyze", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`ikelog FILE` means `ikelog analyze FILE`; without a FILE it reads standard input.",
)
@click.version_option(__version__, prog_name="ikelog")
def cli() -> None:
    """Explain why an IPsec VPN does not come up: read what Cisco routers and firewalls print."""


def run_command() -> int:
    """Run the command that the arguments name, and return its exit status."""
    try:
        result: Any = cli.main(prog_name="ikelog", standalone_mode=False)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        return _usage(error)
    except click.Abort:
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def _usage(error: click.ClickException) -> int:
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f" (try `{error.ctx.command_path} --help`)"
    say(error.format_message().replace("\n\t", " ") + hint)  # click lists what may be chosen line by line
    return USAGE
