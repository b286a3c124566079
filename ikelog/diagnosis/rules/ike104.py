"""IKE104: the peer wanted another DH group, and the retry with it went through."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.evidence import notify_lines
from ikelog.diagnosis.facts import events, notified, peer
from ikelog.diagnosis.order import before
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix


def find(log: Log) -> Iterator[Match]:
    """Find an INVALID_KE_PAYLOAD in IKE_SA_INIT behind which the negotiation went on."""
    for negotiation in log.negotiations:
        refusals = notified(negotiation, "INVALID_KE_PAYLOAD", exchange="IKE_SA_INIT")
        told = events(negotiation, "ke_group_refused", "ke_group_retried")
        if (refusals or told) and _went_on(negotiation, [*refusals, *told]):
            yield _match(negotiation, [*notify_lines(negotiation, "INVALID_KE_PAYLOAD", refusals[:1]), *told[:1]])


def _went_on(negotiation: Negotiation, places: list[Lined]) -> bool:
    """Tell whether the retry got what it asked for: a later stage, or an answer with a KE payload behind it."""
    answers = (m for m in negotiation.messages if m.response and "KE" in m.payloads)
    granted = any(all(before(negotiation, place, answer) for place in places) for answer in answers)
    return granted or negotiation.stage != "init"


def _match(negotiation: Negotiation, evidence: list[Lined]) -> Match:
    groups = _groups(negotiation)
    sent_here = negotiation.role == "initiator"
    who, other = ("This device", "the peer") if sent_here else ("The peer", "this device")
    told = f" group {groups[0]} where {other} wants group {groups[1]}" if groups else f" a group that {other} refuses"
    return Match(
        (negotiation,),
        evidence,
        f"{who} guessed{told}; the second try went through. It cost one round trip.",
        side="local" if sent_here else "peer",
        fix=_fix(negotiation, groups[1] if groups else "<group>"),
    )


def _groups(negotiation: Negotiation) -> tuple[object, object] | None:
    """Return the group that was sent and the one that was wanted."""
    for event in events(negotiation, "ke_group_refused"):
        return event.fields["peer_group"], event.fields["local_group"]
    for event in events(negotiation, "ke_group_retried"):
        return event.fields["local_group"], event.fields["peer_group"]
    return None


def _fix(negotiation: Negotiation | None, wanted: object) -> tuple[Fix, ...]:
    commands = {
        "ios": ("crypto ikev2 proposal <proposal>", f" group {wanted} <other-groups>"),
        "asa": ("crypto ikev2 policy <number>", f" group {wanted} <other-groups>"),
    }
    why = f"put group {wanted} first in the list: the first one is the one that is guessed"
    if negotiation and negotiation.role == "responder":
        return (Fix("peer", (), f"{why} (on {peer(negotiation, 'the peer')})"),)
    return tuple(Fix(name, commands[name], why) for name in platforms(negotiation.platform if negotiation else None))


RULE = Rule(
    code="IKE104",
    name="invalid-ke-retried",
    severity="info",
    title="The DH group was guessed wrong once, then agreed",
    side="local",
    rank=Rank.NOTE,
    meaning="An initiator must send its DH value before it knows which group the responder takes. INVALID_KE_PAYLOAD "
    "names the wanted group, and a second IKE_SA_INIT carries it. This is how the protocol works.",
    find=find,
    needs=("INVALID_KE_PAYLOAD", "ke_group_refused", "ke_group_retried"),
    fix=_fix(None, "<group>"),
    looks_like=(
        "IKEv2:(SESSION ID = 8,SA ID = 1):Processing invalid ke notification, we sent group 19, peer prefers group 14",
        "IKEv2-PROTO-4: (8): Sending invalid ke notification, peer sent group 19, local policy prefers group 14",
    ),
    mistaken_for="a mismatch: it is one (IKE105) only where the retry is refused again",
    references=("RFC 7296 section 1.2", "RFC 7296 section 2.7", "RFC 7296 section 3.4"),
    sample="iosxe-invalid-ke-retried.log",
)
