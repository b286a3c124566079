"""Which lines continue which record, and what the record says once they are in."""

import re
from collections.abc import Callable, Mapping

from ikelog.events.parts import Part, parse_part
from ikelog.events.types import Endpoint, Event, Proposal, TrafficSelector, Value
from ikelog.grammar.types import Parsed
from ikelog.record import replaced
from ikelog.terms import transforms
from ikelog.terms.notifies import notify_name

_MESSAGE_PARTS = frozenset(
    """message_spis message_exchange payload_contents payloads_listed message_header payload_header payload_length
    notify_parsed vendor_id_parsed proposal_length proposal_header transform_length transform key_exchange_group
    notify_detail delete_detail identity_detail authentication_detail payload_data encrypted_data
    certificate_encoding selector_count selector_type selector_ports selector_addresses config_type
    config_attribute hex_dump version_text fragment cookie_data eap_packet eap_type""".split()
)
_PAYLOAD_PARTS = frozenset("payloads_listed payload_length payload_header notify_detail hex_dump".split())
_PROPOSAL_PARTS = frozenset({"transform_count", "transforms_listed", "proposal_listed"})
_IPSEC_PARTS = frozenset(
    """ipsec_identity ipsec_ends ipsec_local_proxy ipsec_remote_proxy ipsec_transform ipsec_lifetime ipsec_spi ipsec_sa
    ipsec_sa_spi ipsec_sa_transform ipsec_sa_lifetime transform_set""".split()
)

_IDENTITY_PARTS = frozenset("""id_next_payload id_type id_address id_name id_protocol id_port id_length""".split())

MESSAGE_BLOCKS = frozenset(
    [
        "message_sent",
        "message_received",
        "message_transmitted",
        "message_arrived",
        "message_decrypted",
        "packet_built",
        "message_header",
        "message_spis",
    ]
)
_POLICY_BLOCKS = frozenset({"policies_received", "policies_expected"})
_PROPOSAL_BLOCKS = frozenset({"ike_proposal_listed", "esp_proposal_listed", "ah_proposal_listed"})
_IPSEC_BLOCKS = frozenset(
    [
        "child_sa_wanted",
        "key_engine_timer_fired",
        "child_proposal_seen",
        "transform_refused",
        "child_sa_created",
        "child_sa_deleted",
        "child_sas_initialised",
    ]
)

ACCEPTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(MESSAGE_BLOCKS, _MESSAGE_PARTS),
    **dict.fromkeys(("message_decrypted", "packet_built"), _MESSAGE_PARTS - {"message_spis", "message_exchange"}),
    **dict.fromkeys(_POLICY_BLOCKS | _PROPOSAL_BLOCKS, _PROPOSAL_PARTS),
    **dict.fromkeys(_IPSEC_BLOCKS, _IPSEC_PARTS),
    "proxies_compared": frozenset({"proxy_compared"}),
    "decrypted_packet": frozenset({"payload_data"}),
    **dict.fromkeys(("notify_parsed", "vendor_id_parsed"), _PAYLOAD_PARTS),
    "config_attribute": frozenset({"version_text"}),
    "identity_payload": _IDENTITY_PARTS,
    "child_sa_traffic": frozenset({"child_sa_proxies", "child_sa_spi", "child_sa_lifetime"}),
    "config_attributes_sent": frozenset({"xauth_status_sent", "config_address_sent"}),
}

# Records that keep every field of the lines below them.
_KEEPING = _IPSEC_BLOCKS | {"proxies_compared", "decrypted_packet", "identity_payload", "child_sa_traffic"}

_NOTIFY = r"NOTIFY\((.*)\)"
_LABELS = {
    "ENCRYPTION": "encryption",
    "PRF": "prf",
    "INTEGRITY": "integrity",
    "DH GROUP": "key_exchange",
    "ESN": "esn",
}


class Block:
    """A record that is still open: its head, and what its continuation lines have said so far."""

    def __init__(self, head: Event, fields: dict[str, Value], end_line: int) -> None:
        self.head = head
        self.fields = fields
        self.listed: list[str] = []
        self.detailed: list[str] = []
        self.names: list[str] = []
        self.proposals: list[Proposal] = []
        self.typed: list[tuple[int, str]] = []
        self.tsi: list[TrafficSelector] = []
        self.tsr: list[TrafficSelector] = []
        self.selector = TrafficSelector("", "")
        self.last_payload = ""
        self.end_line = end_line


def open_block(head: Event) -> Block:
    """Open the record that `head` begins."""
    block = Block(head, dict(head.fields), end_line=head.end_line)
    text = block.fields.pop("proposal_text", None)
    if isinstance(text, str):
        part = parse_part(text, "ios_ikev2")
        if part:
            add_part(block, part, head.line)
    return block


def add_part(block: Block, part: Part, line: int) -> None:
    """Add one continuation line to a record that accepts it."""
    block.end_line = max(block.end_line, line)
    kind, values, payloads, parsed = part
    if kind in ("payload_contents", "payloads_listed"):
        block.listed.extend(payloads)
    elif payloads:
        block.detailed.extend(payloads)
    block.last_payload = payloads[-1] if payloads else block.last_payload
    add = _PARTS.get(kind)
    if add:
        add(block, values, parsed, line)
    elif block.head.kind in _KEEPING:
        for name, value in values.items():
            block.fields.setdefault(name, value)


def close_block(block: Block) -> Event:
    """Return the finished record as one event."""
    fields = block.fields
    _finish_proposal(block)
    if block.head.kind in MESSAGE_BLOCKS:
        payloads = max(block.listed, block.detailed, key=len)
        fields["payloads"] = tuple(name for name in payloads if not name.startswith("NOTIFY"))
        fields["notifies"] = tuple(notify_name(m[1]) for payload in payloads if (m := re.match(_NOTIFY, payload)))
        for name, selectors in (("tsi", block.tsi), ("tsr", block.tsr)):
            if selectors:
                fields[name] = tuple(selectors)
    if block.names:
        child = block.head.kind in ("esp_proposal_listed", "ah_proposal_listed")
        number = fields.get("number")
        block.proposals.append(_proposal(block.names, child, number, block.head.kind[:3].strip("_"), block.head.line))
    if block.proposals:
        fields["proposals"] = tuple(block.proposals)
    return block.head._replace(end_line=block.end_line, fields=fields)


def _proposal(names: list[str], child: bool, number: Value | None, protocol: str | None, line: int) -> Proposal:
    sets = transforms.transform_sets(names, child=child)
    return Proposal(number if isinstance(number, int) else None, protocol, **sets, line=line)


def _spis(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    for name, value in values.items():
        block.fields.setdefault(name, value)


def _exchange(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    block.fields["exchange"] = values["exchange"]
    block.fields["response"] = values["direction"] == "RESPONSE"


def _header(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    flags = str(values.get("flags", ""))
    if flags and "response" not in block.fields:
        block.fields["response"] = "MSG-RESPONSE" in flags
    if flags:
        block.fields["flags"] = flags
    for name in ("exchange", "message_id", "length"):
        if name in values:
            block.fields.setdefault(name, values[name])


def _proposal_header(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    _finish_proposal(block)
    number = values["number"]
    protocol = str(values["protocol"]).lower()
    block.proposals.append(Proposal(number if isinstance(number, int) else None, protocol, line=line))


def _transform(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    if isinstance(values.get("type"), int):
        block.typed.append((int(str(values["type"])), str(values["name"])))


def _finish_proposal(block: Block) -> None:
    """Give the transforms of a payload tree, which name their types, to the proposal that they stand under."""
    if not block.typed or not block.proposals:
        return
    sets: dict[str, tuple[str, ...]] = {}
    for number, name in block.typed:
        kind = transforms.TYPES.get(number)
        if kind:
            text = transforms.group_name(name) if kind == transforms.KEY_EXCHANGE else name
            sets[kind] = (*sets.get(kind, ()), text)
    block.proposals[-1] = replaced(block.proposals[-1], **sets)
    block.typed = []


def _listed_transforms(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    block.names.extend(text for name, _, text in parsed.told() if name == "transform")


def _listed_proposal(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    protocol = str(values["protocol_label"]).lower() if "protocol_label" in values else None
    labelled = [text for name, _, text in parsed.told() if name == "labelled"]
    if labelled:
        block.proposals.append(_labelled_proposal(labelled, values.get("number"), protocol, line))
        return
    names = [text for name, _, text in parsed.told() if name == "transform"]
    child = protocol in ("esp", "ah")
    block.proposals.append(_proposal(names, child, values.get("number"), protocol or "ike", line))


def _labelled_proposal(labelled: list[str], number: Value | None, protocol: str | None, line: int) -> Proposal:
    sets: dict[str, tuple[str, ...]] = {}
    for text in labelled:
        label, _, names = text.partition(": ")
        kind = _LABELS.get(label)
        if kind == transforms.KEY_EXCHANGE:
            groups = re.findall(r"\S+/Group \d+|\S+", names)
            sets[kind] = tuple(transforms.group_name(group) for group in groups)
        elif kind:
            sets[kind] = tuple(re.findall(r"Don't use ESN|Use ESN|\S+", names))
    return Proposal(number if isinstance(number, int) else None, protocol or "ike", **sets, line=line)


def _selector_type(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    number = values.get("protocol_number", 0)
    block.selector = TrafficSelector("", "", number if isinstance(number, int) else 0)


def _selector_ports(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    start, end = values["start_port"], values["end_port"]
    if isinstance(start, int) and isinstance(end, int):
        block.selector = replaced(block.selector, start_port=start, end_port=end)


def _selector_addresses(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    selector = replaced(block.selector, start=str(values["start"]), end=str(values["end"]))
    if block.last_payload in ("TSi", "TSr"):
        (block.tsi if block.last_payload == "TSi" else block.tsr).append(selector)


def _kept(*names: str) -> Callable[[Block, Mapping[str, Value], Parsed, int], None]:
    """Return an adder that keeps the named fields, the first value of each."""

    def add(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
        for name in names:
            if name in values:
                block.fields.setdefault(name, values[name])

    return add


def _identity(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    if block.last_payload in ("IDi", "IDr"):
        block.fields.setdefault(f"{block.last_payload.lower()}_type", values["identity_type"])


def _ipsec_ends(block: Block, values: Mapping[str, Value], parsed: Parsed, line: int) -> None:
    for name, field_name in (("local_port", "local"), ("remote_port", "remote")):
        end = values.get(name)
        if isinstance(end, Endpoint):
            block.fields.setdefault(field_name, replaced(end, port=end.port or None))
    if "direction" in values:
        block.fields.setdefault("direction", values["direction"])


_PARTS: dict[str, Callable[[Block, Mapping[str, Value], Parsed, int], None]] = {
    "message_spis": _spis,
    "message_exchange": _exchange,
    "message_header": _header,
    "proposal_header": _proposal_header,
    "transform": _transform,
    "transform_length": _transform,
    "transforms_listed": _listed_transforms,
    "proposal_listed": _listed_proposal,
    "selector_type": _selector_type,
    "selector_ports": _selector_ports,
    "selector_addresses": _selector_addresses,
    "identity_detail": _identity,
    "authentication_detail": _kept("method"),
    "key_exchange_group": _kept("group"),
    "delete_detail": _kept("protocol"),
    "fragment": _kept("number", "total"),
    "ipsec_identity": _ipsec_ends,
    "ipsec_ends": _ipsec_ends,
}
