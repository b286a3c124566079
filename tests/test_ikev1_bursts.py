"""IKEv1 negotiations in bursts: cut where the next record names a connection id or the peer, they come apart."""

import random
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from test_interleaving import SETTINGS

from ikelog.correlation.identity import endpoints, identity_of
from ikelog.correlation.ikev1.subject import connection_of, remote_of
from ikelog.correlation.types import Negotiation
from ikelog.events.reader import read_events
from ikelog.events.types import Event
from ikelog.pipeline import Options, analyze
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading
from ikelog.reading.sources import text_source

SAMPLES = Path(__file__).parent.parent / "samples"
IKEV1 = sorted(path.name for path in SAMPLES.glob("*ikev1*.log"))
IKEV2 = ["iosxe-healthy-initiator.log", "asa-healthy-responder.log", "asa-psk-mismatch.log", "iosxe-rekey.log"]
# Several samples have this peer: two negotiations with one peer, both without keys, cannot be told apart.
SHARED_PEER = "198.51.100.7"


@cache
def sample(name: str, slot: int) -> tuple[str, ...]:
    """The lines of a sample, with a peer, connection ids and handles that no other sample in a mixture has.

    Without the headers of a syslog server: a host's name would be that of the other samples' bare lines below it too.
    """
    text = (SAMPLES / name).read_text(encoding="utf-8").replace("\r", "").replace(SHARED_PEER, f"198.51.1{slot}0.7")
    text = re.sub(r"(ISAKMP\S*:? ?\()(\d{2,5})\)", lambda m: f"{m[1]}{int(m[2]) + slot * 100})", text)
    text = re.sub(r"^<\d+>.*?: (?=%)", "", text, flags=re.MULTILINE)
    text = re.sub(r"((?:SESSION|SA) ID = )(\d+)", rf"\g<1>{slot}\2", text)
    return tuple(re.sub(r"\(([1-9]\d{0,3})\)(?=:| tg_name| tunn| )", rf"({slot}\1)", text).split("\n"))


def report_of(lines: list[str] | tuple[str, ...]) -> "Counter[tuple[object, ...]]":
    return Counter(map(told, analyze([text_source("mixed.log", "\n".join(lines).encode())], Options()).negotiations))


def told(negotiation: Negotiation) -> tuple[object, ...]:
    """Who, what came of it, why, which messages and Child SAs."""
    n = negotiation
    messages = tuple((m.exchange, m.step, m.message_id, m.direction, m.payloads, len(m.repeats)) for m in n.messages)
    children = tuple((c.inbound_spi, c.outbound_spi, c.state) for c in n.child_sas)
    return n.ike_version, n.remote.address, n.initiator_spi, n.role, n.mode, n.outcome, n.verdict, messages, children


def names_its_own(event: Event) -> bool:
    if event.ike_version == 1:
        return connection_of(event) is not None or remote_of(event) is not None
    return event.handle is not None or identity_of(event) is not None or endpoints(event)[1] is not None


@cache
def cuts(name: str, slot: int) -> tuple[int, ...]:
    source = text_source(name, "\n".join(sample(name, slot)).encode())
    named: dict[int, bool] = {}
    for event in read_events(source, Reading(ClockState())):
        named.setdefault(event.line, names_its_own(event))
    return tuple(line - 1 for line, own in named.items() if own and line > 1)


def interleave(names: list[str], draw: random.Random) -> list[str]:
    queues = []
    for slot, name in enumerate(names, 1):
        lines, places = sample(name, slot), cuts(name, slot)
        chosen = sorted(draw.sample(places, min(len(places), draw.randint(1, 12))))
        queues.append([lines[a:b] for a, b in pairwise([0, *chosen, len(lines)])])
    mixed: list[str] = []
    while queues:
        queue = draw.choice(queues)
        mixed.extend(queue.pop(0))
        if not queue:
            queues.remove(queue)
    return mixed


@SETTINGS
@given(
    st.lists(st.sampled_from([*IKEV1, *IKEV2]), min_size=2, max_size=4, unique=True),
    st.randoms(use_true_random=False),
)
def test_ikev1_negotiations_in_bursts_come_apart(names: list[str], draw: random.Random) -> None:
    expected: Counter[tuple[object, ...]] = Counter()
    for slot, name in enumerate(names, 1):
        expected += report_of(sample(name, slot))
    assert report_of(interleave(names, draw)) == expected


def test_the_samples_have_negotiations_of_every_mode() -> None:
    """Otherwise the test above would show little."""
    modes = {(n[0], n[4]) for name in IKEV1 for n in report_of(sample(name, 1))}
    assert {(1, "main"), (1, "aggressive")} <= modes
