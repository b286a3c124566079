"""`ikelog debugs`: which debugs to take for which question."""

import click

from ikelog.cli import options
from ikelog.cli.output import writing


@click.command("debugs")
@click.argument("question", required=False)
@click.option("--platform", metavar="[ios|asa|ftd]", help="Only for this platform.")
@click.option("--peer", metavar="ADDR", help="Limit the debugs to this address.")
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@options.output
def command(question: str | None, platform: str | None, peer: str | None, format_name: str, output: str | None) -> int:
    """Print what to type before, while and after debugging one peer.

    QUESTION is one of ikev2, ikev1, certificates, child, data and remote-access; without it all are printed.
    """
    from ikelog.diagnosis import debug_recipes
    from ikelog.reporting import debug_recipes as printed

    asked = debug_recipes.question_named(question) if question else None
    if question and asked is None:
        raise click.UsageError(f"{question}: no such question; there are {', '.join(debug_recipes.QUESTIONS)}")
    address = _address(peer) if peer else debug_recipes.ANY_PEER
    found = list(debug_recipes.recipes(_platform(platform), asked, address))
    with writing(output) as out:
        printed.render(found, out, format_name)
    return 0


def _platform(name: str | None) -> str | None:
    known = {"ios": "ios", "iosxe": "ios", "asa": "asa", "ftd": "ftd"}
    if name is None:
        return None
    plain = name.lower().replace("-", "").replace(" ", "")
    if plain not in known:
        raise click.UsageError(f"--platform {name}: no such platform; write ios (IOS XE too), asa or ftd")
    return known[plain]


def _address(text: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise click.UsageError(f"--peer {text}: not an IP address") from None
