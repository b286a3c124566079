"""What to type on IOS and ASA: algorithms in each platform's own words, and the debugs that say more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from ikelog.diagnosis.compare import Networks
from ikelog.diagnosis.debug_recipes import condition, debugs
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Proposal
from ikelog.terms.transforms import is_combined

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

# The columns: IKEv2 on IOS and on ASA, then the Child SA on IOS and on ASA.
_COLUMNS = {("ike", "ios"): 0, ("ike", "asa"): 1, ("child", "ios"): 2, ("child", "asa"): 3}
_ENCRYPTION = {
    "AES-CBC": ("aes-cbc-<bits>", "aes-<bits>", "esp-aes <bits>", "aes-<bits>"),
    "AES-GCM": ("aes-gcm-<bits>", "aes-gcm-<bits>", "esp-gcm <bits>", "aes-gcm-<bits>"),
    "AES-CBC-128": ("aes-cbc-128", "aes", "esp-aes", "aes"),
    "AES-CBC-192": ("aes-cbc-192", "aes-192", "esp-aes 192", "aes-192"),
    "AES-CBC-256": ("aes-cbc-256", "aes-256", "esp-aes 256", "aes-256"),
    "AES-GCM-128": ("aes-gcm-128", "aes-gcm", "esp-gcm", "aes-gcm"),
    "AES-GCM-192": ("<aes-gcm-192>", "aes-gcm-192", "esp-gcm 192", "aes-gcm-192"),
    "AES-GCM-256": ("aes-gcm-256", "aes-gcm-256", "esp-gcm 256", "aes-gcm-256"),
    "3DES": ("3des", "3des", "esp-3des", "3des"),
    "DES": ("des", "des", "esp-des", "des"),
    "NULL": ("<null>", "null", "esp-null", "null"),
}
_HASH = {
    "SHA1": ("sha1", "sha", "esp-sha-hmac", "sha-1"),
    "SHA96": ("sha1", "sha", "esp-sha-hmac", "sha-1"),
    "MD5": ("md5", "md5", "esp-md5-hmac", "md5"),
    "MD596": ("md5", "md5", "esp-md5-hmac", "md5"),
    "SHA256": ("sha256", "sha256", "esp-sha256-hmac", "sha-256"),
    "SHA384": ("sha384", "sha384", "esp-sha384-hmac", "sha-384"),
    "SHA512": ("sha512", "sha512", "esp-sha512-hmac", "sha-512"),
}
_PLATFORMS = ("ios", "asa")
# RFC 8247: not to be proposed by a tool that is asked what to type.
_WEAK = {"3DES", "DES", "NULL", "SHA1", "SHA96", "MD5", "MD596", "1", "2", "5", "22", "23", "24"}


def platforms(platform: str | None) -> tuple[str, ...]:
    """Return the platforms to give commands for: the device's own, or both while it is not known."""
    return _PLATFORMS if platform is None else (platform,)


def _words(names: Iterable[str], table: Mapping[str, tuple[str, ...]], purpose: str, platform: str) -> str:
    """Return the first name in the platform's words; one that it has no word for in angle brackets."""
    name = next(iter(names), None)
    if name is None:
        return ""
    known = table.get(name.upper().removesuffix("-CBC") if "DES" in name.upper() else name.upper())
    return known[_COLUMNS[purpose, platform]] if known else f"<{name}>"


def proposal_fixes(purpose: str, platform: str | None, own: Proposal | None, peer: Proposal | None) -> tuple[Fix, ...]:
    """Return what to set here so that the peer's proposal fits, and what to allow there instead.

    `purpose` is `ike` or `child`; a proposal that the log does not show is None.
    """
    build = ike_proposal_commands if purpose == "ike" else child_proposal_commands
    weak = _weak_choices(peer)
    why = (
        f"only where it must be: {', '.join(weak)} of the peer's is weak" if weak else "as the peer proposes, or else:"
    )
    here = tuple(Fix(name, build(name, peer), why) for name in platforms(platform))
    there = Fix("peer", (), "allow there what this device has" + (f": {in_words(own)}" if own else ""))
    return (there, *here) if weak else (*here, there)


def _weak_choices(proposal: Proposal | None) -> list[str]:
    """Return what of a proposal RFC 8247 advises against, in words."""
    sets = proposal.transforms() if proposal else {}
    names = [names[0] for names in sets.values() if names]
    return [f"group {name}" if name.isdigit() else name for name in dict.fromkeys(names) if name in _WEAK]


def in_words(proposal: Proposal) -> str:
    """Return a proposal's transforms in words: `encryption AES-CBC-256, integrity SHA256`."""
    sets = {
        "encryption": proposal.encryption,
        "PRF": proposal.prf,
        "integrity": proposal.integrity,
        "DH group": proposal.key_exchange,
    }
    return ", ".join(f"{name} {' or '.join(values)}" for name, values in sets.items() if values)


def ike_proposal_commands(platform: str, proposal: Proposal | None) -> tuple[str, ...]:
    """Return the configuration of an IKEv2 proposal (IOS) or policy (ASA) with a proposal's transforms."""
    head = "crypto ikev2 proposal <proposal>" if platform == "ios" else "crypto ikev2 policy <number>"
    if proposal is None:
        return head, *(f" {word} <as the peer>" for word in ("encryption", "integrity", "prf", "group"))
    integrity = _words(proposal.integrity, _HASH, "ike", platform)
    if not integrity and platform == "asa" and proposal.encryption and is_combined(proposal.encryption[0]):
        integrity = "null"
    lines = {
        "encryption": _words(proposal.encryption, _ENCRYPTION, "ike", platform),
        "integrity": integrity,
        "prf": _words(proposal.prf, _HASH, "ike", platform),
        "group": next(iter(proposal.key_exchange), ""),
    }
    return head, *(f" {word} {value}" for word, value in lines.items() if value)


def child_proposal_commands(platform: str, proposal: Proposal | None) -> tuple[str, ...]:
    """Return the configuration of a transform-set (IOS) or ipsec-proposal (ASA) with a proposal's transforms."""
    proposal = proposal or Proposal(None, "esp", ("as the peer",), (), ("as the peer",))
    encryption = _words(proposal.encryption, _ENCRYPTION, "child", platform)
    integrity = _words(proposal.integrity, _HASH, "child", platform)
    if platform == "ios":
        return (f"crypto ipsec transform-set <name> {encryption} {integrity}".strip(),)
    lines = {"encryption": encryption, "integrity": integrity}
    settings = (f" protocol esp {word} {value}" for word, value in lines.items() if value)
    return "crypto ipsec ikev2 ipsec-proposal <name>", *settings


def crypto_acl_commands(platform: str, ours: Networks, theirs: Networks, entry: str) -> tuple[str, ...]:
    """Return the crypto ACL, and the crypto map `entry` that uses it, for traffic between two sets of networks."""
    pairs: list[tuple[IPv4Network | IPv6Network | None, IPv4Network | IPv6Network | None]]
    pairs = [(a, b) for a in ours for b in theirs] or [(None, None)]
    if platform == "ios":
        lines = (f" permit ip {_network(a, 'our', 'hostmask')} {_network(b, 'peer', 'hostmask')}" for a, b in pairs)
        return "ip access-list extended <crypto-acl>", *lines, f"crypto map {entry}", " match address <crypto-acl>"
    lines = (f"{_network(a, 'our', 'netmask')} {_network(b, 'peer', 'netmask')}" for a, b in pairs)
    head = "access-list <crypto-acl> extended permit ip"
    return *(f"{head} {line}" for line in lines), f"crypto map {entry} match address <crypto-acl>"


def _network(network: IPv4Network | IPv6Network | None, whose: str, mask: Literal["netmask", "hostmask"]) -> str:
    if network is None:
        return f"<{whose}-network> <{'wildcard' if mask == 'hostmask' else 'mask'}>"
    if network.prefixlen == 0:
        return "any"
    return str(network) if network.version == 6 else f"{network.network_address} {getattr(network, mask)}"


def crypto_map_commands(platform: str, entry: str, address: str, lacking: str) -> tuple[str, ...]:
    """Return what completes an entry, `MAP 10`; `lacking` is `acl`, `peer`, `proposal`, or empty for all of them."""
    proposal = "set ikev2 ipsec-proposal <proposal>" if platform == "asa" else "set transform-set <name>"
    settings = {"acl": "match address <crypto-acl>", "peer": f"set peer {address}", "proposal": proposal}
    wanted = [text for what, text in settings.items() if lacking in (what, "")]
    if platform == "asa":
        return tuple(f"crypto map {entry} {text}" for text in wanted)
    return f"crypto map {entry} ipsec-isakmp", *(f" {text}" for text in wanted)


def debug_commands(platform: str, peer: str, version: int = 2) -> tuple[str, ...]:
    """Return the debugs that show why a negotiation fails, limited to one peer."""
    return condition(platform, peer), *debugs(platform, f"ikev{version}")


def debug_fixes(platform: str | None, peer: str, version: int = 2) -> Iterator[Fix]:
    """Yield what to debug here and on the far end, for a failure that no line explains."""
    for name in platforms(platform):
        commands = debug_commands(name, peer, version)
        yield Fix(name, commands, "then let the negotiation start again: these lines name the cause")
    yield Fix("peer", (), "take the same debugs there, limited to this device: the end that refuses names the cause")
