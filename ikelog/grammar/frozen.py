"""Patterns kept in their compiled form: compiling a few hundred of them takes longer than reading a paste."""

import re
from array import array
from typing import NamedTuple

try:
    import _sre  # type: ignore[import-not-found]
except ImportError:  # another Python than CPython
    _sre = None


class Frozen(NamedTuple):
    """A pattern and, where this Python gives it, the code that its own compiler made of it."""

    source: str
    flags: int = 0
    code: bytes = b""
    groups: int = 0
    names: tuple[tuple[str, int], ...] = ()


def freeze(source: str) -> Frozen:
    """Compile a pattern and keep what came of it."""
    pattern = re.compile(source)
    if _sre is None:
        return Frozen(source)
    try:
        parsed = re._parser.parse(source)
        code = re._compiler._code(parsed, 0)  # type: ignore[attr-defined]
    except AttributeError:
        return Frozen(source)
    return Frozen(source, pattern.flags, array("I", code).tobytes(), pattern.groups, tuple(pattern.groupindex.items()))


def thaw(frozen: Frozen) -> re.Pattern[str]:
    """Return the pattern."""
    source, flags, code, groups, names = frozen
    if not code or _sre is None:
        return re.compile(source)
    by_number: list[str | None] = [None] * (groups + 1)
    for name, number in names:
        by_number[number] = name
    found: re.Pattern[str] = _sre.compile(
        source, flags, array("I", code).tolist(), groups, dict(names), tuple(by_number)
    )
    return found


def identity() -> str:
    """Say which Python a frozen pattern can be thawed by."""
    return str(getattr(_sre, "MAGIC", "none")) + str(getattr(_sre, "CODESIZE", 0))
