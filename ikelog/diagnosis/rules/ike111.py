"""IKE111: two IKE SAs with one peer were being negotiated at the same time."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.evidence import name_lines
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix, Severity

_STARTED = {"initiator": "started by this device", "responder": "started by the peer"}
_ENDS = {
    "established": "came up",
    "ike_only": "came up without a Child SA",
    "incomplete": "is not finished when the log ends",
    "failed": "failed",
    "child_failed": "failed for its Child SA",
}


def find(log: Log) -> Iterator[Match]:
    """Find negotiations that correlation saw under way side by side; those that overlap are one finding."""
    known = {negotiation.id: negotiation for negotiation in log.negotiations}
    order = {name: place for place, name in enumerate(known)}
    told: set[str] = set()
    for negotiation in log.negotiations:
        if not negotiation.simultaneous_with or negotiation.id in told:
            continue
        group = _group(negotiation, known, order)
        told.update(n.id for n in group)
        if len(group) > 1:
            yield _match(group)


def _group(first: Negotiation, known: dict[str, Negotiation], order: dict[str, int]) -> list[Negotiation]:
    """Return all that overlap with one, or with one that overlaps with it, in the order of the log."""
    found, open_ends = {first.id: first}, [first]
    while open_ends:
        for name in open_ends.pop().simultaneous_with:
            if name in known and name not in found:
                found[name] = known[name]
                open_ends.append(known[name])
    return sorted(found.values(), key=lambda negotiation: order[negotiation.id])


def _match(group: list[Negotiation]) -> Match:
    told = "; ".join(_told(negotiation) for negotiation in group)
    return Match(
        tuple(group),
        [_first(negotiation) for negotiation in group],
        f"{len(group)} IKE SAs with {peer(group[0], 'one peer')} were being negotiated at the same time: {told}.",
        severity=_severity(group),
        fix=_fix(group[0].platform, peer(group[0])),
    )


def _told(negotiation: Negotiation) -> str:
    spis = (negotiation.initiator_spi, negotiation.responder_spi)
    shown = any(spis) or negotiation.ike_version == 2  # IKEv1 debugs print no SPIs
    pair = " " + "/".join(spi.upper() if spi else "(none yet)" for spi in spis) if shown else ""
    started = _STARTED.get(negotiation.role or "", "started by one of the two")
    return f"{negotiation.id}{pair}, {started}, {_ENDS[negotiation.outcome]}"


def _first(negotiation: Negotiation) -> Lined:
    return name_lines(negotiation.messages[0]) if negotiation.messages else negotiation.events[0]


def _severity(group: list[Negotiation]) -> Severity:
    """Rate it harmless where every one came up: one of them is then tidied away."""
    ends = {negotiation.outcome for negotiation in group}
    return "info" if "established" in ends and ends <= {"established", "ike_only"} else "warning"


def _fix(platform: str | None, address: str) -> tuple[Fix, ...]:
    commands = {
        "ios": ("crypto ipsec profile <profile>", " responder-only"),
        "asa": ("crypto map <map> <sequence> set connection-type answer-only",),
    }
    return (
        *(Fix(name, commands[name], "lets only the peer start, or else:") for name in platforms(platform)),
        Fix("peer", (), f"let {address} only answer, so that this device alone starts"),
    )


RULE = Rule(
    code="IKE111",
    name="simultaneous-negotiations",
    severity="warning",
    title="Two negotiations with one peer at the same time",
    side="both",
    rank=Rank.NOTE,
    meaning="Both ends started, or one started again before its first try was over: two SPI pairs with one peer, each "
    "with lines of its own. They must be read apart. Where both come up one of them is tidied away; where they keep "
    "crossing, neither may.",
    find=find,
    needs=("simultaneous",),
    fix=_fix(None, "<peer-address>"),
    looks_like=(
        "IKEv2:(SESSION ID = 7,SA ID = 1):Sending Packet [To 198.51.100.1:500/From 192.0.2.1:500/VRF i0:f0]",
        "Initiator SPI : 1111111111111111 - Responder SPI : 0000000000000000 Message id: 0",
        "IKEv2:Received Packet [From 198.51.100.1:500/To 192.0.2.1:500/VRF i0:f0]",
        "Initiator SPI : 2222222222222222 - Responder SPI : 0000000000000000 Message id: 0",
    ),
    mistaken_for="one negotiation with a strange answer. A rekeyed IKE SA, several answers to one request, and the two "
    "ends' views of one SA are not this either",
    references=("RFC 7296 section 2.6", "RFC 7296 section 2.8.2"),
    sample="iosxe-two-simultaneous.log",
)
