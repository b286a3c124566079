"""IKE503: packets whose integrity check fails."""

from collections.abc import Iterator

from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.data_path import how_many, owners, packets, spi_in_words, when
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix


def find(log: Log) -> Iterator[Match]:
    """Find the senders whose packets do not verify."""
    for found in packets(log, "integrity_failed"):
        yield Match(
            owners(log, found),
            found.evidence,
            f"The integrity check failed on {how_many(found)} from {found.name('a peer that the line does not name')}"
            f"{spi_in_words(found)}{when(found)}: changed on the way, or encrypted with another key. A few are nothing "
            "to worry about, many are.",
            fix=_fix(found.platform, found.name("<peer-address>")),
        )


def _fix(platform: str | None, peer: str) -> tuple[Fix, ...]:
    commands = {"ios": f"clear crypto sa peer {peer}", "asa": f"clear crypto ipsec sa peer {peer}"}
    why = "if they keep coming: new keys on both ends (interrupts the traffic for a moment)"
    path = Fix("path", (), "look for what changes packets on the way: a faulty link or card, a middlebox that rewrites")
    return *(Fix(name, (commands[name],), why) for name in platforms(platform)), path


RULE = Rule(
    code="IKE503",
    name="integrity-failed",
    severity="warning",
    title="Packets fail the integrity check",
    side="path",
    rank=Rank.NOTE,
    meaning="ESP packets arrive whose authentication data does not fit their content: bits were changed on the way, a "
    "crypto accelerator errs, or the two ends hold different keys for the SA.",
    find=find,
    needs=("integrity_failed",),
    fix=_fix(None, "<peer-address>"),
    looks_like=(
        "%CRYPTO-4-RECVD_PKT_MAC_ERR: decrypt: mac verify failed for connection id=2031",
        "%IPSEC-3-HMAC_ERROR: IPSec SA receives HMAC error, DP Handle 23, src_addr 192.0.2.9, dest_addr 198.51.100.2, "
        "SPI 0x0A1B2C3D",
        "%ASA-4-402120: IPSEC: Received an ESP packet (SPI= 0x0A1B2C3D, sequence number= 0x2F) from 192.0.2.9 "
        "(user= 192.0.2.9) to 198.51.100.2 that failed authentication.",
    ),
    mistaken_for="a wrong pre-shared key (IKE201), with which no SA comes up at all",
    references=("RFC 8221",),
    sample="iosxe-data-path.log",
)
