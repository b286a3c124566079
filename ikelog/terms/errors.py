"""The sentences with which Cisco's IKEv2 gives an error, in lower case, as events carry them."""

AUTH_EXCHANGE_FAILED = "auth exchange failed"
NO_MATCHING_POLICY = "failed to find a matching policy"
POLICIES_REFUSED = "failed to verify the proposed policies"
AUTHENTICATION_FAILED = "failed to authenticate the ike sa"
INITIAL_EXCHANGE_FAILED = "initial exchange failed"
CREATE_CHILD_FAILED = "create child exchange failed"
AUTH_TIMER_EXPIRED = "failed to receive the auth msg before the timer expired"
RETRANSMISSIONS_EXHAUSTED = "maximum number of retransmissions reached"
NO_POLICY_FOR_TS = "there was no ipsec policy found for received ts"
NOT_IN_DATABASE = "failed to locate an item in the database"
NO_PROPOSAL_RECEIVED = "received no proposal chosen notify"
INVALID_IKE_SPI = "detected an invalid ike spi"
HTTP_URL_CERTIFICATE = (
    "unsupported cert encoding found or peer requested http url but never sent http_lookup_supported notification"
)
AUTH_METHOD_MISMATCH = "peer authentication method configured is mismatching with the method proposed by peer"
UNSUPPORTED_FAILOVER = "detected unsupported failover version"
PLATFORM_ERRORS = "platform errors"
WRONG_DH_GROUP = "the peer's ke payload contained the wrong dh group"
ALREADY_NEGOTIATING = "sa is already in negotiation, hence not negotiating again"

NO_CONFIG_DATA = "no config data to send"
CORRELATION_ENTRY = "failed to remove peer correlation entry"

# These say nothing at all of how a negotiation went.
MEANINGLESS = frozenset({UNSUPPORTED_FAILOVER, NO_CONFIG_DATA, CORRELATION_ENTRY})
# Printed in healthy logs, or of something that retries by itself: they end nothing.
HARMLESS = frozenset(
    {
        UNSUPPORTED_FAILOVER,
        "packet is a retransmission",
        "negotiation context locked currently in use",
        NO_CONFIG_DATA,
        CORRELATION_ENTRY,
        ALREADY_NEGOTIATING,
        INVALID_IKE_SPI,
        WRONG_DH_GROUP,
    }
)


def normal_error(printed: str) -> str:
    """Return an error sentence in the form in which it is compared."""
    return " ".join(printed.lower().split()).rstrip(" .")
