"""Read a profile: what is good enough, and what is not, in every negotiation that came up."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from ikelog.check import values
from ikelog.check.expectation import LIMITED, Limit
from ikelog.check.expectation_file import read_limits
from ikelog.check.toml_file import At, TomlFile, broken, read_toml
from ikelog.diagnosis.types import Severity
from ikelog.record import replaced

SHIPPED = ("baseline", "cnsa-1", "cnsa-2")
_SECTIONS: Mapping[str, tuple[Literal["allowed", "forbidden", "required"], Severity]] = {
    "allowed": ("allowed", "error"),
    "required": ("required", "error"),
    "forbidden": ("forbidden", "error"),
    "discouraged": ("forbidden", "warning"),
}
_KEYS = ("title", "references", "extends", "not_yet", *_SECTIONS)
_LIMITS = tuple(key for key in LIMITED if "." not in key)

Limits = dict[tuple[str, str], Limit]


def read_profile(name: str, own: TomlFile | None) -> tuple[Limit, ...]:
    """Return what a profile asks: one of the file's own `[profiles.NAME]`, or one that is shipped.

    Raises BrokenConfiguration where a profile cannot be read, KeyError where there is none of the name.
    """
    return tuple(_limits(name, own, ()).values())


def names(own: TomlFile | None) -> tuple[str, ...]:
    """Return the names of the profiles that there are."""
    return (*SHIPPED, *(name for name in _own(own) if name not in SHIPPED))


def check_profiles(file: TomlFile) -> None:
    """Raise BrokenConfiguration for a profile of the file that cannot be read, in use or not."""
    for name in _own(file):
        if name in SHIPPED:
            raise broken(At(file, ("profiles", name)), "is the name of a profile that comes with ikelog")
        _limits(name, file, ())


def _own(file: TomlFile | None) -> Mapping[str, Any]:
    tables = file.data.get("profiles", {}) if file is not None else {}
    if file is not None and not isinstance(tables, dict):
        raise broken(At(file, ("profiles",)), f"must be tables [profiles.NAME], not {values.kind(tables)}")
    return tables


def _limits(name: str, own: TomlFile | None, inside: tuple[str, ...]) -> Limits:
    """Return a profile's limits by section and key; what it says itself replaces what it extends."""
    if own is not None and name in _own(own):
        at, data = At(own, ("profiles", name)), own.data["profiles"][name]
    elif name in SHIPPED:
        file = _shipped(name)
        at, data = At(file), file.data
    else:
        raise KeyError(name)
    known = values.table(at, data, _KEYS)
    limits = {key: _named(limit, name) for key, limit in _extended(at, known, own, (*inside, name)).items()}
    limits |= {key: _named(limit, name) for key, limit in _read(at, known)}
    not_yet = known.get("not_yet", False)
    if not isinstance(not_yet, bool):
        raise broken(at.below("not_yet"), f"must be true or false, not {values.kind(not_yet)}")
    return {key: replaced(limit, not_yet=True) for key, limit in limits.items()} if not_yet else limits


def _named(limit: Limit, profile: str) -> Limit:
    return replaced(limit, where=f"profile {profile}")


def _extended(at: At, known: Mapping[str, Any], own: TomlFile | None, inside: tuple[str, ...]) -> Limits:
    if "extends" not in known:
        return {}
    at = at.below("extends")
    base = values.text(at, known["extends"])
    if base in inside:
        raise broken(at, "extends itself: " + " → ".join((*inside, base)))
    try:
        return _limits(base, own, inside)
    except KeyError as error:
        missing = str(error.args[0])
        raise broken(at, f"no profile {missing}" + values.suggestion(missing, names(own))) from None


def _read(at: At, known: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Limit]]:
    for section, (kind, severity) in _SECTIONS.items():
        inside = at.below(section)
        for key, value in values.table(inside, known.get(section, {}), _LIMITS).items():
            for limit in read_limits(inside.below(key), value, kind):
                # no profile asks for PFS: only a group that is used has to be good enough
                yield (section, limit.key), replaced(limit, severity=severity, optional=key == "pfs")


def _shipped(name: str) -> TomlFile:
    from importlib.resources import as_file, files

    with as_file(files("ikelog.check.profiles").joinpath(f"{name}.toml")) as path:
        return read_toml(str(path))
