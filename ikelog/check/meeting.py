"""Hold the tunnels of a log against one expectation: what is not met, and what it accepts."""

from collections.abc import Callable, Iterator, Sequence

from ikelog.check.codes import is_named, named
from ikelog.check.expectation import Expectation, Selection
from ikelog.check.limits import unmet_limits
from ikelog.check.showing import (
    Lines,
    TextOf,
    child_lines,
    end_lines,
    evidence_of,
    first_lines,
    outcome_lines,
    rekey_lines,
    repeat_lines,
)
from ikelog.check.tunnels import Tunnel, child_sas, is_file, is_selected
from ikelog.check.types import Unmet
from ikelog.diagnosis.types import Finding
from ikelog.record import record
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.selectors import network

_ENDED_BADLY = ("failed", "child_failed")


@record
class Asked:
    """One expectation, the tunnels that it is about, and the report that they are of."""

    expectation: Expectation
    tunnels: tuple[Tunnel, ...]
    report: Report
    text_of: TextOf
    narrowed: bool


@record
class Accepted:
    """What expectations accept, by id: negotiations that ended badly, and findings."""

    negotiations: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()


def ask(
    expectation: Expectation, tunnels: Sequence[Tunnel], report: Report, text_of: TextOf, *, narrowed: bool
) -> Asked:
    """Put an expectation to the tunnels that it is about."""
    about = tuple(tunnel for tunnel in tunnels if is_selected(tunnel, expectation.selection))
    return Asked(expectation, about, report, text_of, narrowed)


def accepted(asked: Asked) -> Accepted:
    """Return what an expectation accepts: outcomes that it names, and findings of codes that it allows or requires."""
    outcomes = asked.expectation.outcome
    ended = {
        n.id: n
        for tunnel in asked.tunnels
        for n in tunnel.members
        if n.outcome in _ENDED_BADLY and n.outcome in outcomes
    }
    codes = (*asked.expectation.allowed_codes, *asked.expectation.required_codes)
    findings = {
        finding.id
        for finding in _findings(asked)
        if is_named(finding, codes)
        or any(ended[id].verdict == finding.code for id in finding.negotiations if id in ended)
    }
    return Accepted(frozenset(ended), frozenset(findings))


def unmet(asked: Asked) -> Iterator[Unmet]:
    """Yield what an expectation wants and the log does not show, or shows otherwise."""
    if missing := _missing(asked):
        yield missing
        return
    for tunnel in asked.tunnels:
        for ask_for in _OF_A_TUNNEL:
            yield from ask_for(asked, tunnel)
        yield from unmet_limits(tunnel, asked.expectation.limits, asked.text_of)
    yield from _count(asked)
    yield from _codes(asked)


def _missing(asked: Asked) -> Unmet | None:
    """Return that there is no such negotiation, unless none is wanted, or only codes are."""
    wanted, selection = asked.expectation, asked.expectation.selection
    only_codes = selection == Selection() and wanted.places.keys() <= _CODES
    if asked.tunnels or only_codes or (wanted.negotiations and not wanted.negotiations.least):
        return None
    names = [source.name for source in asked.report.sources]
    no_file = selection.file is not None and not any(is_file(name, selection.file) for name in names)
    found = f"no log is called {selection.file}" if no_file else "no such negotiation"
    if asked.narrowed and not no_file:
        found += " among those that the filters keep"
    wants = f"a negotiation{_about(selection)}"
    return Unmet("negotiations", wants, found, wanted.places[""], unknown=no_file or asked.narrowed)


_CODES = {"", "name", "allowed_codes", "forbidden_codes", "required_codes"}


def _about(selection: Selection) -> str:
    with_peer = f" with {selection.peer or 'an unknown peer'}" if selection.peer is not None else ""
    role = f" as {selection.role}" if selection.role else ""
    device = f" logged by {selection.device or 'a device without a name'}" if selection.device is not None else ""
    return f"{with_peer}{role}{device}" + (f" in {selection.file}" if selection.file else "")


def _outcome(asked: Asked, tunnel: Tunnel) -> Iterator[Unmet]:
    wanted = asked.expectation.outcome
    for member in tunnel.members if wanted else ():
        if member.outcome not in wanted:
            found = member.outcome + (f" ({member.verdict})" if member.verdict else "")
            yield _told(asked, tunnel, "outcome", " or ".join(wanted), found, outcome_lines(member))


def _duration(asked: Asked, tunnel: Tunnel) -> Iterator[Unmet]:
    most, took = asked.expectation.max_duration_ms, tunnel.root.duration_ms
    if most is None or (took is not None and took <= most):
        return
    wanted = f"at most {_seconds(most)}"
    if took is None:
        text = "the log has no clock that tells how long it took"
        yield _told(asked, tunnel, "max_duration", wanted, text, first_lines(tunnel.root), unknown=True)
    else:
        yield _told(asked, tunnel, "max_duration", wanted, _seconds(took), end_lines(tunnel.root))


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g}s"


def _retransmissions(asked: Asked, tunnel: Tunnel) -> Iterator[Unmet]:
    most = asked.expectation.max_retransmissions
    places = repeat_lines(tunnel)
    if most is None or (len(places) <= most and any(m.messages for m in tunnel.members)):
        return
    wanted = _at_most(most, "retransmission")
    if places:
        yield _told(asked, tunnel, "max_retransmissions", wanted, str(len(places)), places)
    else:
        text = "the log shows no messages"
        yield _told(asked, tunnel, "max_retransmissions", wanted, text, first_lines(tunnel.root), unknown=True)


def _at_most(number: int, noun: str) -> str:
    return f"at most {wording.count(number, noun)}" if number else f"no {noun}"


def _children(asked: Asked, tunnel: Tunnel) -> Iterator[Unmet]:
    least = asked.expectation.min_child_sas
    count = sum(child.rekeyed_from is None for _, child in child_sas(tunnel))
    if least is not None and count < least:
        failed = sum(child.state == "failed" for member in tunnel.members for child in member.child_sas)
        found = f"{count}" + (f", and {failed} that failed" if failed else "")
        wanted = f"at least {wording.count(least, 'Child SA')}"
        yield _told(asked, tunnel, "min_child_sas", wanted, found, child_lines(tunnel))


def _rekeys(asked: Asked, tunnel: Tunnel) -> Iterator[Unmet]:
    most = asked.expectation.max_rekeys
    count = len(tunnel.members) - 1 + sum(child.rekeyed_from is not None for _, child in child_sas(tunnel))
    if most is not None and count > most:
        yield _told(asked, tunnel, "max_rekeys", _at_most(most, "rekey"), str(count), rekey_lines(tunnel))


def _selectors(asked: Asked, tunnel: Tunnel) -> Iterator[Unmet]:
    pairs = carried(tunnel)
    hidden = any(not (c.local_selectors and c.remote_selectors) for _, c in child_sas(tunnel))
    for wanted in asked.expectation.selectors:
        if (wanted.local, wanted.remote) in pairs:
            continue
        found = ", ".join(f"{local} to {remote}" for local, remote in pairs)
        text = found or ("the log shows no selectors" if hidden else "no Child SA is up")
        wants = f"a Child SA from {wanted.local} to {wanted.remote}"
        yield _told(asked, tunnel, "selectors", wants, text, child_lines(tunnel), unknown=hidden)


def carried(tunnel: Tunnel) -> list[tuple[str, str]]:
    """Return the pairs of networks that the Child SAs carry, local and remote, in order."""
    pairs = {
        (str(network(local) or local.start), str(network(remote) or remote.start)): None
        for _, child in child_sas(tunnel)
        for local in child.local_selectors
        for remote in child.remote_selectors
    }
    return list(pairs)


def _told(
    asked: Asked, tunnel: Tunnel, key: str, wanted: str, found: str, places: Sequence[Lines], *, unknown: bool = False
) -> Unmet:
    evidence = evidence_of(places, asked.text_of)
    return Unmet(key, wanted, found, asked.expectation.places[key], tunnel.ids, unknown, evidence)


_OF_A_TUNNEL: tuple[Callable[[Asked, Tunnel], Iterator[Unmet]], ...] = (
    _outcome,
    _children,
    _selectors,
    _retransmissions,
    _duration,
    _rekeys,
)


def _count(asked: Asked) -> Iterator[Unmet]:
    wanted = asked.expectation.negotiations
    number = len(asked.tunnels)
    if wanted is None or (wanted.least <= number and (wanted.most is None or number <= wanted.most)):
        return
    few = number < wanted.least
    exactly = wanted.least == wanted.most
    wants = "exactly" if exactly else "at least" if few else "at most"
    limit = wanted.least if few or exactly else wanted.most
    text = f"{wants} {wording.count(limit or 0, 'negotiation')}{_about(asked.expectation.selection)}"
    ids = tuple(id for tunnel in asked.tunnels for id in tunnel.ids)
    evidence = evidence_of([p for tunnel in asked.tunnels for p in first_lines(tunnel.root)], asked.text_of)
    yield Unmet(
        "negotiations",
        text,
        str(number),
        asked.expectation.places["negotiations"],
        ids,
        asked.narrowed and few,
        evidence,
    )


def _codes(asked: Asked) -> Iterator[Unmet]:
    findings = _findings(asked)
    wanted = asked.expectation
    ids = tuple(id for tunnel in asked.tunnels for id in tunnel.ids)
    for code in wanted.required_codes:
        if not any(is_named(finding, (code,)) for finding in findings):
            yield Unmet("required_codes", code, f"no finding {code}", wanted.places["required_codes"], ids)
    for finding in named(findings, wanted.forbidden_codes):
        yield Unmet(
            "forbidden_codes",
            f"no {finding.code}",
            f"{finding.code} {finding.name}: {finding.title}",
            wanted.places["forbidden_codes"],
            finding.negotiations,
            evidence=finding.evidence,
        )


def _findings(asked: Asked) -> list[Finding]:
    """Return the findings that an expectation is about: all of them where it is about everything."""
    if asked.expectation.selection == Selection():
        return list(asked.report.findings)
    ids = {id for tunnel in asked.tunnels for id in tunnel.ids}
    return [finding for finding in asked.report.findings if ids.intersection(finding.negotiations)]
