"""What a log tells of one IKE SA: its negotiation, messages, steps and Child SAs. The JSON report prints these."""

from typing import Literal, TypeVar

from ikelog.events.sequence import Events
from ikelog.events.types import Event, Proposal, TrafficSelector
from ikelog.record import open_record, record

Role = Literal["initiator", "responder"]
Outcome = Literal["established", "child_failed", "failed", "ike_only", "incomplete"]
Direction = Literal["sent", "received"]
ClosedBy = Literal["local", "peer", "rekey", "timeout", "replaced"]
Stage = Literal["init", "auth", "child", "up"]


@record
class End:
    """One end of an IKE SA. `port_after_float` is the UDP port after NAT was found (RFC 7296 section 2.23)."""

    address: str | None = None
    port: int | None = None
    port_after_float: int | None = None
    identity: str | None = None
    identity_type: str | None = None


@record
class Vrf:
    """Front and inside VRF as the device numbers or names them."""

    front: str | None = None
    inside: str | None = None


@record
class Configuration:
    """Names of the device's own configuration that the log gives."""

    profile: str | None = None
    tunnel_group: str | None = None
    group_policy: str | None = None
    policy: str | None = None
    proposal: str | None = None
    keyring: str | None = None
    crypto_map: str | None = None
    sequence: int | None = None
    interface: str | None = None


@record
class Authentication:
    """How each end proved who it is: `psk`, `rsa-sig`, `ecdsa-sig`, `eap`, ..."""

    local: str | None = None
    remote: str | None = None


@record
class RemoteAccess:
    """What the log tells of a remote-access user."""

    user: str | None = None
    assigned_address: str | None = None
    eap_method: str | None = None


@record
class Transforms:
    """What was negotiated. Key lengths in bits, lifetime in seconds; None where the log does not say."""

    encryption: str | None = None
    key_bits: int | None = None
    integrity: str | None = None
    prf: str | None = None
    dh_group: int | None = None
    additional_key_exchanges: tuple[str, ...] = ()
    lifetime_s: int | None = None


@record
class Offer:
    """A proposal that was sent, received, or is this device's own configuration."""

    direction: Literal["sent", "received", "own"]
    purpose: Literal["ike", "child"]
    proposal: Proposal


@record
class Nat:
    """What NAT detection found, and whether UDP 4500 was in use afterwards."""

    detected: Literal["none", "local", "remote", "both"] | None = None
    port_floated: bool | None = None


@record
class Fragments:
    """How many of an IKE message's fragments the log shows (RFC 7383)."""

    got: int
    of: int


@record
class Repeat:
    """One retransmission of a message."""

    source: str
    line: int
    time: str | None
    offset_ms: int | None


@open_record
class Message:
    """One IKE message; the records that a device prints of it are merged, its retransmissions are `repeats`.

    `n` counts from 1 within the negotiation. `answers` is the `n` of the request that this response answers.
    `step` is None in IKEv2.
    """

    n: int
    exchange: str
    message_id: int | None
    direction: Direction
    response: bool | None
    source: str
    line: int
    end_line: int
    step: str | None = None
    answers: int | None = None
    round_trip_ms: int | None = None
    time: str | None = None
    offset_ms: int | None = None
    payloads: tuple[str, ...] = ()
    notifies: tuple[str, ...] = ()
    fragments: Fragments | None = None
    repeats: tuple[Repeat, ...] = ()


@record
class Step:
    """What the device did between messages. `kind` is the event's kind, `text` a short sentence for people."""

    source: str
    line: int
    end_line: int
    time: str | None
    offset_ms: int | None
    kind: str
    text: str


@open_record
class ChildSa:
    """One Child SA (RFC 7296 section 1.2), from its request to its end. SPIs are 8 lower-case hex digits."""

    id: str
    line: int
    protocol: str | None = None
    inbound_spi: str | None = None
    outbound_spi: str | None = None
    local_selectors: tuple[TrafficSelector, ...] = ()
    remote_selectors: tuple[TrafficSelector, ...] = ()
    mode: str | None = None
    transforms: Transforms | None = None
    pfs_group: int | None = None
    lifetime_s: int | None = None
    lifetime_kb: int | None = None
    state: Literal["up", "failed", "rekeyed", "deleted"] | None = None
    verdict: str | None = None
    rekeyed_from: str | None = None
    message_id: int | None = None
    started_at: str | None = None
    ended_at: str | None = None


@record
class Closed:
    """What became of an IKE SA later."""

    by: ClosedBy
    reason: str | None
    line: int
    time: str | None


@record
class Span:
    """A stretch of lines of one source, both ends inclusive."""

    source: str
    first_line: int
    last_line: int


@open_record
class Negotiation:
    """One IKE SA as one device's log tells of it.

    SPIs are 16 lower-case hex digits, None while unknown; `connection_id` and `mode` are IKEv1's. `verdict` is set by
    the diagnosis. `stage` is what was under way last: IKE_SA_INIT, IKE_AUTH, the first Child SA, or nothing any more.
    `ike_up` and `child_up` are the events that show the IKE SA and a Child SA up, `failure` the one that first shows it
    failed. `events` are the events that belong to it, in order; `nearby` are events without a handle that stand right
    behind one of its own while another negotiation was open too: they may be its, and a finding that rests on one of
    them is inferred.
    """

    id: str
    ike_version: int
    outcome: Outcome
    device: str | None = None
    platform: str | None = None
    role: Role | None = None
    local: End = End()
    remote: End = End()
    vrf: Vrf = Vrf()
    initiator_spi: str | None = None
    responder_spi: str | None = None
    connection_id: int | None = None
    mode: Literal["main", "aggressive"] | None = None
    vpn_style: Literal["route-based", "policy-based"] | None = None
    configuration: Configuration = Configuration()
    closed: Closed | None = None
    verdict: str | None = None
    spans: tuple[Span, ...] = ()
    started_at: str | None = None
    ended_at: str | None = None
    duration_ms: int | None = None
    authentication: Authentication = Authentication()
    remote_access: RemoteAccess | None = None
    transforms: Transforms | None = None
    proposals: tuple[Offer, ...] = ()
    nat: Nat = Nat()
    messages: tuple[Message, ...] = ()
    steps: tuple[Step, ...] = ()
    child_sas: tuple[ChildSa, ...] = ()
    rekeyed_from: str | None = None
    simultaneous_with: tuple[str, ...] = ()
    other_view: str | None = None
    same_request_as: tuple[str, ...] = ()
    stage: Stage | None = None
    ike_up: Event | None = None
    child_up: Event | None = None
    failure: Event | None = None
    events: Events = Events()
    nearby: Events = Events()


@record
class Decided:
    """An outcome, and the events that first show the IKE SA up, a Child SA up, and the failure."""

    outcome: Outcome
    stage: Stage
    ike_up: Event | None
    child_up: Event | None
    failure: Event | None


_Built = TypeVar("_Built", Negotiation, ChildSa)


def changed(built: _Built, **changes: object) -> _Built:
    """Return the same with other values of some fields, without building those that nobody has asked for yet."""
    return type(built)(**{**vars(built), **changes})
