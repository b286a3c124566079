"""Patterns kept in their compiled form: compiling a few hundred of them takes longer than reading a paste."""

import re
from sys import byteorder

try:
    import _sre  # type: ignore[import-not-found]
except ImportError:  # another Python than CPython
    _sre = None


# A pattern and, where this Python gives it, what its own compiler made of it: flags, code, number of groups, names.
Frozen = tuple[str, int, bytes, int, tuple[tuple[str, int], ...]]


def freeze(source: str) -> Frozen:
    """Compile a pattern and keep what came of it."""
    pattern = re.compile(source)
    if _sre is None:
        return source, 0, b"", 0, ()
    try:
        parsed = re._parser.parse(source)
        code = re._compiler._code(parsed, 0)  # type: ignore[attr-defined]
    except AttributeError:
        return source, 0, b"", 0, ()
    packed = b"".join(word.to_bytes(4, byteorder) for word in code)
    return source, pattern.flags, packed, pattern.groups, tuple(pattern.groupindex.items())


def thaw(frozen: Frozen) -> re.Pattern[str]:
    """Return the pattern."""
    source, flags, code, groups, names = frozen
    if not code or _sre is None:
        return re.compile(source)
    by_number: list[str | None] = [None] * (groups + 1)
    for name, number in names:
        by_number[number] = name
    found: re.Pattern[str] = _sre.compile(
        source, flags, memoryview(code).cast("I").tolist(), groups, dict(names), tuple(by_number)
    )
    return found


def identity() -> str:
    """Say which Python a frozen pattern can be thawed by."""
    return str(getattr(_sre, "MAGIC", "none")) + str(getattr(_sre, "CODESIZE", 0))
