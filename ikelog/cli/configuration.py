"""What a configuration file says of a command's options: weaker than the environment and the command line."""

import os
from collections.abc import Mapping
from typing import Any

import click

from ikelog.check import values
from ikelog.check.toml_file import At, BrokenConfiguration, TomlFile, broken, read_toml
from ikelog.cli.configuration_file import SHARED, find_configuration
from ikelog.cli.names import COMMANDS

# Options that a file may give for every command that has them, outside of a command's table.
COMMON = ("tz", "year", "platform", "device", "peer", "select", "ignore", "audit", "color")
_KEPT = "ikelog.configuration"
# What stands in a command's table beside its options.
_TABLES: Mapping[str, tuple[str, ...]] = {"check": ("expect",)}
# No option of the file itself, and none that would do harm on every call: a file that lies about must run nothing.
_NEVER = ("config", "file", "files", "paths", "help", "write_baseline", "init", "output", "exec")
# Checked where they stand: click takes any text for them.
_TOLD_LATER = ("tz", "platform", "select", "ignore", "spi", "since", "until")


def configure(context: click.Context, _: click.Parameter, path: str | None) -> None:
    """Read the configuration file that is named, else the one that is found, into the defaults of a command."""
    path = path or find_configuration()
    if path is None or context.resilient_parsing:
        return
    try:
        file = read_configuration(path)
        context.default_map = {**(context.default_map or {}), **_defaults(file, context)}
    except BrokenConfiguration as error:
        raise click.ClickException(str(error)) from None
    context.meta[_KEPT] = file


def configuration(context: click.Context) -> TomlFile | None:
    """Return the configuration file of a command, None where there is none."""
    found: TomlFile | None = context.meta.get(_KEPT)
    return found


def read_configuration(path: str) -> TomlFile:
    """Read a configuration file; raises BrokenConfiguration for one that cannot be read, or has unknown keys."""
    root = ("tool", "ikelog") if os.path.basename(path) == SHARED else ()
    file = read_toml(path, root)
    if root and not any(keys[:2] == root for keys in file.lines):
        raise BrokenConfiguration(f"{path}: no [tool.ikelog] in it")
    known = (*COMMON, "profiles", *COMMANDS)
    values.table(At(file), file.data, known)
    for name in COMMANDS:
        if not isinstance(file.data.get(name, {}), dict):
            raise broken(At(file, (name,)), f"must be a table [{name}], not {values.kind(file.data[name])}")
    return file


def _defaults(file: TomlFile, context: click.Context) -> dict[str, Any]:
    """Return the defaults that a file gives for the options of the command at hand."""
    name = context.info_name or ""
    options = {key: param for param in context.command.params if (key := _key(param)) not in _NEVER}
    own = values.table(At(file, (name,)), file.data.get(name, {}), (*options, *_TABLES.get(name, ())))
    found = {key: (At(file, (key,)), file.data[key]) for key in COMMON if key in file.data and key in options}
    found |= {key: (At(file, (name, key)), value) for key, value in own.items() if key in options}
    return {str(options[key].name): _value(at, value, options[key], context) for key, (at, value) in found.items()}


def _key(param: click.Parameter) -> str:
    """Return how a file names an option: `--fail-on` is `fail_on`."""
    return max(param.opts, key=len).lstrip("-").replace("-", "_")


def _value(at: At, value: object, param: click.Parameter, context: click.Context) -> object:
    """Return a default as click takes it; raises BrokenConfiguration for one that it does not take."""
    several = getattr(param, "multiple", False)
    if isinstance(value, dict) or (isinstance(value, list) and not several):
        raise broken(at, f"must be a single value, not {values.kind(value)}")
    given = value if isinstance(value, list) or not several else [value]
    if getattr(param, "is_bool_flag", False) and not isinstance(value, bool):
        raise broken(at, f"must be true or false, not {values.kind(value)}")
    if isinstance(value, bool) and not getattr(param, "is_bool_flag", False):
        raise broken(at, f"must not be {values.kind(value)}")
    if isinstance(param.type, click.Path):
        given = os.path.join(os.path.dirname(at.file.path), values.text(at, given))
    elif isinstance(param.type, type(click.STRING)):
        for one in given if isinstance(given, list) else [given]:
            values.text(at, one)
    try:
        param.type_cast_value(context, given)
        if param.name in _TOLD_LATER:
            _try(str(param.name), given)
    except click.UsageError as error:
        raise broken(at, error.message.partition(": ")[2] if param.name in _TOLD_LATER else error.message) from None
    return given


def _try(name: str, given: Any) -> None:
    from ikelog.cli.options import pipeline_options

    wanted: Any = {name: tuple(map(str, given)) if isinstance(given, list) else given}
    pipeline_options(**wanted)
