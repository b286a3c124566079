"""How the exchanges of a negotiation are called: IKEv1 has Main Mode, not IKE_SA_INIT."""

from ikelog.correlation.types import Message, Negotiation

_MODES = {"main": "Main Mode", "aggressive": "Aggressive Mode", None: "phase 1 (Main or Aggressive Mode)"}
# RFC 7296's names stand in the log as they are; those of RFC 2409 are written so by people.
_IKEV1 = {
    "MAIN_MODE": "Main Mode",
    "AGGRESSIVE_MODE": "Aggressive Mode",
    "QUICK_MODE": "Quick Mode",
    "INFORMATIONAL": "Informational",
    "TRANSACTION": "Transaction",
}


def first_exchange(negotiation: Negotiation) -> str:
    """Return the name of the exchange that a negotiation begins with."""
    return "IKE_SA_INIT" if negotiation.ike_version == 2 else _MODES[negotiation.mode]


def auth_exchange(negotiation: Negotiation) -> str:
    """Return the name of the exchange in which the ends authenticate."""
    return "IKE_AUTH" if negotiation.ike_version == 2 else f"the authentication of {_MODES[negotiation.mode]}"


def child_exchange(negotiation: Negotiation) -> str:
    """Return what makes the first Child SA."""
    return "the first Child SA" if negotiation.ike_version == 2 else "Quick Mode"


def message_name(negotiation: Negotiation, message: Message) -> str:
    """Return a message as people call it: `the IKE_AUTH request 1`, `the third message of Main Mode (MM3)`."""
    if negotiation.ike_version == 2:
        kind = {True: " answer", False: " request", None: ""}[message.response]
        number = "" if message.message_id is None else f" {message.message_id}"
        return f"the {message.exchange}{kind}{number}"
    name = _IKEV1.get(message.exchange, message.exchange)
    return f"message {message.step} ({name})" if message.step else f"an {name} message"
