"""Read single values of a configuration file; each reader says what was expected where it is something else."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ikelog.check.expectation import Networks, Range
from ikelog.check.toml_file import At, broken

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}
_SHOWN = 60
# Seconds; nothing that anybody waits for.
_LONGEST = 1e9
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")


def table(at: At, value: object, known: Sequence[str]) -> Mapping[str, Any]:
    """Return a table that has no other keys than the known ones."""
    if not isinstance(value, dict):
        raise broken(at, f"must be a table, not {kind(value)}")
    for key in value:
        if key not in known:
            raise broken(at.below(key), "no such key" + suggestion(key, known))
    return value


def suggestion(name: str, known: Sequence[str]) -> str:
    """Return `; did you mean …?` with the nearest of the known names, else what there is."""
    near = get_close_matches(name.lower(), known, 1, 0.5)
    return f"; did you mean `{near[0]}`?" if near else f"; there is {', '.join(known)}"


def kind(value: object) -> str:
    """Return what a value is, in TOML's words and with the value where it is short."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"[:_SHOWN]
        case str():
            return f'"{value if len(value) < _SHOWN else value[:_SHOWN] + "…"}"'
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return f"the time {value}"


def text(at: At, value: object) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise broken(at, f"must be a text in quotes, not {kind(value)}")
    return value


def texts(at: At, value: object) -> tuple[str, ...]:
    """Return one text or a list of some, as a list; a number will do for a text."""
    values = value if isinstance(value, list) else [value]
    if not values:
        raise broken(at, "is an empty list; leave the key out if anything will do")
    for one in values:
        if isinstance(one, bool) or not isinstance(one, str | int):
            raise broken(at, f"must be a text or a list of texts, not {kind(one)}")
    return tuple(str(one) for one in values)


def choice(at: At, value: object, known: Sequence[str]) -> str:
    """Return one of some words."""
    word = text(at, value)
    if word not in known:
        near = get_close_matches(word.lower(), known, 1, 0.5)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise broken(at, f'"{word}" is not one of {", ".join(known)}{hint}')
    return word


def choices(at: At, value: object, known: Sequence[str]) -> tuple[str, ...]:
    """Return one or several of some words."""
    return tuple(choice(at, one, known) for one in texts(at, value))


def number(at: At, value: object) -> int:
    """Return a whole number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise broken(at, f"must be a whole number from 0 on, not {kind(value)}")
    return value


def duration_ms(at: At, value: object) -> int:
    """Return milliseconds: of a number of seconds, or of a text such as `5s`, `500ms`, `2m`."""
    seconds = (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value < _LONGEST else -1
    )
    found = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if found is not None and found[2] in _UNITS:
        seconds = float(found[1]) * _UNITS[found[2]] / 1000
    if not 0 <= seconds < _LONGEST:
        raise broken(at, f'must be seconds or a text such as "5s", "500ms" or "2m", not {kind(value)}')
    return round(seconds * 1000)


def count_range(at: At, value: object) -> Range:
    """Return how many there may be: a number says exactly, `{min, max}` from and to."""
    if not isinstance(value, dict):
        if isinstance(value, bool) or not isinstance(value, int):
            raise broken(at, f"must be a whole number or {{min = …, max = …}}, not {kind(value)}")
        exactly = number(at, value)
        return Range(exactly, exactly)
    ends = table(at, value, ("min", "max"))
    least = number(at.below("min"), ends.get("min", 0))
    most = number(at.below("max"), ends["max"]) if "max" in ends else None
    if most is not None and most < least:
        raise broken(at, f"min {least} is more than max {most}")
    return Range(least, most)


def networks(at: At, value: object) -> tuple[Networks, ...]:
    """Return pairs of networks: a table `{local, remote}`, or a list of them."""
    return tuple(_networks(at, pair) for pair in (value if isinstance(value, list) else [value]))


def _networks(at: At, value: object) -> Networks:
    if not isinstance(value, dict) or not value:
        raise broken(at, f"must be {{local = …, remote = …}} or a list of such, not {kind(value)}")
    pair = table(at, value, ("local", "remote"))
    for side in ("local", "remote"):
        if side not in pair:
            raise broken(at, f"has no `{side}`")
    return Networks(network(at.below("local"), pair["local"]), network(at.below("remote"), pair["remote"]))


def network(at: At, value: object) -> str:
    """Return a network in CIDR notation; `any` is all of IPv4."""
    from ipaddress import ip_network

    word = text(at, value)
    try:
        return str(ip_network("0.0.0.0/0" if word == "any" else word))
    except ValueError as error:
        raise broken(at, f"{error}; write it as 10.1.0.0/24") from None


def codes(at: At, value: object) -> tuple[str, ...]:
    """Return codes, families or names of diagnoses."""
    from ikelog.diagnosis.registry import rules

    found = texts(at, value)
    for code in found:
        if not any(r.code.startswith(code.upper()) or r.name == code.lower() for r in rules()):
            raise broken(at, f"{code}: no such diagnosis; `ikelog rules` lists them")
    return found
