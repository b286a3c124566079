"""Which kinds of event say what about the negotiation that they belong to."""

from ikelog.terms import errors

# Lines that can begin a negotiation, printed before its first SPI is: held and adopted by the one that they start.
BEGINNING = frozenset(
    """acquire_requested session_handle_invalid tunnel_group_searched tunnel_group_found tunnel_group_missing
    own_method_configured peer_methods_configured identity_configured own_method_unset own_authentication_unset
    policy_not_built trustpoint_set tunnel_group_set tunnel_group_type_set request_admitted child_spis_received
    policy_searched policy_found default_policy_used proposal_added policy_added profile_chosen
    preshared_key_requested peer_block_matched preshared_key_missing no_config_data dh_requested dh_computed
    dh_queued message_generated ike_proposal_listed policies_set policies_requested pki_requested
    trustpoints_retrieved pki_answered pki_session_opened child_sa_wanted tunnel_requested connection_requested
    ike_switched packet_dispatched packet_dequeued start_failed action_taken
    key_engine_timer_fired key_engine_queued authorization_requested pfkey_received negotiations_counted""".split()
)

# The first of such lines: two of one kind before one message are two beginnings.
STARTING = frozenset(
    """acquire_requested child_sa_wanted tunnel_requested connection_requested preshared_key_requested
    policy_searched""".split()
)

# Lines that only say that something goes away, or may: alone they are no negotiation, and they come behind its end too.
ENDING = frozenset(
    """sa_deleted exchange_aborted context_deleted request_deleted session_cleaned session_deregistered session_killed
    negotiations_released peer_correlation_absent identity_absent delete_requested existing_sa_checked ike_sas_deleted
    timer_started timer_stopped window_moved window_checked empty pki_session_closed
    connection_status mib_tunnel_started informational_acknowledged request_queued pfkey_received key_engine_queued
    outbound_enabled child_sas_delete_notified child_sa_delete_saved child_sas_initialised route_managed
    flow_statistics""".split()
)

# Syslog lines that name both ends: they are a negotiation's even where nothing else of it is logged.
NAMES_PEER = frozenset(
    """connection_requested tunnel_requested negotiation_aborted ike_sa_up ike_sa_down admission_refused
    own_credential_missing peer_method_missing certificate_rejected tunnel_group_missing own_method_unset
    user_authentication_failed config_failed protocol_not_allowed crypto_map_unmatched initial_contact_replaced
    session_status""".split()
)

# The first syslog line of an attempt.
REQUESTED = frozenset({"connection_requested", "tunnel_requested"})

# Lines that name a crypto map entry and no SA: any negotiation may be meant, so none is.
NAMES_MAP_ONLY = frozenset(
    """acquire_dispatched acquire_failed acquire_pending acquire_retried tunnel_attempt_failed tunnel_manager_failed
    tunnel_manager_removed tunnel_attempt_succeeded ikev2_not_configured ikev1_not_configured backup_denied
    multiple_peers_refused""".split()
)

# Lines without a handle that end a start before there is an SPI: with the held ones they are a negotiation.
START_FAILED = frozenset({"start_failed", "policy_not_built", "negotiation_aborted"})

IKE_UP = frozenset({"ike_sa_created", "ike_sa_up"})
CHILD_UP = frozenset({"child_keys_loaded", "child_sa_created", "outbound_sa_changed"})
AT_WORK = frozenset(
    """liveness_query_sent liveness_query_received child_rekey_started ike_rekey_started initial_contact_replaced
    rekey_collision child_deleted_invalid_spi""".split()
)

# All kinds that carry an error sentence, a state of the state machine, VRFs: a test holds them against the grammars.
NAME_ERROR = ("error_reported", "negotiation_aborted", "unknown_ike_sa")
NAME_STATE = ("state_changed",)
NAME_VRF = ("message_sent", "message_received", "message_transmitted", "message_arrived")

# Error sentences of the Child SA, not of the IKE SA.
CHILD_ERRORS = frozenset({errors.NO_POLICY_FOR_TS, errors.CREATE_CHILD_FAILED})

# Events from which an IKE SA that is not up does not come back.
FATAL = frozenset(
    """init_failed authentication_refused start_failed policy_not_built tunnel_group_missing own_method_unset
    own_authentication_unset certificate_rejected no_proposal_sent
    authentication_failure_sent own_credential_missing peer_method_missing protocol_not_allowed
    admission_refused ike_weaker_than_child user_authentication_failed  authorization_failed
    eap_failed dh_failed profile_not_found preshared_key_missing policies_received policies_expected""".split()
)
FATAL_STATES = frozenset({"EV_FAIL", "EV_ABORT", "EV_AUTH_FAIL", "EV_CERT_FAIL", "EV_NO_PROP_CHOSEN"})
