"""`ikelog serve`: the report on a local web page."""

from importlib.util import find_spec

import click

from ikelog.cli import options
from ikelog.cli.output import say
from ikelog.cli.status import INTERRUPTED

_NEEDED = ("starlette", "uvicorn", "python_multipart")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDR", help="Listen here.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8514, show_default=True, help="Listen here; 0: any that is free."
)
@click.option("--allow-host", multiple=True, metavar="NAME", help="Another name that this machine is called by.")
@click.option(
    "--limit",
    type=click.IntRange(1, 4096),
    default=64,
    show_default=True,
    metavar="MB",
    help="The largest upload; eight times as much may come out of archives.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest analysis.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="So many analyses at a time.")
@options.config
def command(host: str, port: int, allow_host: tuple[str, ...], limit: int, timeout: float, workers: int) -> int:
    """Serve a page to paste or drop logs into, on this machine alone.

    Nothing is stored, nothing is sent anywhere, nothing of a log is written to a disk. With a --host that others can
    reach a token is printed, and needed.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise click.ClickException("serve needs more than is installed: pip install 'ikelog[serve]'")
    from ikelog.serve import server

    address = server.Address(host, port)
    settings = server.build_settings(address, allow_host, body_bytes=limit << 20, timeout_s=timeout, workers=workers)
    try:
        listening = server.listen(address)
    except OSError as error:
        raise click.ClickException(f"--host {host} --port {port}: {error.strerror or error}") from None
    if settings.token:
        say("others can reach this page, and what is sent to it is not encrypted; it needs the token of this address:")
    click.echo(server.url(address, listening, settings))
    try:
        server.serve(listening, settings)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0
