"""What is known and accepted, a baseline: written in a form that holds for the next capture, too.

Nothing in it is a line number, an SPI, a time, a port or a count.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from ikelog.check.algorithms import normal
from ikelog.check.toml_file import BrokenConfiguration
from ikelog.check.tunnels import peer
from ikelog.check.types import Unmet
from ikelog.correlation.types import Negotiation, Offer, Transforms
from ikelog.diagnosis.types import Finding
from ikelog.record import record
from ikelog.report import Report
from ikelog.reporting.json_report import encoded_line

SCHEMA_VERSION = 1
# Findings about weak algorithms: which ones they are about is what makes them the same.
_ABOUT_ALGORITHMS = ("IKE601", "IKE602", "IKE603")
# What is measured or counted is another number in each capture.
_MEASURED = ("max_duration", "max_retransmissions", "max_rekeys", "negotiations", "min_child_sas")

Item = TypeVar("Item", Finding, Negotiation, Unmet)
Entry = Mapping[str, object]


@record
class Known:
    """The entries of a baseline, each as one line of JSON, and the file that they are of."""

    path: str
    entries: frozenset[str]


@record
class Entries:
    """How the parts of a report read in a baseline."""

    report: Report
    negotiations: Mapping[str, Negotiation]


def entries_of(report: Report) -> Entries:
    """Return what is needed to write entries about a report."""
    return Entries(report, {negotiation.id: negotiation for negotiation in report.negotiations})


def entry(item: Finding | Negotiation | Unmet, of: Entries) -> Entry:
    """Return how a finding, a negotiation that ended badly or an unmet expectation is known again."""
    match item:
        case Finding():
            concerned = [of.negotiations[id] for id in item.negotiations if id in of.negotiations]
            about = {"kind": "finding", "code": item.code, "name": item.name, "side": item.side}
            return {**about, **_who(concerned), "values": _values(item, concerned)}
        case Unmet():
            concerned = [of.negotiations[id] for id in item.negotiations if id in of.negotiations]
            about = {"kind": "expectation", "key": item.key, "wanted": item.wanted}
            found = {} if item.key in _MEASURED else {"found": item.found}
            return {**about, **found, **_who(concerned)}
        case _:
            about = {"kind": "negotiation", "outcome": item.outcome, "verdict": item.verdict or ""}
            return {**about, **_who([item]), "role": item.role or ""}


def _who(negotiations: Sequence[Negotiation]) -> Entry:
    return {
        "peers": sorted({peer(negotiation) for negotiation in negotiations}),
        "devices": sorted({negotiation.device or "" for negotiation in negotiations}),
    }


def _values(finding: Finding, negotiations: Sequence[Negotiation]) -> list[str]:
    """Return the values that a finding is about: those that differ, or the algorithms in use."""
    differing = {
        f"{a.attribute}: {' '.join(a.local) or '-'} / {' '.join(a.remote) or '-'}"
        for comparison in (finding.comparison or ())[:1]
        for a in comparison.attributes
        if not a.equal
    }
    if finding.code in _ABOUT_ALGORITHMS:
        used = [t for n in negotiations for t in (n.transforms, *(child.transforms for child in n.child_sas))]
        differing |= {text for transforms in used if transforms for text in _algorithms(transforms)}
        differing |= {text for n in negotiations for offer in n.proposals for text in _offered(offer)}
    return sorted(differing)


def _algorithms(transforms: Transforms) -> Iterable[str]:
    for key in ("encryption", "integrity", "prf", "dh_group"):
        value = getattr(transforms, key)
        if value is not None:
            yield f"{key}: {normal(key, str(value))}"


def _offered(offer: Offer) -> Iterable[str]:
    for key, names in offer.proposal.transforms().items():
        if names and key != "esn":
            plain = "dh_group" if key == "key_exchange" else key
            yield f"{offer.purpose} {offer.direction} {plain}: {' '.join(normal(plain, name) for name in names)}"


def _line(one: Entry) -> str:
    return json.dumps(one, sort_keys=True, ensure_ascii=True)


def unknown(items: Sequence[Item], of: Entries, known: Known, used: set[str]) -> tuple[Item, ...]:
    """Return what a baseline does not know; the entries that know the rest are added to `used`."""
    lines = [_line(entry(item, of)) for item in items]
    used.update(known.entries.intersection(lines))
    return tuple(item for item, line in zip(items, lines, strict=True) if line not in known.entries)


def stale(known: Known, used: set[str]) -> tuple[str, ...]:
    """Return, in words, the entries that know nothing any more."""
    return tuple(_described(json.loads(line)) for line in sorted(known.entries - used))


def _described(one: Mapping[str, Any]) -> str:
    what = one.get("code") or one.get("verdict") or one.get("key") or one.get("outcome")
    peers = ", ".join(filter(None, one.get("peers", ())))
    return f"{one['kind']} {what}" + (f" with {peers}" if peers else "")


def baseline_text(items: Iterable[Finding | Negotiation | Unmet], of: Entries) -> str:
    """Return the text of a baseline that knows the given: JSON, an entry a line, sorted."""
    lines = sorted({encoded_line(dict(sorted(entry(item, of).items()))) for item in items})
    body = ",\n".join(f"    {line}" for line in lines)
    return f'{{\n  "schema_version": {SCHEMA_VERSION},\n  "known": [' + (f"\n{body}\n  ]" if body else "]") + "\n}\n"


def read_baseline(path: str) -> Known:
    """Read a baseline; raises BrokenConfiguration."""
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
    except OSError as error:
        raise BrokenConfiguration(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BrokenConfiguration(f"{path}: not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BrokenConfiguration(f"{path}:{error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise BrokenConfiguration(f"{path}: not a baseline: nested too deeply") from None
    entries = data.get("known") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise BrokenConfiguration(f'{path}: not a baseline: no list "known" (--write-baseline writes one)')
    if data.get("schema_version") != SCHEMA_VERSION:
        version = data.get("schema_version")
        raise BrokenConfiguration(f"{path}: a baseline of version {version}; this ikelog reads {SCHEMA_VERSION}")
    for number, one in enumerate(entries, 1):
        if not isinstance(one, dict) or one.get("kind") not in ("finding", "negotiation", "expectation"):
            raise BrokenConfiguration(f"{path}: entry {number} of known is none that --write-baseline writes")
        if not all(isinstance(name, str) for name in one.get("peers", ())):
            raise BrokenConfiguration(f"{path}: entry {number} of known: peers must be texts")
    return Known(path, frozenset(map(_line, entries)))
