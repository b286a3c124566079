"""IKE504: what came out of an SA does not match its selectors."""

from collections.abc import Iterator

from ikelog.diagnosis.commands import crypto_acl_commands, platforms
from ikelog.diagnosis.compare import Networks, network_words
from ikelog.diagnosis.data_path import Packets, how_many, owners, packets, spi_in_words, when
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event, TrafficSelector

_ENTRY = "<map> <sequence>"


def find(log: Log) -> Iterator[Match]:
    """Find the senders whose packets are not what the SA is for."""
    for found in packets(log, "inner_packet_refused"):
        yield Match(
            owners(log, found),
            found.evidence,
            f"{found.name('The peer')} sent {how_many(found)}{spi_in_words(found)}{when(found)} whose content does "
            f"not belong into this SA{_detail(found.events[0])}.",
            fix=_fix(found),
        )


def _detail(event: Event) -> str:
    source, destination = (event.fields.get(f"inner_{end}") for end in ("source", "destination"))
    if not source or not destination:
        return ""
    ours, theirs = (_selector(event.fields.get(f"{end}_proxy")) for end in ("local", "remote"))
    allowed = f"; it is for traffic between {theirs} there and {ours} here" if ours and theirs else ""
    return f": it is from {source} to {destination}{allowed}"


def _selector(value: object) -> str:
    return ", ".join(network_words([value])) if isinstance(value, TrafficSelector) else ""


def _fix(found: Packets | None) -> tuple[Fix, ...]:
    fields = found.events[0].fields if found else {}
    ours, theirs = (_host(fields.get(f"inner_{end}")) for end in ("destination", "source"))
    why = "only where this traffic belongs into the VPN; better for whole networks, and mirrored on the peer"
    here = (
        Fix(name, crypto_acl_commands(name, ours, theirs, _ENTRY), why)
        for name in platforms(found.platform if found else None)
    )
    return Fix("peer", (), "send only what the crypto access list here allows, the mirror of its own"), *here


def _host(address: object) -> Networks:
    if address is None:
        return ()
    import ipaddress  # slow to import, and most logs have no such packet

    try:
        return (ipaddress.ip_network(str(address)),)
    except ValueError:
        return ()


RULE = Rule(
    code="IKE504",
    name="inner-packet-mismatch",
    severity="warning",
    title="The peer sends traffic that the SA is not for",
    side="both",
    rank=Rank.NOTE,
    meaning="A packet was decrypted, and its addresses are outside what the two ends agreed on for this SA, so it is "
    "dropped. The peer's crypto access list is wider than the one here, or NAT on one end changes addresses before "
    "they are encrypted.",
    find=find,
    needs=("inner_packet_refused",),
    fix=_fix(None),
    looks_like=(
        "%ASA-4-402116: IPSEC: Received an ESP packet (SPI= 0x0A1B2C3D, sequence number= 0x2F) from 192.0.2.9 (user= "
        "192.0.2.9) to 198.51.100.2.  The decapsulated inner packet doesn't match the negotiated policy in the SA. ...",
        "%CRYPTO-4-RECVD_PKT_INV_IDENTITY: identity doesn't match negotiated identity (ip) dest_addr= 10.1.0.5, ...",
    ),
    mistaken_for="a refused Child SA (IKE302): here it is up, and the packets in it are wrong",
    references=("RFC 7296 section 2.9",),
    sample="asa-data-path.log",
)
