"""IKE309: the peer refused the Child SA and does not say why."""

from collections.abc import Iterator, Sequence

from ikelog.diagnosis.commands import in_words, platforms
from ikelog.diagnosis.compare import network_words
from ikelog.diagnosis.facts import offers, peer
from ikelog.diagnosis.quick_mode import no_proposal_notifies
from ikelog.diagnosis.refused_child import REFUSED_CHILD, RefusedChild, asked_for, refused_children
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Proposal

_ALTERNATIVES = (
    Alternative("IKE301", "ESP proposals differ: its log lists Received and Expected Policies, the second not empty"),
    Alternative(
        "IKE302", "networks differ: its log says 'No proxy match on map' or 'no IPSEC policy found for received TS'"
    ),
    Alternative(
        "IKE303", "its crypto map entry: its log says 'is incomplete due to' or 'peer doesn't match map entry'"
    ),
    Alternative("IKE305", "PFS differs: its lists of policies agree in all but the DH group"),
)

_IN_QUICK_MODE = (
    Alternative("IKE301", "transforms differ: its log says 'transform proposal not supported' or error 256"),
    Alternative("IKE302", "networks differ: its log says 'proxy identities not supported', error 32 or '713061'"),
    Alternative("IKE303", "its crypto map entry: its log says which entries it tried, and what they lack"),
    Alternative("IKE305", "PFS differs: its log refuses the proposal without naming a transform"),
)


def find(log: Log) -> Iterator[Match]:
    """Find Child SAs for which the peer answered NO_PROPOSAL_CHOSEN."""
    for child in refused_children(log):
        notifies = no_proposal_notifies(child)
        if notifies:
            yield _match(child, notifies[:2], "Quick Mode", _IN_QUICK_MODE)
            continue
        answers = [m for m in child.notified("NO_PROPOSAL_CHOSEN", "received") if m.exchange != "IKE_SA_INIT"]
        if answers:
            lines = child.notify_lines("NO_PROPOSAL_CHOSEN", answers[:1])
            yield _match(child, lines, answers[0].exchange, _ALTERNATIVES)


def _match(child: RefusedChild, lines: Sequence[Lined], exchange: str, others: tuple[Alternative, ...]) -> Match:
    negotiation = child.negotiation
    sent = next(iter(offers(negotiation, "child", "sent", "own")), None)
    fix = _fix(negotiation.platform, sent, negotiation.ike_version)
    return Match((negotiation,), lines, _said(child, exchange), alternatives=others, fix=fix)


def _said(child: RefusedChild, exchange: str) -> str:
    negotiation = child.negotiation
    asked = asked_for(child)
    networks = ""
    if asked:
        networks = f" for {', '.join(network_words(asked.local))} to {', '.join(network_words(asked.remote))}"
    return (
        f"{peer(negotiation, 'The peer')} accepted this device and refused the Child SA{networks} with "
        f"NO_PROPOSAL_CHOSEN in {exchange}: only its own log says whether proposal, networks or crypto map are meant."
    )


def _fix(platform: str | None, sent: Proposal | None, version: int = 2) -> tuple[Fix, ...]:
    commands = {
        "ios": ("show crypto ipsec transform-set", "show crypto map"),
        "asa": ("show running-config crypto ipsec", "show running-config crypto map"),
    }
    offered = f": this device offers {in_words(sent)}" if sent else ""
    return (
        Fix(
            "peer",
            (),
            f"debug IKEv{version} there, limited to this device, and let this end start again: it names the cause",
        ),
        *(Fix(p, commands[p], f"compare with the peer's{offered}") for p in platforms(platform)),
    )


RULE = Rule(
    code="IKE309",
    name="child-sa-refused-by-peer",
    severity="error",
    title="The peer refused the Child SA without a reason",
    side="unknown",
    rank=Rank.ECHO,
    meaning="The IKE SA is up and NO_PROPOSAL_CHOSEN came for the Child SA. An ASA sends it for differing proposals, "
    "for networks that do not fit and for an incomplete crypto map alike, so this end cannot tell.",
    find=find,
    needs=REFUSED_CHILD,
    fix=_fix(None, None),
    looks_like=(
        "IKEv2 IKE_AUTH Exchange RESPONSE",
        "Payload contents:",
        " VID IDr AUTH NOTIFY(NO_PROPOSAL_CHOSEN)",
        "Received non-routine Notify message: No proposal chosen (14)",
    ),
    mistaken_for="IKE301: only the end that refuses sees which of the causes it is. In IKE_SA_INIT it is IKE103",
    references=("RFC 7296 section 1.2", "RFC 7296 section 2.7", "RFC 7296 section 2.21.2", "RFC 2409 section 5.5"),
    sample="iosxe-child-refused-by-peer.log",
)
