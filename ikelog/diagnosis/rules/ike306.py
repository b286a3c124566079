"""IKE306: no crypto map is applied where the peer's request arrives."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.refused_child import ANOTHERS, REFUSED_CHILD, refused_children
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_TOLD = ("crypto_map_absent", "local_address_invalid")


def find(log: Log) -> Iterator[Match]:
    """Find refused Child SAs for whose local address there is no crypto map, and such lines of no negotiation."""
    for child in refused_children(log):
        own = child.events(*_TOLD)
        found = own or child.nearby(*_TOLD)
        if found:
            yield Match(
                (child.negotiation,),
                found[:3],
                _said(found[0], peer(child.negotiation, "the peer")),
                certainty="observed" if own else "inferred",
                alternatives=() if own else (ANOTHERS,),
                fix=_fix(child.negotiation, str(found[0].fields.get("address", "<local-address>"))),
            )
    lone = log.of_none.of(*_TOLD)
    if lone:
        yield Match((), lone[:3], _said(lone[0], "a peer"), fix=_fix(None, str(lone[0].fields.get("address"))))


def _said(event: Event, who: str) -> str:
    address = event.fields.get("address", "the local address")
    return f"No crypto map serves {address}, the address at which {who} asks for a Child SA, so it was refused."


def _fix(negotiation: Negotiation | None, address: str) -> tuple[Fix, ...]:
    interface = f"interface <the one with {address}>"
    return for_device(
        negotiation,
        Fix("ios", (interface, " crypto map <map>"), "apply it where the peer's packets come in, or:"),
        Fix("ios", ("crypto map <map> local-address <interface>",), f"where {address} is a loopback's"),
        Fix("asa", ("crypto map <map> interface <interface>",), "apply it where the peer's packets come in"),
        Fix(
            "peer", (), f"its peer address must be the one that has the crypto map here, not {address} if that has none"
        ),
    )


RULE = Rule(
    code="IKE306",
    name="crypto-map-not-applied",
    severity="error",
    title="No crypto map on the interface, or for the local address",
    side="local",
    rank=Rank.CAUSE,
    meaning="The peer passed authentication and asks for a Child SA at an address of this device for which no crypto "
    "map is applied: to no interface, to another one, or with another local address.",
    find=find,
    needs=(*REFUSED_CHILD, *_TOLD),
    fix=_fix(None, "<local-address>"),
    looks_like=(
        "IPSEC(validate_transform_proposal): no IPSEC cryptomap exists for local address 192.0.2.30",
        "IPSEC(validate_transform_proposal): invalid local address 192.0.2.30",
    ),
    mistaken_for="IKE302: the networks may be right. No such line has been seen in a real log yet",
    references=("RFC 7296 section 2.9", "RFC 2409 section 5.5"),
    sample="ios-ikev1-crypto-map-not-applied.log",
)
