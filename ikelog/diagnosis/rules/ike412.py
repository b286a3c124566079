"""IKE412: the device will not start again, because it thinks that it is negotiating."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from ikelog.diagnosis.facts import errors_among
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Endpoint, Event
from ikelog.terms import errors

_OFTEN = 3
_LASTING_MS = 60_000  # one negotiation may take so long; lines within it are harmless
_IN_PROGRESS = "negotiation_in_progress"
_SLOW = Alternative("IKE101", "the negotiation that is in progress may wait for a peer that does not answer")


def find(log: Log) -> Iterator[Match]:
    """Yield the sources in which a start is refused over and over, as one is thought to be under way."""
    by_source: defaultdict[str, list[Event]] = defaultdict(list)
    sources = [log.of_none, *chain.from_iterable((n.events, n.nearby) for n in log.negotiations)]
    found = {(e.source, e.line): e for part in sources for e in errors_among(part, errors.ALREADY_NEGOTIATING)}
    for key in sorted(found):
        by_source[key[0]].append(found[key])
    for told in by_source.values():
        if _lasts(told):
            said = f"This device refused {len(told)} times to negotiate, because it thinks that it is doing so already."
            yield Match((), [*told[:2], told[-1]], said)
    yield from _refused_by_asa(log)


def _lasts(told: list[Event]) -> bool:
    """Tell whether lines stand too often, and over too long a time, to be of one negotiation."""
    first, last = told[0].offset_ms, told[-1].offset_ms
    return len(told) >= _OFTEN and (first is None or last is None or last - first >= _LASTING_MS)


def _refused_by_asa(log: Log) -> Iterator[Match]:
    """Find an ASA that refuses a peer's Quick Mode for one that is under way, and none that ends well."""
    up = {n.remote.address for n in log.negotiations if n.child_up is not None}
    by_peer: defaultdict[str, list[Event]] = defaultdict(list)
    for event in chain(log.of_none.of(_IN_PROGRESS), *(n.events.of(_IN_PROGRESS) for n in log.negotiations)):
        remote = event.fields.get("remote")
        by_peer[remote.address if isinstance(remote, Endpoint) else ""].append(event)
    for address, told in by_peer.items():
        if address not in up and _lasts(told):
            yield Match(
                (),
                [*told[:2], told[-1]],
                f"Quick Mode with {address or 'a peer'} was refused {len(told)} times, because one for the same "
                "networks is under way, and none came to an end.",
                certainty="inferred",
                severity="warning",
                alternatives=(_SLOW,),
            )


RULE = Rule(
    code="IKE412",
    name="stuck-in-negotiation",
    severity="error",
    title="Stuck: the device thinks that it is still negotiating",
    side="local",
    rank=Rank.CAUSE,
    meaning="An SA that is being negotiated keeps the device from starting another one. Where that state does not end, "
    "no tunnel can come up: seen on IOS XE where fragments of a rekey are lost (CSCvd69373).",
    find=find,
    needs=(errors.ALREADY_NEGOTIATING, _IN_PROGRESS),
    fix=(
        Fix("ios", ("show crypto session detail", "clear crypto session"), "DOWN-NEGOTIATING that stays; else reload"),
        Fix("ios", ("no crypto ikev2 fragmentation",), "where the rekey is fragmented: or a larger `mtu` for it"),
        Fix("asa", ("show crypto ikev1 sa", "clear crypto ikev1 sa <peer-address>"), "an SA that stays half-open"),
        Fix("path", (), "let fragments of UDP 500 and 4500 through"),
    ),
    looks_like=("IKEv2:SA is already in negotiation, hence not negotiating again",),
    mistaken_for="the same line once or twice, when more traffic asks for a tunnel that is just coming up",
    references=("RFC 7383", "RFC 7296 section 2.8"),
    sample="iosxe-stuck-in-negotiation.log",
    stays=True,
    together=True,
)
