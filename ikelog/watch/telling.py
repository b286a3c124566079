"""News as lines of text, and as one line of JSON."""

from collections.abc import Iterator
from typing import Any

from ikelog.correlation.types import Closed, End, Negotiation
from ikelog.diagnosis.types import Finding
from ikelog.reporting import wording
from ikelog.reporting.finding_lines import finding_lines
from ikelog.reporting.json_report import encoded_line, plain
from ikelog.reporting.layout import Line, Page, Span, Style, line, prose_width, span, wrap
from ikelog.watch.clock import between_ms
from ikelog.watch.types import News

STYLES: dict[str, Style] = {"up": "good", "failed": "bad", "unfinished": "odd", "closed": "plain"}
_TOLD = ("error", "warning")


def json_line(news: News) -> str:
    """Return news as one JSON object: what happened, the negotiation's own keys, and the findings about it."""
    told = {"event": news.event, "told_before": not news.is_first}
    findings = [plain(finding) for finding in news.findings]
    return encoded_line({**told, **news.negotiation, "findings": findings}) + "\n"


def news_lines(news: News, page: Page, *, is_brief: bool = False) -> Iterator[Line]:
    """Yield the line that tells what became of a negotiation, and on failure those of its findings."""
    yield from wrap(heading(news), page.width, 4)
    if is_brief or (news.event != "failed" and not page.verbose):
        return
    yield from wrap(line(span(f"  {_where(news.negotiation)}", "faint")), page.width, 4)
    for finding in news.findings:
        if page.verbose or finding.severity in _TOLD:
            yield from _finding(finding, news, page)
    yield ()


def heading(news: News) -> Line:
    """Return the one line: when, how it went, which, with whom, who began, and why."""
    told = negotiation_of(news.negotiation)
    status = "CLOSED" if news.event == "closed" else wording.status(told)
    where = f"on {told.device}" if told.device else ""
    who = (told.id, wording.peer(told), wording.role(told), where, *_rest(news))
    when = wording.moment(news.negotiation["ended_at"] or "")
    parts: list[str | Span] = [span(f"{when}  ", "faint")] if when else []
    return line(*parts, span(status.ljust(10), STYLES[news.event]), "  " + "  ".join(filter(None, who)))


def negotiation_of(told: dict[str, Any]) -> Negotiation:
    """Return what can be said in words of a negotiation in the JSON report's form."""
    known = {key: told[key] for key in ("id", "ike_version", "outcome", "device", "role", "mode", "connection_id")}
    spis = {key: told[key] for key in ("initiator_spi", "responder_spi", "verdict")}
    return Negotiation(**known, **spis, remote=End(**told["remote"]), local=End(**told["local"]))


def _rest(news: News) -> Iterator[str]:
    told = news.negotiation
    if news.event == "failed" and told["verdict"]:
        names = [finding.name for finding in news.findings if finding.code == told["verdict"]]
        yield " ".join([told["verdict"], *names[:1]])
    if told["rekeyed_from"]:
        yield f"rekey of {told['rekeyed_from']}"
    if news.event == "up":
        yield _algorithms(told["transforms"] or {})
    if news.event == "unfinished":
        yield _last_seen(told)
    if told["closed"] is not None and news.event == "closed":
        yield wording.closing(Closed(**told["closed"])) + _lifetime(told)


def _algorithms(transforms: dict[str, Any]) -> str:
    size = f"-{transforms['key_bits']}" if transforms.get("key_bits") else ""
    encryption = f"{transforms['encryption']}{size}" if transforms.get("encryption") else ""
    group = f"group {transforms['dh_group']}" if transforms.get("dh_group") else ""
    return " ".join(filter(None, (encryption, transforms.get("integrity"), group)))


def _last_seen(told: dict[str, Any]) -> str:
    """Say what was sent or received last of a negotiation that came to nothing."""
    if not told["messages"]:
        return "no message seen"
    last = told["messages"][-1]
    number = last["step"] or ("" if last["message_id"] is None else str(last["message_id"]))
    kind = {True: "response", False: "request"}.get(last["response"], "")
    return "last: " + " ".join(filter(None, (last["exchange"], number, kind, last["direction"])))


def _lifetime(told: dict[str, Any]) -> str:
    lived = between_ms(told["started_at"], told["closed"]["time"])
    return f" after {wording.elapsed(lived).lstrip('+')}" if lived is not None and lived >= 0 else ""


def _where(told: dict[str, Any]) -> str:
    places = [f"{one['source']}:{one['first_line']}-{one['last_line']}" for one in told["spans"]]
    return "  ".join([wording.ike_sa(negotiation_of(told)), *places])


def _finding(finding: Finding, news: News, page: Page) -> Iterator[Line]:
    if finding.code != news.negotiation["verdict"]:
        head = line(span(f"  {finding.severity.upper()}", "odd"), f"  {finding.code} {finding.name}: {finding.title}")
        yield from wrap(head, prose_width(page), 4)
        if not page.verbose:
            return
    yield from finding_lines(finding, page)
