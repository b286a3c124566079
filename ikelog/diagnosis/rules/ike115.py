"""IKE115: this device takes no more negotiations: limits, licences, resources."""

from collections.abc import Iterator

from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import Told, told
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event
from ikelog.record import replaced

_KINDS = ("admission_refused", "license_missing", "acquire_ignored", "session_not_established", "new_sessions_disabled")


def find(log: Log) -> Iterator[Match]:
    """Find negotiations that were turned away for lack of room."""
    for said in told(log, *_KINDS, stages=("init",)):
        lines = tuple(line for line in said.lines if line.kind != "session_not_established" or _for_a_limit(line))
        if lines:
            yield Match(
                said.negotiations,
                lines[:3],
                _explanation(replaced(said, lines=lines)),
                said.certainty if said.negotiations else "observed",
                severity=None if said.failed or not said.negotiations else "warning",
                alternatives=said.others,
                fix=said.fixes(*_FIXES),
            )


def _for_a_limit(event: Event) -> bool:
    return "limit" in str(event.fields.get("reason")).lower()


def _explanation(said: Told) -> str:
    reason = said.value("reason", "license", "limit")
    why = f": {reason}" if reason else ""
    often = f", {len(said.lines)} times" if len(said.lines) > 1 else ""
    return f"This device turned away a negotiation with {said.who}{often}, for lack of room{why}."


_FIXES = (
    Fix(
        "ios",
        ("show crypto call admission statistics", "crypto call admission limit ike sa <number>"),
        "see who opens so many negotiations before the limit is raised",
    ),
    Fix(
        "asa",
        ("show crypto ikev2 stats", "show vpn-sessiondb summary", "crypto ikev2 limit max-sa <number>"),
        "see who opens so many negotiations before the limit is raised",
    ),
    Fix("peer", (), "let it wait longer between its tries"),
)

RULE = Rule(
    code="IKE115",
    name="admission-refused",
    severity="error",
    title="This device takes no more negotiations",
    side="local",
    rank=Rank.CAUSE,
    meaning="Call admission control, a limit of SAs or sessions, a licence or the lack of memory made this device "
    "refuse a negotiation before it looked at it. Either the limit is too low for the number of peers, or somebody "
    "opens negotiations that never complete.",
    find=find,
    needs=_KINDS,
    fix=_FIXES,
    looks_like=(
        "%CRYPTO-4-IKE_DENY_SA_REQ: IKE denied an INCOMING SA request from 198.51.100.7 to 192.0.2.1 due to IKE SA "
        "LIMIT REACHED",
        "Local:192.0.2.1:500 Remote:198.51.100.7:500 Username:Unknown IKEv2 SA rejected due to system resource low",
    ),
    mistaken_for="IKE106: a cookie is asked for long before anything is refused",
    references=("RFC 7296 section 2.6",),
    sample="asa-syslog-refusals.log",
)
