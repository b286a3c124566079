"""IKEv2 notify types (RFC 7296 section 3.10.1, IANA) and the spellings that Cisco devices print."""

import re

NAMES = {
    1: "UNSUPPORTED_CRITICAL_PAYLOAD",
    4: "INVALID_IKE_SPI",
    5: "INVALID_MAJOR_VERSION",
    7: "INVALID_SYNTAX",
    9: "INVALID_MESSAGE_ID",
    11: "INVALID_SPI",
    14: "NO_PROPOSAL_CHOSEN",
    17: "INVALID_KE_PAYLOAD",
    24: "AUTHENTICATION_FAILED",
    34: "SINGLE_PAIR_REQUIRED",
    35: "NO_ADDITIONAL_SAS",
    36: "INTERNAL_ADDRESS_FAILURE",
    37: "FAILED_CP_REQUIRED",
    38: "TS_UNACCEPTABLE",
    39: "INVALID_SELECTORS",
    43: "TEMPORARY_FAILURE",
    44: "CHILD_SA_NOT_FOUND",
    16384: "INITIAL_CONTACT",
    16385: "SET_WINDOW_SIZE",
    16388: "NAT_DETECTION_SOURCE_IP",
    16389: "NAT_DETECTION_DESTINATION_IP",
    16390: "COOKIE",
    16391: "USE_TRANSPORT_MODE",
    16393: "REKEY_SA",
    16394: "ESP_TFC_PADDING_NOT_SUPPORTED",
    16395: "NON_FIRST_FRAGMENTS_ALSO",
    16396: "MOBIKE_SUPPORTED",
    16406: "REDIRECT_SUPPORTED",
    16430: "IKEV2_FRAGMENTATION_SUPPORTED",
    16431: "SIGNATURE_HASH_ALGORITHMS",
}

_CISCO = {
    "ESP_TFC_NO_SUPPORT": "ESP_TFC_PADDING_NOT_SUPPORTED",
    "NON_FIRST_FRAGS": "NON_FIRST_FRAGMENTS_ALSO",
    "INVALID_KE": "INVALID_KE_PAYLOAD",
    "AUTH_FAILED": "AUTHENTICATION_FAILED",
    "MAJOR_VERSION": "INVALID_MAJOR_VERSION",
}

_NUMBERS = {name: number for number, name in NAMES.items()}

# An error notify that refuses the Child SA alone: the IKE SA lives on (RFC 7296 sections 1.2 and 2.21.2).
CHILD_SA_ERRORS = frozenset(
    {
        "NO_PROPOSAL_CHOSEN",
        "TS_UNACCEPTABLE",
        "SINGLE_PAIR_REQUIRED",
        "INTERNAL_ADDRESS_FAILURE",
        "FAILED_CP_REQUIRED",
        "INVALID_KE_PAYLOAD",
        "NO_ADDITIONAL_SAS",
        "TEMPORARY_FAILURE",
        "CHILD_SA_NOT_FOUND",
        "INVALID_SELECTORS",
    }
)


def notify_name(printed: str) -> str:
    """Return the RFC's name of a notify as a device printed it; what is unknown stays as printed."""
    if printed[:7].lower() == "unknown":
        unknown = re.fullmatch(r" ?- ?(\d+)", printed[7:])
        if unknown:
            return NAMES.get(int(unknown[1]), f"NOTIFY_{unknown[1]}")
    return _CISCO.get(printed, printed)


def is_error(name: str) -> bool:
    """Tell whether a notify reports an error: types below 16384 do (RFC 7296 section 3.10.1)."""
    number = _NUMBERS.get(name)
    if number is None and name.startswith("NOTIFY_"):
        number = int(name.removeprefix("NOTIFY_"))
    return number is not None and number < 16384
