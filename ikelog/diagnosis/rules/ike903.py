"""IKE903: what would decide is not logged."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import debug_commands, platforms
from ikelog.diagnosis.facts import FAILED, failures, peer
from ikelog.diagnosis.registry import rules_for
from ikelog.diagnosis.rule import Log, Match, Rank, Rule, matches
from ikelog.diagnosis.types import Fix
from ikelog.record import replaced


def find(log: Log) -> Iterator[Match]:
    """Find failed negotiations that no rule explains; those of one peer, platform and IKE version are one finding."""
    groups: dict[tuple[str | None, str | None, int], list[Negotiation]] = {}
    for negotiation in _unexplained(log):
        groups.setdefault((negotiation.platform, negotiation.remote.address, negotiation.ike_version), []).append(
            negotiation
        )
    for group in groups.values():
        yield _match(group)


def _unexplained(log: Log) -> list[Negotiation]:
    failed = tuple(failures(log.negotiations))
    if not failed:
        return []
    narrowed = replaced(log, negotiations=failed)
    explained = {
        negotiation.id
        for rule in rules_for(log)
        if rule.rank < Rank.UNEXPLAINED
        for match in matches(rule, narrowed if rule.together else log)
        if (match.severity or rule.severity) == "error"
        for negotiation in match.negotiations
    }
    return [negotiation for negotiation in failed if negotiation.id not in explained]


def _match(group: list[Negotiation]) -> Match:
    first = group[0]
    lacking = "no line names the cause" if first.messages else "there is neither a message nor a cause"
    names = ", ".join(negotiation.id for negotiation in group[:5]) + (", …" if len(group) > 5 else "")
    return Match(
        tuple(group),
        [negotiation.failure or negotiation.events[-1] for negotiation in group[:3]],
        f"What would explain the failure of {names} is not logged: {lacking}.",
        fix=_fix(first.platform, peer(first), first.ike_version),
    )


def _fix(platform: str | None, address: str, version: int = 2) -> tuple[Fix, ...]:
    why = "on both ends, then let it start again (`ikelog debugs` says what to type before and after)"
    return tuple(Fix(name, debug_commands(name, address, version), why) for name in platforms(platform))


RULE = Rule(
    code="IKE903",
    name="debug-level-too-low",
    severity="info",
    title="The log does not hold what would decide",
    side="local",
    rank=Rank.NOTE,
    meaning="A negotiation failed and the debugs that were on do not print why. The commands below do, for one peer "
    "only, so that a busy device is not flooded.",
    find=find,
    needs=FAILED,
    fix=_fix(None, "<peer-address>"),
    looks_like=("IKEv2-ERROR:(SESSION ID = 5,SA ID = 1):: Auth exchange failed",),
    mistaken_for="a cause: it is a note about the log",
)
