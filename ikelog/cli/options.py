"""The options that several commands share, and what they become."""

import contextlib
import re
from collections.abc import Callable
from datetime import tzinfo
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def _configure(context: click.Context, param: click.Parameter, path: str | None) -> None:
    from ikelog.cli.configuration import configure  # only a command that is run needs it

    configure(context, param, path)


files = click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
output = click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file.")
config = click.option(
    "--config",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    envvar="IKELOG_CONFIG",
    is_eager=True,
    expose_value=False,
    callback=_configure,
    help="Take defaults and expectations from this file, not from the nearest ikelog.toml or pyproject.toml.",
)
color = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    envvar="IKELOG_COLOR",
    help="Colour: where the output is a terminal (auto), always, or never.",
)


def filters(command: F) -> F:
    """Add the options that keep part of the log."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


platform = click.option(
    "--platform", metavar="[ios|asa]", envvar="IKELOG_PLATFORM", help="What wrote the logs, if that is told wrong."
)
device = click.option(
    "--device",
    metavar="NAME",
    envvar="IKELOG_DEVICE",
    help="Only what this device logged; a log without any host name is this device's.",
)
tz = click.option("--tz", metavar="ZONE", envvar="IKELOG_TZ", help="The zone of clocks that print none.")
year = click.option("--year", type=click.IntRange(1990, 2100), envvar="IKELOG_YEAR", help="The year of such clocks.")
audit = click.option("--audit", is_flag=True, envvar="IKELOG_AUDIT", help="Report weak algorithms too (IKE6xx).")
select = click.option(
    "--select",
    multiple=True,
    metavar="CODES",
    envvar="IKELOG_SELECT",
    help="Only these diagnoses: codes, families (IKE2), names.",
)
ignore = click.option("--ignore", multiple=True, metavar="CODES", envvar="IKELOG_IGNORE", help="Not these diagnoses.")
_FILTERS = [
    click.option("--peer", metavar="ADDR", envvar="IKELOG_PEER", help="Only negotiations with this address."),
    click.option(
        "--spi",
        metavar="HEX",
        envvar="IKELOG_SPI",
        help="Only negotiations of this SPI: either one, any case, a prefix will do.",
    ),
    device,
    click.option(
        "--since",
        metavar="TIME",
        envvar="IKELOG_SINCE",
        help="Only negotiations that were under way at this time or later.",
    ),
    click.option("--until", metavar="TIME", envvar="IKELOG_UNTIL", help="Only negotiations that began by this time."),
    platform,
    tz,
    year,
    config,
]
# As users write them, in lower case without blanks and hyphens.
_PLATFORMS = {"ios": "ios", "iosxe": "ios", "asa": "asa", "ftd": "asa"}


def pipeline_options(
    *,
    peer: str | None = None,
    spi: str | None = None,
    device: str | None = None,
    since: str | None = None,
    until: str | None = None,
    tz: str | None = None,
    year: int | None = None,
    platform: str | None = None,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    audit: bool = False,
) -> Any:
    """Turn options as typed into the pipeline's; raises click.UsageError."""
    from ikelog.pipeline import Options

    return Options(
        year=year,
        zone=_zone(tz),
        platform=_platform(platform),
        peer=_address(peer),
        spi=_spi(spi),
        device=device,
        since=_time("--since", since),
        until=_time("--until", until),
        select=_codes("--select", select),
        ignore=_codes("--ignore", ignore),
        audit=audit,
    )


def _address(text: str | None) -> str | None:
    """Write an IPv6 address as the report does; a masked one stays as typed."""
    if text is None or ":" not in text:
        return text
    import ipaddress

    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(text))
    return text


def _platform(name: str | None) -> str | None:
    if name is None:
        return None
    known = _PLATFORMS.get(re.sub(r"[ _-]", "", name.lower()))
    if known is None:
        raise click.UsageError(f"--platform {name}: no such platform; write ios (IOS XE too) or asa (FTD too)")
    return known


def _spi(text: str | None) -> str | None:
    if text is None:
        return None
    digits = text.lower().removeprefix("0x")
    if not re.fullmatch(r"[0-9a-f]{1,16}", digits):
        raise click.UsageError(f"--spi {text}: an SPI is up to 16 hexadecimal digits")
    return digits


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    from dateutil import tz

    zone: tzinfo | None = tz.gettz(name) if name.strip() else None  # of nothing: this machine's
    if zone is None:
        raise click.UsageError(f"--tz {name}: no such zone; write it as Europe/Berlin or UTC+2")
    return zone


def _time(option: str, text: str | None) -> str | None:
    """Write a time as ISO 8601 as far as it was given: two readings that differ show what was left out."""
    if text is None:
        return None
    from datetime import datetime

    from dateutil import parser

    try:
        first = parser.parse(text, default=datetime(2004, 1, 1))
        second = parser.parse(text, default=datetime(2008, 2, 2))
    except (ValueError, OverflowError):
        raise click.UsageError(f"{option} {text}: not a time; write it as 2024-11-30T11:16 or 'Nov 30 11:16'") from None
    clock = first.strftime("T%H:%M:%S")
    if (first.month, first.day) != (second.month, second.day):
        return clock
    date = first.strftime("%m-%d") + clock
    return f"--{date}" if first.year != second.year else f"{first.year:04}-{date}"


def _codes(option: str, values: tuple[str, ...]) -> tuple[str, ...]:
    from ikelog.diagnosis.registry import rules

    codes = tuple(code for value in values for code in re.split(r"[,\s]+", value) if code)
    for code in codes:
        if not any(r.code.startswith(code.upper()) or r.name == code.lower() for r in rules()):
            raise click.UsageError(f"{option} {code}: no such diagnosis; `ikelog rules` lists them")
    return codes
