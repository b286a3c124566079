"""Read `[[check.expect]]` of a configuration file; raises BrokenConfiguration with file and line."""

import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ikelog.check import values
from ikelog.check.algorithms import GROUP_KEYS, is_known, normal
from ikelog.check.expectation import ANY, LIMITED, NONE, Expectation, Limit, Selection
from ikelog.check.toml_file import At, TomlFile, broken
from ikelog.correlation.types import Outcome
from ikelog.record import fields

OUTCOMES: tuple[str, ...] = typing.get_args(Outcome)
_NAT = (NONE, "local", "remote", "both")
_SIDES = ("local", "remote")
_ROLES = ("initiator", "responder")

_READERS: Mapping[str, Callable[[At, object], Any]] = {
    "outcome": lambda at, value: values.choices(at, value, OUTCOMES),
    "max_retransmissions": values.number,
    "max_rekeys": values.number,
    "min_child_sas": values.number,
    "selectors": values.networks,
    "negotiations": values.count_range,
    "allowed_codes": values.codes,
    "forbidden_codes": values.codes,
    "required_codes": values.codes,
}
_LIMITS = tuple(key for key in LIMITED if "." not in key)
_SELECTION = fields(Selection())
# In the order of the documentation.
KEYS = ("name", *_SELECTION, *_LIMITS, "max_duration", *_READERS)


def read_expectations(file: TomlFile) -> tuple[Expectation, ...]:
    """Return the expectations of a file, in order."""
    check = file.data.get("check", {})
    tables = check.get("expect", []) if isinstance(check, dict) else []
    at = At(file, ("check", "expect"))
    if not isinstance(tables, list):
        raise broken(at, f"must be [[check.expect]], with two brackets on each side, not {values.kind(tables)}")
    return tuple(_expectation(at.below(n), one) for n, one in enumerate(tables))


def _expectation(at: At, value: object) -> Expectation:
    known = values.table(at, value, KEYS)
    if not known.keys() - {"name", *_SELECTION}:
        raise broken(at, "expects nothing; say what, such as outcome or dh_group")
    read = {key: read(at.below(key), known[key]) for key, read in _READERS.items() if key in known}
    if "max_duration" in known:
        read["max_duration_ms"] = values.duration_ms(at.below("max_duration"), known["max_duration"])
    if "name" in known:
        values.text(at.below("name"), known["name"])
    return Expectation(
        places={"": at.where(), **{key: at.below(key).where() for key in known}},
        selection=_selection(at, known),
        limits=tuple(limit for key in _LIMITS if key in known for limit in read_limits(at.below(key), known[key])),
        **read,
    )


def _selection(at: At, known: Mapping[str, Any]) -> Selection:
    role = values.choice(at.below("role"), known["role"], _ROLES) if "role" in known else None
    patterns = {key: values.text(at.below(key), known[key]) for key in ("peer", "device", "file") if key in known}
    return Selection(**patterns, role=role)


def read_limits(
    at: At, value: object, kind: typing.Literal["allowed", "forbidden", "required"] = "allowed"
) -> Iterator[Limit]:
    """Yield what a file or profile says of one value: for authentication one limit for each end that it names."""
    key = str(at.keys[-1])
    if key == "authentication" and isinstance(value, dict):
        for side in values.table(at, value, _SIDES):
            below = at.below(side)
            yield Limit(f"{key}.{side}", _names(below, key, value[side]), kind, below.where())
        return
    is_required = key == "key_exchange" and kind == "allowed"
    yield Limit(key, _names(at, key, value), "required" if is_required else kind, at.where())


def _names(at: At, key: str, value: object) -> tuple[str, ...]:
    """Return the values of a limit as `normal` writes them; `true` and `false` stand for any and none."""
    if isinstance(value, bool) and key in ("pfs", "nat"):
        return ((ANY,) if key == "pfs" else _NAT[1:]) if value else (NONE,)
    if key == "nat":
        return values.choices(at, value, _NAT)
    names = values.texts(at, value)
    for name in names:
        if key == "ike_version" and name not in ("1", "2"):
            raise broken(at, f"must be 1 or 2, not {name}")
        if not is_known(key, name) and not (key == "pfs" and name in (ANY, NONE)):
            number = " of a group, such as 19" if key in GROUP_KEYS else ", such as AES-GCM-256 or SHA384"
            raise broken(at, f'"{name}" is no {"number" if key in GROUP_KEYS else "algorithm"}{number}')
    return tuple(dict.fromkeys(normal(key, name) for name in names))
