"""IKEv1's Quick Mode (RFC 2409 section 5.5): how devices say that it was refused, and what to type."""

from collections.abc import Sequence

from ikelog.correlation.ikev1.attributes import checked_transforms, encapsulation, proposal_of
from ikelog.correlation.ikev1.kinds import ERROR_NOTIFIES
from ikelog.correlation.ikev1.outcome import notify_key
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.refused_child import RefusedChild
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Event, Proposal

# The numbers that IOS prints behind `IPSec policy invalidated proposal with error`, as far as their lines are known.
PROXIES, FLAGS, TRANSFORMS = 32, 64, 256

# The names of RFC 2408's notifies as devices print them, and the numbers that they print instead.
_NO_PROPOSAL = frozenset({"NO_PROPOSAL_CHOSEN", "PROPOSAL_NOT_CHOSEN", "14"})
_INVALID_ID = frozenset({"INVALID_ID_INFORMATION", "INVALID_ID_INFO", "18"})
UNKNOWN_COOKIE = frozenset({"INVALID_COOKIE", "4"})
_NO_FIT = "phase 2 mismatch"
_NO_POLICY = "crypto map policy not found"

PFS = Alternative("IKE305", "the PFS groups may differ (`set pfs`): no line names a group")
MODE = Alternative("IKE304", "the modes may differ, tunnel against transport: no line names them")
NETWORKS = Alternative("IKE302", "the networks may differ: a line about proxies or error 32 would say so")

# An IKEv1 transform-set in the words of IOS and of ASA.
_CIPHERS = {
    "AES-CBC-128": ("esp-aes", "esp-aes"),
    "AES-CBC-192": ("esp-aes 192", "esp-aes-192"),
    "AES-CBC-256": ("esp-aes 256", "esp-aes-256"),
    "AES-CBC": ("esp-aes <bits>", "esp-aes-<bits>"),
    "3DES": ("esp-3des", "esp-3des"),
    "DES": ("esp-des", "esp-des"),
    "NULL": ("esp-null", "esp-null"),
}
_HASHES = {
    "HMAC-SHA": ("esp-sha-hmac", "esp-sha-hmac"),
    "HMAC-MD5": ("esp-md5-hmac", "esp-md5-hmac"),
    "HMAC-SHA256": ("esp-sha256-hmac", "<integrity>"),
    "HMAC-SHA384": ("esp-sha384-hmac", "<integrity>"),
    "HMAC-SHA512": ("esp-sha512-hmac", "<integrity>"),
}
_WEAK = {"3DES", "DES", "NULL", "HMAC-MD5", "HMAC-SHA"}
_WEAK_WORDS = {"esp-des", "esp-3des", "esp-null", "esp-md5-hmac", "esp-sha-hmac"}


def invalidated(child: RefusedChild, number: int) -> list[Event]:
    """Return the lines in which IOS refuses a proposal with one of its numbers."""
    return [e for e in child.events("child_proposal_invalidated") if e.fields.get("error_number") == number]


def mismatched(child: RefusedChild, *words: str) -> list[Event]:
    """Return ASA's lines about an attribute of Quick Mode that differs, for those attributes that hold a word."""
    lines = [e for e in child.events("attribute_mismatched") if str(e.fields.get("phase")) == "2"]
    return [e for e in lines if any(word in str(e.fields.get("attribute", "")).lower() for word in words)]


def no_proposal_notifies(child: RefusedChild) -> list[Event]:
    """Return the events in which the peer says that it chose no proposal of a Quick Mode."""
    return _notified(child, _NO_PROPOSAL)


def invalid_id_notifies(child: RefusedChild) -> list[Event]:
    """Return the events in which the peer says that it does not want the identities, the networks, of a Quick Mode."""
    return _notified(child, _INVALID_ID)


def error_notifies(child: RefusedChild) -> list[Event]:
    """Return the events in which the peer answers a Quick Mode with an error."""
    return _notified(child, ERROR_NOTIFIES)


def _notified(child: RefusedChild, names: frozenset[str]) -> list[Event]:
    if child.negotiation.ike_version != 1:
        return []
    received = child.events("notify_received")
    return [e for e in received if not names.isdisjoint(notify_names(e))]


def notify_names(event: Event) -> tuple[str, str]:
    """Return a notify's name as RFC 2408 writes it, and its number; what is not printed is empty."""
    return notify_key(str(event.fields.get("notify", ""))), str(event.fields.get("notify_number", ""))


def without_policy(child: RefusedChild) -> list[Event]:
    """Return the lines of an ASA that found no crypto map entry for a Quick Mode and does not say which it tried."""
    return _ended_for(child, _NO_POLICY)


def without_proposal(child: RefusedChild) -> list[Event]:
    """Return the lines of an ASA that ended a session for a proposal that did not fit and does not say which."""
    return _ended_for(child, _NO_FIT)


def _ended_for(child: RefusedChild, words: str) -> list[Event]:
    ended = child.events("session_torn_down", "session_disconnected")
    told = [e for e in ended if str(e.fields.get("reason", "")).lower().startswith(words)]
    return [*child.events("quick_mode_failed")[:1], *told[:1]] if told else []


def offered(child: RefusedChild) -> list[Proposal]:
    """Return the transforms that were checked in a refused Quick Mode, as proposals."""
    if child.negotiation.ike_version != 1:
        return []
    return [proposal_of(checked) for checked in checked_transforms(child.own) if checked.purpose == "child"]


def offered_modes(child: RefusedChild) -> list[str]:
    """Return the encapsulation modes that were offered in a refused Quick Mode: `tunnel`, `transport`."""
    if child.negotiation.ike_version != 1:
        return []
    checked = (encapsulation(c.attributes) for c in checked_transforms(child.own) if c.purpose == "child")
    return list(dict.fromkeys(mode for mode in checked if mode))


def transform_fixes(platform: str | None, proposals: Sequence[Proposal], printed: str) -> tuple[Fix, ...]:
    """Return what to set here so that the first of the peer's transforms fits, and what to allow there instead.

    `printed` are the transforms as IOS names them, `esp-aes 256 esp-sha-hmac`, or nothing.
    """
    proposal = next(iter(proposals), None)
    names = (*proposal.encryption, *proposal.integrity) if proposal else ()
    weak = [name for name in names if name in _WEAK] or [word for word in printed.split() if word in _WEAK_WORDS]
    why = f"only where it must be: {', '.join(weak)} is weak" if weak else "as the peer proposes, or else:"
    as_printed = printed if "," not in printed else ""
    here = tuple(Fix(name, (_transform_set(name, proposal, as_printed),), why) for name in platforms(platform))
    there = Fix("peer", (), "allow there the encryption and integrity that this device's transform sets have")
    return (there, *here) if weak else (*here, there)


def _transform_set(platform: str, proposal: Proposal | None, printed: str) -> str:
    if platform == "ios" and printed:
        return f"crypto ipsec transform-set <name> {printed}"
    column = 0 if platform == "ios" else 1
    cipher = _CIPHERS.get(next(iter(proposal.encryption if proposal else ()), ""))
    integrity = _HASHES.get(next(iter(proposal.integrity if proposal else ()), ""))
    words = [cipher[column] if cipher else "<encryption>", integrity[column] if integrity else "<integrity>"]
    head = "crypto ipsec transform-set" if platform == "ios" else "crypto ipsec ikev1 transform-set"
    return f"{head} <name> {' '.join(words)}"
