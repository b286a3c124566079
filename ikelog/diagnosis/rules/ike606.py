"""IKE606: a Child SA without perfect forward secrecy."""

from collections.abc import Iterator

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.evidence import head
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.peers import by_peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.stronger import stronger
from ikelog.diagnosis.waiting import answers


def find(log: Log) -> Iterator[Match]:
    """Find the peers with which new keys of a Child SA were made of the old ones."""
    places = {n.id: list(_places(n)) for n in log.negotiations}
    for group in by_peer(n for n in log.negotiations if places[n.id]):
        evidence = [place for n in group[:3] for place in places[n.id][:2]]
        count = sum(len(places[n.id]) for n in group)
        times = "A Child SA" if count == 1 else f"{count} Child SAs"
        yield Match(
            group,
            evidence,
            f"{times} with {peer(group[0], 'the peer')} got keys without a Diffie-Hellman exchange of their own (no "
            "PFS): who learns the keys of the IKE SA can read that traffic.",
            fix=tuple(stronger("key_exchange", group[0], ("child",))),
        )


def _places(negotiation: Negotiation) -> Iterator[Lined]:
    """Yield what shows a Child SA without KE: a rekey in IKEv2, in IKEv1 any Quick Mode whose attributes are listed."""
    if negotiation.ike_version == 2:
        known = answers(negotiation)
        yield from (head(m) for m in negotiation.messages if _rekeys(m) and _is_accepted(known.get(m.n)))
        return
    for child in negotiation.child_sas:
        if child.state not in (None, "failed") and child.transforms is not None and child.pfs_group is None:
            checked = [e for e in negotiation.events.of("child_transform_checked") if e.line >= child.line]
            yield from checked[:1]


def _rekeys(message: Message) -> bool:
    shown = message.exchange == "CREATE_CHILD_SA" and message.response is False
    return shown and "REKEY_SA" in message.notifies and "TSi" in message.payloads and "KE" not in message.payloads


def _is_accepted(answer: Message | None) -> bool:
    return answer is not None and "TSi" in answer.payloads


RULE = Rule(
    code="IKE606",
    name="no-pfs",
    severity="info",
    title="A Child SA without perfect forward secrecy",
    side="both",
    rank=Rank.NOTE,
    audit=True,
    meaning="The keys of a rekeyed Child SA are derived from those of the IKE SA unless both ends add a Diffie-Hellman "
    "exchange (PFS). Without it one stolen key opens all that was sent under that IKE SA. The first Child SA of IKEv2 "
    "never has one of its own.",
    find=find,
    fix=tuple(stronger("key_exchange", None, ("child",))),
    looks_like=("IKEv2 CREATE_CHILD_SA Exchange REQUEST", "Payload contents:", " NOTIFY(REKEY_SA) SA N TSi TSr"),
    mistaken_for="a PFS mismatch (IKE305), which fails: here both ends agree to do without",
    references=("RFC 7296 section 1.3.3", "RFC 8247"),
    sample="iosxe-rekey.log",
)
