"""Which kinds of event say what about an IKEv1 negotiation."""

# Lines printed before the first that names the peer: held and adopted by the negotiation that they begin.
BEGINNING = frozenset(
    """sa_request_profile acquire_received child_sa_wanted key_engine_timer_fired key_engine_queued acl_checked
    acquire_queued""".split()
)

# Lines about the device as a whole, or about SAs that are gone: of no negotiation.
OF_NONE = frozenset(
    """algorithm_refused dh_pregeneration_refused delete_not_sent peer_deleted ike_switched packet_discarded
    transform_next_payload_wrong ike_sa_unknown unrecognised esp_spi_unknown replay_detected integrity_failed
    unprotected_packet_received""".split()
)

# Lines that alone are no negotiation: they tell of an end, or repeat what others said.
NEVER_ALONE = frozenset(
    """peer_index_missing peer_not_removed peer_unlocked node_deleted node_purged sa_purged sa_deleted session_torn_down
    connection_terminated session_disconnected sa_terminating delete_sent_with_reason empty peer_inserted
    state_input unknown_input session_status peer_lost liveness_query_sent
    liveness_query_received liveness_answered peer_found peer_created
    acquire_dequeued negotiation_in_progress message_repeated child_sa_deleted informational_failed
    tunnel_attempt_failed tunnel_manager_failed group_policy_retrieved""".split()
)

# What still comes of a negotiation that has ended.
ENDING = NEVER_ALONE | frozenset(
    """state_changed payload_constructed message_sent child_sas_delete_notified child_sas_deleted packet_written
    payload_processed notify_sent notify_received delete_sent child_sa_delete_saved hash_computed
    ike_state_failed flow_statistics route_managed node_created""".split()
)

# The ISAKMP SA is up.
IKE_UP = frozenset({"ike_sa_created"})
UP_STATES = frozenset({"IKE_P1_COMPLETE"})

# What only Quick Mode prints: the ISAKMP SA that it is under is up.
QUICK_MODE = frozenset(
    """quick_mode_started quick_mode_message child_proposal_checked child_transform_checked child_policy_refused
    child_proposal_invalidated child_proposals_refused traffic_selectors_refused quick_mode_failed
    child_proposal_accepted child_sa_completed child_sa_negotiated child_sas_creating child_sa_installed
    spi_requested install_answered crypto_map_checked crypto_map_unmatched crypto_map_matched
    crypto_map_incomplete negotiation_in_progress""".split()
)

CHILD_UP = frozenset(
    """child_sas_creating child_sa_installed child_sa_created child_sa_completed child_sa_negotiated
    """.split()
)
CHILD_UP_STATES = frozenset({"IKE_QM_PHASE2_COMPLETE"})

# A Quick Mode was refused.
CHILD_REFUSED = frozenset(
    """child_policy_refused child_proposals_refused traffic_selectors_refused quick_mode_failed proxies_refused
    child_proposal_invalidated""".split()
)

# From these an ISAKMP SA that is not up does not come back.
FATAL = frozenset(
    """ike_policy_refused ike_offers_refused ike_proposals_refused preshared_key_missing tunnel_group_missing
    key_mismatch_suspected aggressive_mode_disabled negotiation_timed_out session_torn_down sa_deleted
    id_payload_malformed message_not_decrypted peer_lost connection_terminated authentication_failed
    certificate_rejected certificate_not_in_date ike_state_failed xauth_failed user_authentication_failed
    own_user_authentication_failed authorization_failed group_locked protocol_not_allowed admission_refused
    address_unavailable own_credential_missing signing_key_missing notify_rejected
    ikev1_mode_failed""".split()
)

# Error notifies (RFC 2408 section 3.14.1) have numbers below 16384; Cisco prints them by name.
ERROR_NOTIFIES = frozenset(
    """NO_PROPOSAL_CHOSEN PROPOSAL_NOT_CHOSEN INVALID_ID_INFORMATION INVALID_ID_INFO PAYLOAD_MALFORMED
    AUTHENTICATION_FAILED INVALID_PAYLOAD_TYPE INVALID_KEY_INFORMATION INVALID_HASH_INFORMATION INVALID_SIGNATURE
    SITUATION_NOT_SUPPORTED DOI_NOT_SUPPORTED ATTRIBUTES_NOT_SUPPORTED INVALID_CERTIFICATE UNSUPPORTED_EXCHANGE_TYPE
    INVALID_EXCHANGE_TYPE INVALID_COOKIE BAD_PROPOSAL_SYNTAX INVALID_CERT_ENCODING INVALID_FLAGS""".split()
)

# What the state machine of IOS names a Notify or Delete that came in.
INFORMATIONAL_INPUTS = frozenset(
    """IKE_INFO_NOTIFY IKE_INFO_DELETE IKE_INFO_INITIAL_CONTACT IKE_MESG_KEEP_ALIVE IKE_INFO_DPD IKE_INFO""".split()
)
