"""Which debugs to take for which question on which platform: the recipes, as data."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ikelog.record import record

ANY_PEER = "<peer-address>"
# What users call the platforms; FTD takes the debugs of an ASA in its diagnostic CLI.
PLATFORMS = ("ios", "asa", "ftd")
QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "ikev2": "an IKEv2 SA does not come up, or goes down",
        "ikev1": "an IKEv1 (ISAKMP) SA does not come up, or goes down",
        "certificates": "a certificate is refused, or none is sent",
        "child": "the IKE SA is up and the Child SA (IPsec, traffic selectors) is not",
        "data": "both are up and traffic does not pass",
        "remote-access": "a user cannot log in: EAP, XAUTH, AAA, address assignment",
    }
)
# Other words for the questions.
_ALSO = {"eap": "remote-access", "ipsec": "child", "esp": "data", "pki": "certificates", "isakmp": "ikev1"}


@record
class Recipe:
    """What to type, for one question on one platform: before the debug, to start it, when it has failed again."""

    question: str
    about: str
    platform: str
    before: tuple[str, ...]
    during: tuple[str, ...]
    after: tuple[str, ...]


_BEFORE = {
    "ios": (
        "configure terminal",
        " service timestamps debug datetime msec show-timezone",
        " service timestamps log datetime msec show-timezone",
        " logging buffered 10000000 debugging",
        " no logging console",
        "end",
        "clear logging",
    ),
    "asa": (
        "configure terminal",
        " logging enable",
        " logging timestamp",
        " logging buffer-size 1048576",
        " logging buffered debugging",
        " logging debug-trace",
        " no logging console",
        "end",
        "clear logging buffer",
    ),
}
_CONDITION = {"ios": "debug crypto condition peer {family} {peer}", "asa": "debug crypto condition peer {peer}"}
_DEBUGS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ios", "ikev2"): (
        "debug crypto ikev2",
        "debug crypto ikev2 error",
        "debug crypto ikev2 internal",
        "debug crypto ipsec",
    ),
    ("ios", "ikev1"): ("debug crypto isakmp", "debug crypto ipsec"),
    ("ios", "certificates"): (
        "debug crypto ikev2",
        "debug crypto pki messages",
        "debug crypto pki transactions",
        "debug crypto pki validation",
    ),
    ("ios", "child"): ("debug crypto ikev2", "debug crypto isakmp", "debug crypto ipsec"),
    ("ios", "data"): ("debug crypto ipsec",),
    ("ios", "remote-access"): (
        "debug crypto ikev2",
        "debug crypto isakmp",
        "debug aaa authentication",
        "debug aaa authorization",
        "debug radius authentication",
    ),
    ("asa", "ikev2"): ("debug crypto ikev2 protocol 127", "debug crypto ikev2 platform 127"),
    ("asa", "ikev1"): ("debug crypto ikev1 127", "debug crypto ipsec 127"),
    ("asa", "certificates"): (
        "debug crypto ikev2 protocol 127",
        "debug crypto ikev2 platform 127",
        "debug crypto ca messages 127",
        "debug crypto ca transactions 127",
    ),
    ("asa", "child"): (
        "debug crypto ikev2 protocol 127",
        "debug crypto ikev2 platform 127",
        "debug crypto ikev1 127",
        "debug crypto ipsec 127",
    ),
    ("asa", "data"): ("debug crypto ipsec 127",),
    ("asa", "remote-access"): (
        "debug crypto ikev2 protocol 127",
        "debug crypto ikev2 platform 127",
        "debug aaa common 127",
        "debug radius all",
    ),
}
# What starts the negotiation anew once the debugs are on.
_ANEW = {
    ("ios", "ikev2"): ("clear crypto session remote {peer}",),
    ("ios", "ikev1"): ("clear crypto session remote {peer}",),
    ("ios", "certificates"): ("show clock", "show crypto pki certificates", "clear crypto session remote {peer}"),
    ("ios", "child"): ("show crypto map", "clear crypto session remote {peer}"),
    ("ios", "data"): ("show crypto ipsec sa peer {peer}", "show crypto session remote {peer} detail"),
    ("asa", "ikev2"): ("clear crypto ikev2 sa {peer}",),
    ("asa", "ikev1"): ("clear crypto ikev1 sa {peer}",),
    ("asa", "certificates"): ("show clock", "show crypto ca certificates", "clear crypto ikev2 sa {peer}"),
    ("asa", "child"): ("show running-config crypto map", "clear crypto ipsec sa peer {peer}"),
    ("asa", "data"): ("show crypto ipsec sa peer {peer}", "show asp drop"),
}
# Counters tell something only when they are read twice.
_AGAIN = {
    ("ios", "data"): ("show crypto ipsec sa peer {peer}",),
    ("asa", "data"): ("show crypto ipsec sa peer {peer}", "show asp drop"),
}
# Debugs go first: without the condition they would be of every peer.
_AFTER = {
    "ios": ("undebug all", "debug crypto condition reset", "show logging"),
    "asa": (
        "undebug all",
        "debug crypto condition reset",
        "show logging",
        "configure terminal",
        " no logging debug-trace",
        "end",
    ),
}
_TO_LINA = ("system support diagnostic-cli", "enable")


def question_named(name: str) -> str | None:
    """Return the question that a user means; None where there is none of that name."""
    wanted = name.strip().lower()
    return wanted if wanted in QUESTIONS else _ALSO.get(wanted)


def recipes(platform: str | None = None, question: str | None = None, peer: str = ANY_PEER) -> Iterator[Recipe]:
    """Yield the recipes of a platform (`ios`, `asa`, `ftd`) and a question, or all, limited to a peer."""
    for name in QUESTIONS if question is None else (question,):
        for place in PLATFORMS if platform is None else (platform,):
            yield _recipe(place, name, peer)


def condition(platform: str, peer: str) -> str:
    """Return the command that limits the debugs to a peer."""
    return _CONDITION[_syntax(platform)].format(family="ipv6" if ":" in peer else "ipv4", peer=peer)


def debugs(platform: str, question: str) -> tuple[str, ...]:
    """Return the debugs for a question."""
    return _DEBUGS[_syntax(platform), question]


def anew(platform: str, question: str, peer: str) -> tuple[str, ...]:
    """Return what starts a negotiation with a peer anew, which interrupts it where it is up."""
    return tuple(command.format(peer=peer) for command in _ANEW.get((_syntax(platform), question), ()))


def _syntax(platform: str) -> str:
    return "asa" if platform == "ftd" else platform


def _recipe(platform: str, question: str, peer: str) -> Recipe:
    syntax = _syntax(platform)
    again = (command.format(peer=peer) for command in _AGAIN.get((syntax, question), ()))
    # An FTD is configured by its manager.
    before = _TO_LINA if platform == "ftd" else _BEFORE[syntax]
    after = _AFTER[syntax][:2] if platform == "ftd" else _AFTER[syntax]
    return Recipe(
        question,
        QUESTIONS[question],
        platform,
        before,
        (condition(platform, peer), *debugs(platform, question), *anew(platform, question, peer)),
        (*again, *after),
    )
