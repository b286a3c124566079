"""The local steps worth a line in a timeline, in words."""

from ikelog.correlation import kinds
from ikelog.correlation.types import Step
from ikelog.events.sequence import Events
from ikelog.events.types import Event
from ikelog.terms import errors

# For each kind its words, and others for a line that does not give the fields of the first.
_WORDS: dict[str, str | tuple[str, str]] = {
    "acquire_requested": "traffic asks for an SA",
    "child_sa_wanted": "traffic asks for an SA",
    "tunnel_requested": "traffic asks for an SA",
    "connection_requested": "a peer asks for an SA",
    "tunnel_group_found": "tunnel-group {tunnel_group} found",
    "tunnel_group_missing": "no tunnel-group",
    "policy_found": "policy {policy} found",
    "profile_found": "profile {profile} found",
    "profile_chosen": "profile {profile} chosen",
    "profile_not_found": "no profile matches",
    "preshared_key_missing": "no pre-shared key",
    "dh_requested": "computes the DH {key} key, group {group}",
    "dh_computed": "DH computation {result}",
    "ke_group_refused": "the peer sent group {peer_group}, group {local_group} is wanted",
    "ke_group_retried": "the peer wants group {peer_group}, sent was group {local_group}",
    "cookie_sent": "asks for a cookie",
    "cookie_processed": "a cookie is asked for",
    "policies_received": "no policy matches: proposals received",
    "policies_expected": "no policy matches: own proposals",
    "nat_located": "NAT {nat_side}",
    "port_floated": ("moves to port {responder_port}", "the peer moves to port {remote_port}"),
    "peer_identity_received": "the peer is '{identity}' ({identity_type})",
    "own_method": "authenticates by {method}",
    "peer_method": "the peer authenticates by {method}",
    "peer_authentication_verified": "the peer's AUTH: {result}",
    "authentication_differs": "the peer's AUTH is not what was computed",
    "signature_verified": "the peer's signature: {result}",
    "certificate_rejected": "the peer's certificate is refused",
    "trustpoint_missing": "no trustpoint fits the peer's certificate",
    "peer_id_check_failed": "the peer's identity is not in its certificate",
    "crypto_map_matched": "crypto map {crypto_map} {sequence} matches",
    "crypto_map_accepted": "crypto map {crypto_map} {sequence} matches",
    "crypto_map_unmatched": "crypto map: selectors do not match",
    "crypto_map_incomplete": "crypto map {crypto_map} {sequence} is incomplete: {missing}",
    "crypto_map_peer_differs": "crypto map {crypto_map} {sequence} has another peer",
    "transform_refused": "transform refused",
    "proxies_refused": "selectors refused",
    "ike_sa_created": "IKE SA created",
    "ike_sa_up": "IKE SA up",
    "ike_sa_down": "IKE SA down",
    "child_keys_loaded": "keys handed to IPsec",
    "child_sa_created": "IPsec SA created, SPI {esp_spi}",
    "child_sa_installed": ("IPsec SA installed: {result}", "IPsec SA installed, SPI {esp_spi}"),
    "liveness_query_sent": "asks whether the peer lives",
    "liveness_query_received": "the peer asks for a sign of life",
    "child_delete_sent": "deletes IPsec SA {esp_spi}",
    "child_delete_received": "the peer deletes IPsec SA {esp_spi}",
    "ike_delete_sent": "deletes the IKE SA",
    "ike_delete_received": "the peer deletes the IKE SA",
    "delete_queued": "delete: {reason}",
    "session_killed": "session ended: {reason}",
    "sa_deleted": ("SA deleted: {reason}", "SA deleted"),
    "message_retransmitted": "retransmits",
    "error_reported": "error: {error}",
    "negotiation_aborted": "aborted: {error}",
    "ike_rekey_started": "rekeys the IKE SA",
    "child_rekey_started": "rekeys the Child SA",
    "start_failed": "gives up",
    "policy_not_built": "no IKEv2 policy could be built",
    "own_authentication_unset": "no own authentication",
    # IKEv1
    "negotiation_started": "{start}",
    "exchange_started": "begins {mode} Mode",
    "ike_transform_checked": "checks transform {number} against policy {priority}",
    "attribute_mismatched": ("{attribute}: received {received_value}, own {configured_value}", "{attribute} differs"),
    "attributes_refused": "transform refused",
    # In Quick Mode it is printed before the policy decides.
    "attributes_accepted": ("transform accepted, next payload {next_payload}", "transform read"),
    "ike_proposal_accepted": "IKE proposal accepted",
    "ike_offers_refused": "no transform fits",
    "ike_policy_refused": "the peer's IKE proposal is refused",
    "ike_proposals_refused": "the peer's IKE proposals are refused",
    "nat_detected": "NAT: {nat_side}",
    "nat_absent": "no NAT",
    "tunnel_group_landed": "tunnel-group {tunnel_group}",
    "peer_authenticated": "the peer is authenticated",
    "key_mismatch_suspected": "a message cannot be decrypted: the keys may differ",
    "message_not_decrypted": "a message cannot be decrypted",
    "id_payload_malformed": "the peer's ID payload makes no sense",
    "retransmission_begun": "retransmits, {state}",
    "message_repeated": "the peer's message came again",
    "ike_state_failed": "gives up: {history}",
    "negotiation_timed_out": "timed out in {state}",
    "quick_mode_started": "begins Quick Mode",
    "child_proposal_invalidated": "IPsec refuses the proposal, error {error_number}",
    "child_policy_refused": "the peer's IPsec proposal is refused",
    "child_proposals_refused": "the peer's IPsec proposals are refused",
    "traffic_selectors_refused": "no crypto map entry for these networks",
    "quick_mode_failed": "Quick Mode failed",
    "child_sa_completed": "Quick Mode complete",
    "child_sas_creating": "IPsec SAs created",
    "session_torn_down": "session torn down: {reason}",
    "connection_terminated": "connection terminated: {reason}",
    "session_disconnected": "session disconnected: {reason}",
    "peer_lost": "the peer does not answer any more",
    "peer_not_responding": "the peer does not answer any more",
    "xauth_failed": "XAUTH failed",
}


class _Known(dict[str, object]):
    """Shows a field that a line did not give as a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"


def _text(event: Event) -> str:
    words = _WORDS[event.kind]
    if isinstance(words, str):
        return words.format_map(_Known(event.fields))
    full, short = words
    try:
        return full.format_map(event.fields)
    except KeyError:
        return short.format_map(_Known(event.fields))


def _is_meaningless(event: Event) -> bool:
    """Tell whether an event gives an error that healthy logs have too: in a timeline it would only frighten."""
    return event.kind in kinds.NAME_ERROR and event.fields.get("error") in errors.MEANINGLESS


def build_steps(events: Events) -> tuple[Step, ...]:
    """Return the steps of a negotiation in the order of its lines."""
    return tuple(
        Step(
            event.source,
            event.line,
            event.end_line,
            event.time,
            event.offset_ms,
            event.kind,
            _text(event),
        )
        for event in events.of(*_WORDS)
        if not _is_meaningless(event)
    )
