"""What the log shows of a value that an expectation limits."""

from collections.abc import Callable, Iterable, Iterator

from ikelog.check.algorithms import brings_integrity, normal, transform_set
from ikelog.check.expectation import NONE
from ikelog.check.tunnels import Tunnel, child_sas
from ikelog.correlation.types import ChildSa, Negotiation, Transforms
from ikelog.record import record

_OFFERED = {"dh_group": "key_exchange"}


@record
class Observed:
    """The values of a tunnel, as `normal` writes them; `sure` False: one of these was chosen, and not shown which.

    `needless`: there can be none, such as integrity beside AES-GCM.
    """

    values: tuple[str, ...] = ()
    sure: bool = True
    needless: bool = False


def observe(tunnel: Tunnel, key: str) -> Observed:
    """Return what the log shows of a tunnel's value: what was settled on, else what was offered."""
    if key in _READ:
        return Observed(_unique(key, _READ[key](tunnel)))
    is_child = key.startswith("child_")
    plain = key.removeprefix("child_")
    purpose = "child" if is_child else "ike"
    settled = _unique(key, _of_children(tunnel, plain) if is_child else _of_ike(tunnel, plain))
    settled = settled or _unique(key, _answered(tunnel, plain, purpose))
    if settled:
        return Observed(settled)
    if plain == "integrity":
        ciphers = observe(tunnel, key.replace("integrity", "encryption")).values
        if ciphers and all(map(brings_integrity, ciphers)):
            return Observed(needless=True)
    if is_child and not any(True for _ in child_sas(tunnel)):
        return Observed()
    return Observed(_unique(key, _offered(tunnel, plain, purpose)), sure=False)


def _unique(key: str, names: Iterable[str | int | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normal(key, str(name)) for name in names if name is not None))


def _of_ike(tunnel: Tunnel, key: str) -> Iterator[str | None]:
    for member in tunnel.members:
        if member.transforms is not None:
            yield _name(member.transforms, key)


def _of_children(tunnel: Tunnel, key: str) -> Iterator[str | None]:
    for member, child in child_sas(tunnel):
        name = _name(child.transforms, key) if child.transforms is not None else None
        installed = _installed(member, child, key)
        # the key length stands only in what is installed
        yield installed if installed and (name is None or installed.startswith(normal(key, name))) else name


def _installed(member: Negotiation, child: ChildSa, key: str) -> str | None:
    """Return a value of the transform set that a router installs a Child SA with."""
    for event in member.events.of("child_sa_created"):
        if event.fields.get("esp_spi") in (child.inbound_spi, child.outbound_spi):
            cipher, integrity = transform_set(str(event.fields.get("transform_set", "")))
            return cipher if key == "encryption" else integrity
    return None


def _name(found: Transforms, key: str) -> str | None:
    value = getattr(found, key)
    if key == "encryption" and value and found.key_bits and str(found.key_bits) not in value:
        return f"{value}-{found.key_bits}"
    return None if value is None else str(value)


def _answered(tunnel: Tunnel, key: str, purpose: str) -> tuple[str, ...]:
    """Return the one name that the responder answers with; none where the log lists several, or no answer."""
    direction = {"initiator": "received", "responder": "sent"}.get(tunnel.root.role or "")
    lists = [o.proposal for o in tunnel.root.proposals if o.purpose == purpose and o.direction == direction]
    names: tuple[str, ...] = getattr(lists[0], _OFFERED.get(key, key)) if len(lists) == 1 else ()
    return names if len(names) == 1 and tunnel.root.outcome not in ("failed", "child_failed") else ()


def _offered(tunnel: Tunnel, key: str, purpose: str) -> Iterator[str]:
    """Yield what the initiator offers: the responder chooses of it."""
    role = tunnel.root.role
    directions = {"initiator": ("sent",), "responder": ("received",)}.get(role or "", ("sent", "received"))
    for offer in tunnel.root.proposals:
        if offer.purpose == purpose and offer.direction in directions:
            yield from getattr(offer.proposal, _OFFERED.get(key, key))


def _versions(tunnel: Tunnel) -> Iterator[int]:
    return (member.ike_version for member in tunnel.members)


def _nat(tunnel: Tunnel) -> Iterator[str | None]:
    return (member.nat.detected for member in tunnel.members)


def _key_exchanges(tunnel: Tunnel) -> Iterator[str]:
    """Yield the additional key exchanges; none where the messages show that there was no place for one (RFC 9370)."""
    found = [name for m in tunnel.members if m.transforms for name in m.transforms.additional_key_exchanges]
    exchanges = {message.exchange for message in tunnel.root.messages}
    if not found and "IKE_SA_INIT" in exchanges and "IKE_INTERMEDIATE" not in exchanges:
        return iter((NONE,))
    return iter(found)


def _pfs(tunnel: Tunnel) -> Iterator[str]:
    """Yield the groups of Child SAs with keys of their own; none where new keys were made without (rule IKE606)."""
    for _, child in child_sas(tunnel):
        if child.pfs_group is not None:
            yield str(child.pfs_group)
        elif child.transforms is not None and tunnel.root.ike_version == 1:
            yield NONE
    for member in tunnel.members:
        asked = [m for m in member.messages if m.exchange == "CREATE_CHILD_SA" and "TSi" in m.payloads]
        if any("KE" not in m.payloads for m in asked if m.response):
            yield NONE


def _local(tunnel: Tunnel) -> Iterator[str | None]:
    return (member.authentication.local for member in tunnel.members)


def _remote(tunnel: Tunnel) -> Iterator[str | None]:
    return (member.authentication.remote for member in tunnel.members)


_READ: dict[str, Callable[[Tunnel], Iterator[str | int | None]]] = {
    "ike_version": _versions,
    "nat": _nat,
    "key_exchange": _key_exchanges,
    "pfs": _pfs,
    "authentication.local": _local,
    "authentication.remote": _remote,
}
