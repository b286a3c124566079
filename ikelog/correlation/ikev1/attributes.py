"""The attributes of IKEv1 transforms, which IOS lists one a line (RFC 2409 appendix A, RFC 2407 section 4.5)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from ikelog.correlation.types import Transforms
from ikelog.events.types import Event, Proposal, Value
from ikelog.record import record

_CHECKED: dict[str, Literal["ike", "child"]] = {"ike_transform_checked": "ike", "child_transform_checked": "child"}
_CIPHERS = {
    "ESP_AES": "AES-CBC",
    "ESP_3DES": "3DES",
    "ESP_DES": "DES",
    "ESP_NULL": "NULL",
    "AES-CBC": "AES-CBC",
    "3DES-CBC": "3DES",
    "DES-CBC": "DES",
}
_METHODS = {"pre-share": "psk", "RSA sig": "rsa-sig", "RSA encr": "rsa-encr", "ECDSA sig": "ecdsa-sig"}
_MODES = {1: "tunnel", 2: "transport", 3: "tunnel", 4: "transport", 61443: "tunnel", 61444: "transport"}


@record
class Checked:
    """A transform that this device checked against its own: its attributes, and what came of it.

    `place` is the event that began it; `priority` that of the own policy; `mismatched` names what differed.
    """

    purpose: Literal["ike", "child"]
    place: Event
    attributes: Mapping[str, Value]
    accepted: bool | None
    priority: int | None = None
    mismatched: tuple[str, ...] = ()


def checked_transforms(events: Iterable[Event]) -> Iterator[Checked]:
    """Yield the transforms that a device checked, in the order of the log."""
    place: Event | None = None
    purpose: Literal["ike", "child"] = "ike"
    attributes: dict[str, Value] = {}
    mismatched: list[str] = []
    for event in events:
        if event.kind in _CHECKED:
            if place is not None:
                yield _checked(purpose, place, attributes, None, mismatched)
            place, purpose, attributes, mismatched = event, _CHECKED[event.kind], dict(event.fields), []
        elif place is not None and event.kind == "attribute_listed":
            attributes.update(_timed(attributes, event.fields))
        elif place is not None and event.kind == "attribute_mismatched":
            mismatched.append(str(event.fields.get("attribute")))
        elif place is not None and event.kind in ("attributes_accepted", "attributes_refused"):
            yield _checked(purpose, place, attributes, event.kind == "attributes_accepted", mismatched)
            place = None
    if place is not None:
        yield _checked(purpose, place, attributes, None, mismatched)


def _checked(
    purpose: Literal["ike", "child"],
    place: Event,
    attributes: Mapping[str, Value],
    accepted: bool | None,
    mismatched: list[str],
) -> Checked:
    priority = attributes.get("priority")
    return Checked(
        purpose, place, attributes, accepted, priority if isinstance(priority, int) else None, tuple(mismatched)
    )


def _timed(known: Mapping[str, Value], fields: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return an attribute; a duration is one of seconds or kilobytes, as the line before it says."""
    if "life_duration" in fields or "life_duration_bytes" in fields:
        unit = "kilobytes" if "kilobytes" in str(known.get("life_type")) else "seconds"
        number = fields.get("life_duration", _number(fields.get("life_duration_bytes")))
        return {unit: number} if isinstance(number, int) else {}
    return fields


def _number(printed: Value | None) -> int | None:
    """Return the number that IOS prints byte by byte: `0x0 0x1 0x51 0x80` is 86400."""
    words = str(printed).split() if printed is not None else []
    try:
        return int.from_bytes(bytes(int(word, 16) for word in words), "big") if words else None
    except ValueError:
        return None


def transforms_of(checked: Checked) -> Transforms:
    """Return a checked transform as what was negotiated."""
    fields = checked.attributes
    group, seconds = fields.get("group"), fields.get("seconds")
    return Transforms(
        encryption=cipher(fields),
        key_bits=_bits(fields),
        integrity=_text(fields.get("hash") or fields.get("integrity")),
        prf=None if checked.purpose == "child" or "hash" not in fields else f"HMAC-{fields['hash']}",
        dh_group=group if isinstance(group, int) else None,
        lifetime_s=seconds if isinstance(seconds, int) else None,
    )


def proposal_of(checked: Checked) -> Proposal:
    """Return a checked transform as a proposal, whose sets have one name each."""
    fields, found = checked.attributes, transforms_of(checked)
    number = fields.get("number")
    name = found.encryption
    if name is not None and found.key_bits is not None and name.startswith("AES"):
        name = f"{name}-{found.key_bits}"
    return Proposal(
        number if isinstance(number, int) else None,
        "ike" if checked.purpose == "ike" else "ah" if str(fields.get("transform", "")).startswith("AH") else "esp",
        encryption=(name,) if name else (),
        integrity=(found.integrity,) if found.integrity else (),
        key_exchange=(str(found.dh_group),) if found.dh_group is not None else (),
        line=checked.place.line,
    )


def cipher(fields: Mapping[str, Value]) -> str | None:
    """Return the name of a transform's cipher as IKEv2 debugs print it."""
    printed = _text(fields.get("encryption") or fields.get("transform"))
    return None if printed is None or printed.startswith("AH_") else _CIPHERS.get(printed, printed)


def method(fields: Mapping[str, Value]) -> str | None:
    """Return the authentication method that a transform asks for."""
    printed = _text(fields.get("authentication"))
    return None if printed is None else _METHODS.get(printed, printed.lower())


def encapsulation(fields: Mapping[str, Value]) -> str | None:
    """Return the encapsulation mode of a transform: `tunnel` or `transport`, over UDP or not."""
    number = fields.get("encapsulation_number")
    return _MODES.get(number) if isinstance(number, int) else None


def _bits(fields: Mapping[str, Value]) -> int | None:
    bits = fields.get("key_bits")
    return bits if isinstance(bits, int) else None


def _text(value: Value | None) -> str | None:
    return None if value is None else str(value)
