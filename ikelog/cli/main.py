"""The command `ikelog`: finds the subcommand, and turns every ending into its exit status."""

import importlib
import os
import sys
from typing import Any, NoReturn

import click

from ikelog import __version__
from ikelog.cli.status import INTERNAL, INTERRUPTED, USAGE

COMMANDS = {
    "analyze": "The main job: negotiations, timelines, diagnoses.",
    "timeline": "The ladder of each negotiation: every message and local step.",
    "events": "Every event as it is parsed, one JSON object a line.",
    "explain": "One diagnosis as a manual page.",
    "rules": "All diagnoses as a table.",
    "schema": "The JSON Schema of the report.",
    "completion": "The completion script of a shell.",
}


class _Commands(click.Group):
    """Imports a command when it is asked for; anything that is no command is a file for `analyze`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"ikelog.cli.{cmd_name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {name for param in self.get_params(ctx) for name in (*param.opts, *param.secondary_opts)}
        if not args or args[0] not in (*COMMANDS, *own):
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


def run() -> NoReturn:
    """Run the command line and leave with its exit status."""
    try:
        result: Any = cli.main(prog_name="ikelog", standalone_mode=False)
        status = result if isinstance(result, int) else 0
        sys.stdout.flush()
    except click.exceptions.Exit as ending:
        status = ending.exit_code
    except click.ClickException as error:
        status = _usage(error)
    except (KeyboardInterrupt, click.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        status = _closed_pipe()
    except SystemExit as ending:  # click leaves so with 1 when it meets a closed pipe itself
        status = _closed_pipe() if ending.code == 1 else int(ending.code or 0)
    except Exception as error:  # the last net: a short message instead of a traceback
        status = _internal(error)
    sys.exit(status)


def _usage(error: click.ClickException) -> int:
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f" (try `{error.ctx.command_path} --help`)"
    click.echo(f"ikelog: {error.format_message()}{hint}", err=True)
    return USAGE


def _closed_pipe() -> int:
    """End quietly when the reader of a pipe has gone: nothing more can be written, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _internal(error: Exception) -> int:
    if any(arg in ("-vv", "-vvv") for arg in sys.argv):
        import traceback

        traceback.print_exc()
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" at {os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else ""
    click.echo(
        f"ikelog: internal error: {type(error).__name__}{where}. Please report it with the command and, if you may "
        "share it, the log; -vv shows the traceback.",
        err=True,
    )
    return INTERNAL
