"""IKE501: ESP packets for an SA that this device does not have."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.data_path import Packets, how_many, owners, packets, spi_in_words, when
from ikelog.diagnosis.facts import events
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

# As many, and as long after it, as may have been on their way when an SA was replaced.
_IN_FLIGHT, _IN_FLIGHT_MS = 2, 30_000


def find(log: Log) -> Iterator[Match]:
    """Find the senders that encrypt to an SPI which is not, or no longer, known here."""
    for found in packets(log, "esp_spi_unknown"):
        about = owners(log, found)
        ends = [end for negotiation in about for end in _ends(negotiation, found)]
        late = len(found.events) <= _IN_FLIGHT and any(_is_right_behind(end, found.events[-1]) for end in ends)
        yield Match(
            about,
            [*ends[:1], *found.evidence],
            f"{found.name('The peer')} sent {how_many(found)}{spi_in_words(found)}{when(found)}, and this device has "
            f"no such SA{_why(late=late, ended=bool(ends))}.",
            severity="info" if late else None,
            fix=_fix(found.platform, found.name("<peer-address>")),
        )


def _ends(negotiation: Negotiation, found: Packets) -> list[Event]:
    """Return the lines in which the Child SA that the packets were for is deleted."""
    children = (child for child in negotiation.child_sas if (child.inbound_spi or "").upper() in found.spis)
    spis = {spi for child in children for spi in (child.inbound_spi, child.outbound_spi) if spi}
    deletes = events(negotiation, "child_delete_sent", "child_delete_received")
    return [e for e in deletes if e.fields.get("esp_spi") in spis]


def _is_right_behind(end: Event, packet: Event) -> bool:
    if end.offset_ms is None or packet.offset_ms is None or end.source != packet.source:
        return False
    return 0 <= packet.offset_ms - end.offset_ms <= _IN_FLIGHT_MS


def _why(*, late: bool, ended: bool) -> str:
    if late:
        return " any more: it was deleted right before, while packets were on their way"
    if ended:
        return " any more: the log shows it deleted, and the peer still uses it"
    return ": mostly it was lost here (reload, clear) or the peer missed its DELETE, and still uses it"


def _fix(platform: str | None, peer: str) -> tuple[Fix, ...]:
    why = "let both ends notice when the other has lost its SAs (dead peer detection)"
    here = {
        "ios": (
            Fix("ios", ("crypto ikev2 dpd 10 3 periodic",), f"IKEv2: {why}"),
            Fix(
                "ios", ("crypto isakmp keepalive 10 3 periodic", "crypto isakmp invalid-spi-recovery"), f"IKEv1: {why}"
            ),
        ),
        "asa": (Fix("asa", (f"tunnel-group {peer} ipsec-attributes", " isakmp keepalive threshold 10 retry 2"), why),),
    }
    there = Fix("peer", (), "clear its IPsec SAs with this device: it then negotiates new ones; turn on DPD there too")
    return there, *(fix for name in platforms(platform) for fix in here[name])


RULE = Rule(
    code="IKE501",
    name="unknown-esp-spi",
    severity="warning",
    title="The peer encrypts to an SA that is gone here",
    side="peer",
    rank=Rank.NOTE,
    meaning="ESP packets arrive under an SPI that this device does not have: it was reloaded or cleared, the peer "
    "missed a DELETE, or a rekey ended differently on the two ends. What the peer sends is lost until it negotiates "
    "anew. One or two right after a rekey are packets that were on their way.",
    find=find,
    needs=("esp_spi_unknown",),
    fix=_fix(None, "<peer-address>"),
    looks_like=(
        "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=198.51.100.2, prot=50, "
        "spi=0x0A1B2C3D(169552957), srcaddr=192.0.2.9",
        "%ASA-4-402114: IPSEC: Received an ESP packet (SPI= 0x0A1B2C3D, sequence number= 0x2F) from 192.0.2.9 to "
        "198.51.100.2 with an invalid SPI.",
    ),
    mistaken_for="an unknown IKE SA (IKE407), whose SPIs have sixteen digits",
    references=("RFC 7296 section 1.4.1", "RFC 7296 section 2.4"),
    sample="asa-data-path.log",
)
