"""Turn the text of a terminal into a typed value."""

from collections.abc import Callable
from functools import lru_cache

from ikelog.events.types import Endpoint, TrafficSelector, Value
from ikelog.terms.errors import normal_error
from ikelog.terms.notifies import notify_name


def _address(text: str) -> str:
    """Write an IPv6 address as RFC 5952 does; anything else, masked addresses too, stays as printed."""
    if ":" not in text:
        return text
    import ipaddress  # slow to import, and most addresses are IPv4

    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def _endpoint(text: str) -> Value:
    address, _, port = text.rpartition(":")
    return Endpoint(_address(address.strip("[]")), int(port)) if port.isdecimal() else Endpoint(_address(text))


def _slash_endpoint(text: str) -> Value:
    address, _, port = text.rpartition("/")
    return Endpoint(_address(address), int(port))


def _message_id(text: str) -> Value:
    return int(text, 16) if text.startswith("0x") or len(text) == 8 else int(text)


def _esp_spi(text: str) -> Value:
    return text.lower().removeprefix("0x").zfill(8)


_OCTETS = {str(number): number for number in range(256)}


def _ipv4_range(address: str, mask: str) -> tuple[str, str] | None:
    """Return the first and last address of a network of IPv4, address and mask in octets; None where they are not."""
    octets, masks = ([_OCTETS.get(part, -1) for part in text.split(".")] for text in (address, mask))
    if len(octets) != 4 or len(masks) != 4 or -1 in (*octets, *masks):
        return None
    free = int.from_bytes(bytes(255 - octet for octet in masks), "big")
    if free & (free + 1):  # the bits that are set do not stand in front
        return None
    first = [octet & kept for octet, kept in zip(octets, masks, strict=True)]
    last = [octet | 255 - kept for octet, kept in zip(octets, masks, strict=True)]
    return ".".join(map(str, first)), ".".join(map(str, last))


def _range(address: str, mask: str) -> tuple[str, str] | None:
    """Return the first and last address of any network; None where it is none."""
    import ipaddress  # slow to import, and few networks are printed in another way

    try:
        network = ipaddress.ip_network(f"{address}/{mask}", strict=False)
    except ValueError:
        return None
    return str(network.network_address), str(network.broadcast_address)


def _proxy(text: str) -> Value:
    """Read an IOS proxy, `address/mask/protocol/port`; protocol and port 0 or 256 mean any."""
    address, mask, protocol, port = [*text.split("/"), "0", "0", "0"][:4]
    ends = _ipv4_range(address, mask) or _range(address, mask)
    if ends is None:
        return text
    start, end = ends
    number = int(port) if port.isdecimal() else 0
    kind = int(protocol) if protocol.isdecimal() and protocol != "256" else 0
    return TrafficSelector(start, end, kind, number, number or 65535)


# Protocols (IANA) that an ASA names in a proxy; `ip` and any other are any.
_PROTOCOLS = {"icmp": "1", "tcp": "6", "udp": "17", "gre": "47"}


def _spaced_proxy(text: str) -> Value:
    """Read an ASA proxy, `address/mask/protocol/port`, with blanks around the slashes and a protocol by its name."""
    return _proxy("/".join(_PROTOCOLS.get(part.strip().lower(), part.strip()) for part in text.split("/")))


def _sent_proxy(text: str) -> Value:
    """Read an ASA proxy in words, `address mask mask Protocol number Port number`; a host has no mask."""
    network, _, rest = text.partition(" Protocol ")
    address, _, mask = network.replace(" Mask ", " mask ").partition(" mask ")
    protocol, _, port = rest.partition(" Port ")
    host = "128" if ":" in address else "32"
    return _proxy(f"{address}/{mask or host}/{protocol}/{port}")


# IKEv2 authentication methods (RFC 7296 section 3.8) in the words that the devices print elsewhere.
_METHODS = {"1": "RSA", "2": "PSK", "3": "DSS", "9": "ECDSA", "10": "ECDSA", "11": "ECDSA"}


_CONVERT: dict[str, Callable[[str], Value]] = {
    "SPI": str.lower,
    "HEX_SPI": lambda text: text.lower().removeprefix("0x"),
    "ESP_SPI": _esp_spi,
    "HEX_DIGITS": _esp_spi,
    "SPACED_SPI": lambda text: _esp_spi(text.strip()),
    "NUMBER": int,
    "PROTOCOL_NUMBER": int,
    "SIGNED": int,
    "MESSAGE_ID": _message_id,
    "MESSAGE_HEX": lambda text: int(text, 16),
    "HEX_NUMBER": lambda text: int(text, 16),
    "ENDPOINT": _endpoint,
    "PEER": _endpoint,
    "LOOSE_ENDPOINT": _endpoint,
    "BRACKET_ENDPOINT": _endpoint,
    "SLASH_ENDPOINT": _slash_endpoint,
    "ENDPOINT_ADDRESS": lambda text: Endpoint(_address(text)),
    "ADDRESS": _address,
    "PROXY": _proxy,
    "SPACED_PROXY": _spaced_proxy,
    "SENT_PROXY": _sent_proxy,
    "WHO_ENDPOINT": lambda text: _endpoint(text.replace(" ", "")),
    "PEER_ADDRESS": _address,
    "QUOTED_GROUP": lambda text: text.strip("'"),
    "NOTIFY_NAME": notify_name,
    "ERROR": normal_error,
    "FREE_ERROR": normal_error,
    "VERDICT": str.lower,
    "COOKIE": lambda text: text.replace(" ", "").lower(),
    "METHOD_NUMBER": lambda text: _METHODS.get(text, text),
}


@lru_cache(maxsize=8192)
def convert(terminal: str, text: str) -> Value:
    """Return the value of a terminal's text; a terminal without a converter gives the text itself."""
    maker = _CONVERT.get(terminal)
    return maker(text) if maker else text.strip()
