"""The command `ikelog`: starts it, and turns every ending into its exit status."""

import errno
import gc
import os
import sys
from typing import NoReturn

from ikelog.cli.configuration_file import find_configuration
from ikelog.cli.status import INTERNAL, INTERRUPTED, USAGE


def run() -> NoReturn:
    """Run the command line and leave with its exit status."""
    gc.disable()  # what is imported stays, and an analysis leaves next to no garbage
    try:
        status = _run(sys.argv[1:])
        if sys.stdout is not None:  # closed by the caller
            sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = _closed_pipe()
    except SystemExit as ending:  # click leaves so with 1 when it meets a closed pipe itself
        status = _closed_pipe() if ending.code == 1 else int(ending.code or 0)
    except OSError as error:  # click prints its help, and versions, without minding whether that can be done
        status = _unwritten(error)
    except Exception as error:  # the last net: a short message instead of a traceback
        status = _internal(error)
    if not gc.isenabled():  # by a command that may run for hours, and whose libraries want to be cleared away
        gc.freeze()  # or the interpreter searches all of it for garbage once more before it ends
    sys.exit(status)


def _run(args: list[str]) -> int:
    if _are_files(args):
        from ikelog.cli.analysis import analyze_files

        return analyze_files(args)
    from ikelog.cli.commands import run_command

    return run_command()


def _are_files(args: list[str]) -> bool:
    """Tell whether there is nothing to parse: no argument, or files alone, and no option from anywhere else.

    Such a call, a paste into a pipe mostly, does without click, which takes longer to import than a paste to analyse.
    """
    if any(name.startswith(("IKELOG_", "_IKELOG_")) for name in os.environ) or find_configuration():
        return False
    if not args:
        return True
    from ikelog.cli.names import COMMANDS, HIDDEN

    # on Windows it is click that expands wildcards
    is_command = args[0] in (*COMMANDS, *HIDDEN)
    return os.name != "nt" and not is_command and not any(arg.startswith("-") for arg in args)


def _closed_pipe() -> int:
    """End quietly when the reader of a pipe has gone: nothing more can be written, not even at exit."""
    from ikelog.cli.output import discard_output

    discard_output()
    return 0


def _unwritten(error: OSError) -> int:
    """Say that standard output takes no more, if that is what happened."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _internal(error)
    from ikelog.cli.output import discard_output, say

    discard_output()
    say(f"standard output: {error.strerror}")
    return USAGE


def _internal(error: Exception) -> int:
    if any(arg in ("-vv", "-vvv") for arg in sys.argv):
        import traceback

        traceback.print_exc()
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" at {os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else ""
    print(
        f"ikelog: internal error: {type(error).__name__}{where}. Please report it with the command and, if you may "
        "share it, the log; -vv shows the traceback.",
        file=sys.stderr,
    )
    return INTERNAL
