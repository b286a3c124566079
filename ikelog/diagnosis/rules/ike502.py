"""IKE502: packets dropped by the anti-replay check."""

from collections.abc import Iterator

from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.data_path import how_many, owners, packets, spi_in_words, when
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix

_WINDOW = "crypto ipsec security-association replay window-size 1024"


def find(log: Log) -> Iterator[Match]:
    """Find the senders whose packets came outside the anti-replay window or twice."""
    for found in packets(log, "replay_detected"):
        numbers = dict.fromkeys(e.fields["connection"] for e in found.events if "connection" in e.fields)
        through = f" (connection id {', '.join(map(str, numbers))})" if numbers else ""
        yield Match(
            owners(log, found),
            found.evidence,
            f"This device dropped {how_many(found)} from {found.name('a peer that the line does not name')}"
            f"{spi_in_words(found)}{through}{when(found)}: the sequence number had been seen, or was too old for the "
            "anti-replay window. Packets that overtake each other on the way look like this.",
            fix=_fix(found.platform),
        )


def _fix(platform: str | None) -> tuple[Fix, ...]:
    path = Fix(
        "path",
        (),
        "look for what reorders packets between the ends: QoS behind the encryption, balancing packet by packet, "
        "fragments",
    )
    here = (
        Fix(name, (_WINDOW,), "a wider window tolerates more; new SAs get it, so clear the old ones")
        for name in platforms(platform)
    )
    return (*here, path)


RULE = Rule(
    code="IKE502",
    name="anti-replay-drop",
    severity="warning",
    title="Packets fail the anti-replay check",
    side="path",
    rank=Rank.NOTE,
    meaning="ESP packets arrive whose sequence number was seen already or is too far behind the newest one, and are "
    "dropped. Mostly they were overtaken on the way; a packet sent twice by somebody else looks the same.",
    find=find,
    needs=("replay_detected",),
    fix=_fix(None),
    looks_like=(
        "%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed connection id=2031, sequence number=1290",
        "%IPSEC-3-REPLAY_ERROR: IPSec SA receives anti-replay error, DP Handle 23, src_addr 192.0.2.9, dest_addr "
        "198.51.100.2, SPI 0x0A1B2C3D",
        "%ASA-4-402119: IPSEC: Received an ESP packet (SPI= 0x0A1B2C3D, sequence number= 0x2F) from 192.0.2.9 "
        "(user= 192.0.2.9) to 198.51.100.2 that failed anti-replay checking.",
    ),
    mistaken_for="an attack: reordering by the network is far more frequent",
    references=("RFC 4303 section 3.4.3",),
    sample="asa-data-path.log",
)
