"""What to type for IKEv1 on IOS and ASA: ISAKMP policies and pre-shared keys."""

from collections.abc import Mapping

from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Proposal

_ENCRYPTION = {
    "AES-CBC": ("aes <bits>", "aes-<bits>"),
    "AES-CBC-128": ("aes", "aes"),
    "AES-CBC-192": ("aes 192", "aes-192"),
    "AES-CBC-256": ("aes 256", "aes-256"),
    "3DES": ("3des", "3des"),
    "DES": ("des", "des"),
}
_HASH = {"SHA": "sha", "SHA1": "sha", "MD5": "md5", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
# Those of an ASA for peers without a tunnel group of their own.
DEFAULT_GROUPS = ("DefaultL2LGroup", "DefaultRAGroup")
METHODS = {"psk": "pre-share", "rsa-sig": "rsa-sig", "rsa-encr": "rsa-encr", "ecdsa-sig": "ecdsa-sig"}
# RFC 9395 and RFC 8247: not to be proposed by a tool that is asked what to type.
WEAK = {"3DES", "DES", "MD5", "SHA", "SHA1", "1", "2", "5", "22", "23", "24"}


def policy_head(platform: str, priority: int | None) -> str:
    """Return the command that opens an ISAKMP policy."""
    number = "<number>" if priority is None else str(priority)
    return f"crypto isakmp policy {number}" if platform == "ios" else f"crypto ikev1 policy {number}"


def policy_commands(
    platform: str, priority: int | None, offered: Proposal | None, method: str | None = None
) -> tuple[str, ...]:
    """Return an ISAKMP policy that takes what a peer offers; placeholders stand for what the log does not show."""
    found: Mapping[str, tuple[str, ...]] = offered.transforms() if offered else {}
    cipher = next(iter(found.get("encryption", ())), "")
    words = _ENCRYPTION.get(cipher.upper())
    hashed = next(iter(found.get("integrity", ())), "")
    group = next(iter(found.get("key_exchange", ())), "")
    return (
        policy_head(platform, priority),
        f" encryption {words[platform == 'asa'] if words else '<as the peer>'}",
        f" hash {_HASH.get(hashed.upper(), '<as the peer>')}",
        f" group {group or '<as the peer>'}",
        f" authentication {METHODS.get(method or '', '<as the peer>')}",
    )


def policy_fixes(
    platform: str | None, priority: int | None, offered: Proposal | None, method: str | None = None
) -> tuple[Fix, ...]:
    """Return what to set here so that the peer's transform fits, and what to do there instead."""
    names = [names[0] for names in offered.transforms().values() if names] if offered else []
    weak = [f"group {name}" if name.isdigit() else name for name in names if name in WEAK]
    why = f"only where it must be: {', '.join(weak)} of the peer's is weak" if weak else "as the peer offers, or else:"
    here = tuple(Fix(name, policy_commands(name, priority, offered, method), why) for name in platforms(platform))
    there = Fix(
        "peer", (), "offer there the encryption, hash, DH group and authentication of one policy of this device"
    )
    return (there, *here) if weak else (*here, there)


def key_commands(platform: str, address: str, group: str | None = None) -> tuple[str, ...]:
    """Return what sets the pre-shared key of a peer; where no group of its own is known, it is given one."""
    if platform == "ios":
        return (f"crypto isakmp key <key> address {address}",)
    if group and group not in DEFAULT_GROUPS:
        return f"tunnel-group {group} ipsec-attributes", " ikev1 pre-shared-key <key>"
    return (
        f"tunnel-group {address} type ipsec-l2l",
        f"tunnel-group {address} ipsec-attributes",
        " ikev1 pre-shared-key <key>",
    )
