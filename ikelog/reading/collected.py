"""Lines that a log collector wrote: JSON or CSV, in which a device's line is one field beside its host and time."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ikelog.record import record

_MESSAGES = ("message", "msg", "log", "_raw", "raw", "original", "text", "line", "full_message", "short_message")
_HOSTS = tuple(
    """hostname host _hostname host_name device devname logsource fromhost fromhost-ip syslog_hostname sysloghost source
    name ip""".split()
)
_TIMES = ("@timestamp", "timestamp", "time", "_time", "timereported", "timegenerated", "date", "eventtime", "ts")
# One pair of a record that was printed over several lines.
_PAIR = r'\s*"([\w@.-]{1,64})"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*'
_CELL = r'"(?:[^"]|"")*+"|[^{0}"]*+'
_SEPARATORS = (",", ";", "\t")
_CLOCK = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"|[A-Z][a-z]{2} {1,2}\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?"
)
_LOCAL = [f"local{number}" for number in range(8)]
_HOST = r"(?=.*[A-Za-z.:])(?=[\w.:-]*\w$)[A-Za-z0-9][\w.:-]{0,254}"


@record
class Collected:
    """A device's text, of one or more lines, and what the collector says of it: its host and time."""

    text: str
    host: str | None = None
    time: str | None = None


def may_be_collected(line: str) -> bool:
    """Tell by a quick look whether a line may be a collector's record."""
    return '"' in line and (line.lstrip()[:1] in ("{", "[", '"') or any(f'{one}"' in line for one in _SEPARATORS))


def read_collected(line: str) -> Collected | None:
    """Read a line as a collector's record; None where it is none."""
    text = line.strip()
    if text[:1] in "{[" and '"' in text:
        return _of_object(text)
    if '"' not in text:
        return None
    if re.fullmatch(_PAIR, line):
        return _of_object("{" + text.rstrip(",") + "}")
    return _of_cells(text)


def _of_object(text: str) -> Collected | None:
    """Read a JSON object, perhaps an element of a list."""
    import json  # only such logs need it

    try:
        found = json.loads(text.lstrip("[ ").rstrip("], ") if text[:1] == "[" else text.rstrip("], "))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    pairs = list(_pairs(found, 0))
    message = _first(pairs, _MESSAGES)
    if not isinstance(message, str):
        return None
    host = _first([pair for pair in pairs if isinstance(pair[1], str) and re.fullmatch(_HOST, pair[1])], _HOSTS)
    return Collected(message, host, _time(_first(pairs, _TIMES)))


def _pairs(found: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of an object and of those in it; the name of one inside counts as its own."""
    for name, value in found.items():
        if isinstance(value, dict) and depth < 8:
            outer = name.lower()
            for inner, own in _pairs(value, depth + 1):
                yield (outer if outer in _HOSTS and inner in _HOSTS else inner), own
        else:
            yield name.lower(), value


def _first(pairs: list[tuple[str, Any]], names: tuple[str, ...]) -> Any:
    """Return the value of the first of some names that is there."""
    for name in names:
        for own, value in pairs:
            if own == name and value not in ("", None):
                return value
    return None


def _time(value: object) -> str | None:
    """Return a time as text: a number counts the seconds, or thousandths, since 1970."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 1e8 < value < 1e14:
        seconds = value / 1000 if value > 1e11 else value
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value if isinstance(value, str) else None


def _of_cells(text: str) -> Collected | None:
    """Read a row of a table, in which the longest quoted cell is the device's text."""
    for separator in _SEPARATORS:
        cell = _CELL.format(separator)
        if not re.fullmatch(f"(?:{cell})(?:{separator}(?:{cell}))+", text):
            continue
        found = re.findall(f"(?:^|{separator})({cell})", text)
        quoted = [one for one in found if one[:1] == '"']
        if not quoted:
            return None
        message = max(quoted, key=len)
        rest = [_bare(one) for one in found if one is not message]
        time = next((one for one in rest if re.fullmatch(_CLOCK, one)), None)
        host = next((one for one in rest if one != time and re.fullmatch(_HOST, one) and _is_name(one)), None)
        return Collected(_bare(message), host, time)
    return None


def _bare(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell[:1] == '"' else cell.strip()


def _is_name(text: str) -> bool:
    """Tell whether a cell may name a host: not a clock, nor a syslog facility or severity."""
    known = "kern user mail daemon auth syslog cron emerg alert crit err error warning notice info informational debug"
    return not re.match(r"\d{4}-\d\d|\d\d:\d\d", text) and text.lower() not in (*known.split(), "debugging", *_LOCAL)
