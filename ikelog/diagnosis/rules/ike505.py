"""IKE505: a packet came in the clear that should have been encrypted."""

from collections.abc import Iterator

from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.data_path import Packets, how_many, packets, when
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event


def find(log: Log) -> Iterator[Match]:
    """Find the senders of packets that the crypto access list here wants encrypted."""
    for found in packets(log, "unprotected_packet_received"):
        to = _to(found.events[0])
        yield Match(
            (),
            found.evidence,
            f"{found.name('Somebody')} sent {how_many(found)} in the clear{f' to {to}' if to else ''}{when(found)} "
            "that should have come through the VPN; this device drops such packets.",
            fix=_fix(found),
        )


def _to(event: Event) -> str:
    return str(event.fields.get("vrf_destination") or event.fields.get("local_address") or "")


def _fix(found: Packets | None) -> tuple[Fix, ...]:
    source = found.name("<source>") if found else "<source>"
    target = (_to(found.events[0]) if found else "") or "<destination>"
    commands = {
        "ios": ("ip access-list extended <crypto-acl>", f" 1 deny ip host {target} host {source}"),
        "asa": (f"access-list <crypto-acl> line 1 extended deny ip host {target} host {source}",),
    }
    why = "only where this traffic is meant to go in the clear: take it out of the crypto access list"
    there = Fix(
        "peer",
        (),
        "encrypt it: look for a missing entry in its crypto access list, for NAT before the encryption, and for a "
        "route around the VPN",
    )
    return there, *(Fix(name, commands[name], why) for name in platforms(found.platform if found else None))


RULE = Rule(
    code="IKE505",
    name="cleartext-received",
    severity="warning",
    title="A packet came in the clear that should be encrypted",
    side="peer",
    rank=Rank.NOTE,
    meaning="A packet arrived without ESP although the crypto access list here says that such traffic is encrypted. "
    "The sender does not encrypt it: no entry for it in its access list, no SA, NAT before the encryption, or a route "
    "that leads around the VPN.",
    find=find,
    needs=("unprotected_packet_received",),
    fix=_fix(None),
    looks_like=(
        "%CRYPTO-4-RECVD_PKT_NOT_IPSEC: Rec'd packet not an IPSEC packet. (ip) vrf/dest_addr= /10.1.0.5, src_addr= "
        "10.2.0.7, prot= 1",
        "%ASA-4-402117: IPSEC: Received a non-IPSec (icmp) packet from 10.2.0.7 to 10.1.0.5.",
    ),
    mistaken_for="any packet from outside: the line is only about what the crypto access list wants encrypted",
    references=("RFC 7296 section 2.9",),
    sample="iosxe-data-path.log",
)
