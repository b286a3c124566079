"""Samples played again: for other peers, with other SPIs, message IDs, connections, networks and times."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count

from benchmarks.scenarios import Outcome
from benchmarks.templates import Record, read_sample

_HEAD = re.compile(
    r"(?:<\d+>)?(?:\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ \d+: )?"
    r"\*?(?P<clock>\w{3} +\d+ (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{3})?)(?: (?P<host>[\w-]+))?(?:: | (?=\[IKEv1))"
)
_PUBLIC = r"(?<![\d.])(?:203\.0\.113|198\.51\.100|192\.0\.2)\.\d{1,3}(?!\.?\d)"
_NETWORK = re.compile(r"(?<![\d.])10\.(\d{1,3})(?=\.\d+\.\d)")
_SPI = re.compile(r"(?<![0-9A-Fa-f])(?!0{16})[0-9A-F]{16}(?![0-9A-Fa-f])")
_HEX = re.compile(r"(?<=0x)[0-9A-Fa-f]{8}(?![0-9A-Fa-f])|(?<=msgid=)[0-9a-f]{8}")
_DECIMAL = re.compile(r"(?<![\d.])-?\d{8,10}(?![\d.])")
_CONNECTION = re.compile(r"(?:(?<=ISAKMP)|(?<=ISAKMP-PAK)|(?<=ISAKMP-ERROR)|(?<=sa_conn_id=))(:? ?\(?)(\d{4})(?!\d)")
_BEGIN = datetime(2024, 11, 26, 5, 41, 7, tzinfo=UTC)
_FIRST_CONNECTION = 1001
_PAUSE_MS = (90_000, 1_200_000)
_OTHERS = {
    "ios": (
        "%SYS-5-CONFIG_I: Configured from console by netops on vty0 (10.0.0.44)",
        "%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/0/3, changed state to down",
        "%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/0/3, changed state to up",
        "%SSH-5-SSH2_CLOSE: SSH2 Session from 10.0.0.44 (tty = 0) for user 'netops' closed",
    ),
    "asa": (
        "%ASA-6-302013: Built outbound TCP connection 881203 for outside:198.18.0.9/443 (198.18.0.9/443) "
        "to inside:10.0.0.7/52114 (192.0.2.9/52114)",
        "%ASA-6-302014: Teardown TCP connection 881203 for outside:198.18.0.9/443 to inside:10.0.0.7/52114 "
        "duration 0:00:30 bytes 4402 TCP FINs",
        "%ASA-5-111008: User 'netops' executed the 'show version' command.",
    ),
}


@dataclass(frozen=True, slots=True)
class Replay:
    """A sample, or some lines of it, the peer in it, and the outcome of each negotiation.

    `again` tells that it can be played several times for one peer: nothing of it stays up.
    """

    sample: str
    peer: str
    outcomes: tuple[Outcome, ...]
    again: bool = False
    lines: tuple[int, int] | None = None


_UP: Outcome = ("established", None)
REPLAYS: dict[str, tuple[Replay, ...]] = {
    "iosxe-ikev1": (
        Replay("iosxe-ikev1-healthy-initiator", "203.0.113.61", (_UP,)),
        Replay("iosxe-ikev1-aggressive-mode", "203.0.113.23", (_UP,)),
        Replay("iosxe-ikev1-no-local-credential", "198.51.100.7", (("failed", "IKE210"),), again=True),
        Replay("iosxe-ikev1-aggressive-mode-disabled", "198.51.100.7", (("failed", "IKE110"),), again=True),
        Replay("iosxe-ikev1-xauth-failed", "198.51.100.7", (("ike_only", "IKE212"),), again=True),
    ),
    "ios-ikev1": (
        Replay("ios-ikev1-healthy-responder", "203.0.113.72", (_UP,)),
        Replay("ios-ikev1-child-proposal-mismatch", "203.0.113.97", (("child_failed", "IKE301"),)),
        Replay("ios-ikev1-crypto-map-not-applied", "203.0.113.91", (("child_failed", "IKE306"),)),
        Replay("ios-ikev1-encapsulation-mode-mismatch", "203.0.113.88", (("child_failed", "IKE304"),)),
    ),
    "asa-ikev1": (
        Replay("asa-ikev1-healthy-responder", "203.0.113.83", (_UP,)),
        Replay("asa-ikev1-traffic-selector-mismatch", "203.0.113.183", (("child_failed", "IKE302"),), again=True),
    ),
    "asa-syslog": (
        Replay("asa-ikev1-healthy-initiator-syslog", "203.0.113.94", (_UP,)),
        Replay("asa-ikev1-flapping", "203.0.113.150", (("established", "IKE401"),) * 4),
        Replay("asa-syslog-refusals", "198.51.100.7", (("failed", "IKE116"),), lines=(0, 2)),
        Replay("asa-syslog-refusals", "198.51.100.19", (("failed", "IKE219"),), lines=(2, 4)),
        Replay("asa-syslog-refusals", "198.51.100.44", (("failed", "IKE115"),), lines=(4, 6)),
    ),
}

Writer = Callable[[datetime, int, str], str]


def server_header(host: str) -> Writer:
    """Stamp records as a syslog server stores those of a router, with its own clock in front of the device's."""
    return lambda when, number, text: (
        f"{when:%b} {when.day:>2} {when:%H:%M:%S} {host} {number}: *{_ios_clock(when)}: {text}"
    )


def buffer_header(_host: str) -> Writer:
    """Stamp records as a router's logging buffer has them."""
    return lambda when, _, text: f"*{_ios_clock(when)}: {text}"


def asa_header(host: str) -> Writer:
    """Stamp records as an ASA's syslog."""
    return lambda when, _, text: f"<166>{when:%b %d %Y %H:%M:%S} {host}: {text}"


def asa_debug_header(_host: str) -> Writer:
    """Stamp records as an ASA's debugs of IKEv1 on a terminal."""
    return lambda when, _, text: f"{when:%b %d %H:%M:%S}{' ' if text.startswith('[') else ': '}{text}"


def _ios_clock(when: datetime) -> str:
    return f"{when:%b} {when.day:>2} {when:%H:%M:%S}.{when.microsecond // 1000:03d}"


class Player:
    """Plays samples one after the other on one device, and counts what comes of it by peer."""

    def __init__(self, kind: str, host: str, draw: random.Random, peers: Iterator[str], local: str) -> None:
        self.kind, self.host, self.draw, self.peers, self.local = kind, host, draw, peers, local
        self.connections, self.numbers = count(_FIRST_CONNECTION), count(draw.randrange(1000, 90_000))
        self.at = draw.randrange(86_400_000)
        self.played: Counter[tuple[str, str | None, str]] = Counter()

    def records(self, size: int, write: Writer) -> list[str]:
        """Return the records of a log of about `size` bytes with their headers."""
        written: list[str] = []
        while sum(map(len, written)) < size:
            replay = self.draw.choice(REPLAYS[self.kind])
            peer = next(self.peers)
            for _ in range(self.draw.randint(1, 4) if replay.again else 1):
                written += self._play(replay, peer, write)
                self.at += self.draw.randint(*_PAUSE_MS)
        return written

    def _play(self, replay: Replay, peer: str, write: Writer) -> list[str]:
        self.played.update((*outcome, peer) for outcome in replay.outcomes)
        records = read_replay(replay)
        texts = self._renewed("\0".join(record.text for record in records), replay, peer).split("\0")
        lines = [self._stamped(record.at, text, write) for record, text in zip(records, texts, strict=True)]
        self.at += records[-1].at + 1000
        other = self.draw.choice(_OTHERS["asa" if self.kind.startswith("asa") else "ios"])
        return [*lines, self._stamped(0, other, write)]

    def _stamped(self, offset: int, text: str, write: Writer) -> str:
        when = _BEGIN + timedelta(milliseconds=self.at + offset)
        return write(when, next(self.numbers), text) + "\n"

    def _renewed(self, text: str, replay: Replay, peer: str) -> str:
        """Give a text the peer and the device of this play, and new values for all that is a negotiation's own."""
        addresses = Counter(re.findall(_PUBLIC, text))
        del addresses[replay.peer]
        ends = {replay.peer: peer} | {address: self.local for address, _ in addresses.most_common(1)}
        text = re.sub(_PUBLIC, lambda found: ends.get(found[0], found[0]), text)
        octets: dict[str, int] = {}
        text = _NETWORK.sub(lambda found: f"10.{octets.setdefault(found[1], self._octet(octets))}", text)
        spis: dict[str, str] = {}
        text = _SPI.sub(lambda found: spis.setdefault(found[0], f"{self.draw.getrandbits(64) | 1 << 60:016X}"), text)
        return self._with_connections(self._with_numbers(text))

    def _octet(self, taken: dict[str, int]) -> int:
        return self.draw.choice([octet for octet in range(1, 255) if octet not in taken.values()])

    def _with_numbers(self, text: str) -> str:
        """Renew SPIs of ESP and message IDs, which stand as hex, as decimals, and as decimals with a sign."""
        new: dict[int, int] = {}

        def renewed(value: int) -> int:
            return new.setdefault(value, value & 1 << 31 | self.draw.getrandbits(30) | 1 << 29)

        def hexadecimal(found: re.Match[str]) -> str:
            value = f"{renewed(int(found[0], 16)):08x}"
            return value.upper() if found[0].isupper() else value

        def decimal(found: re.Match[str]) -> str:
            value = renewed(int(found[0]) % (1 << 32))
            return str(value - (1 << 32) if found[0].startswith("-") else value)

        for value in set(_HEX.findall(text)):  # once with 0x and once without
            text = re.sub(rf"(?<![0-9A-Fa-fx]){value}(?![0-9A-Fa-f])", f"\1{value}", text, flags=re.IGNORECASE)
        text = re.sub("\1([0-9A-Fa-f]{8})", lambda found: hexadecimal(re.match("(?s).*", found[1])), text)  # type: ignore[arg-type]
        return _DECIMAL.sub(decimal, _HEX.sub(hexadecimal, text))

    def _with_connections(self, text: str) -> str:
        new: dict[str, int] = {}
        return _CONNECTION.sub(
            lambda found: found[1] + str(new.get(found[2]) or new.setdefault(found[2], next(self.connections))), text
        )


@cache
def read_replay(replay: Replay) -> list[Record]:
    """Return the records of a sample, with what continues them, and when they were printed."""
    records: list[Record] = []
    first: datetime | None = None
    lines = read_sample(replay.sample).split("\n")
    for line in lines[slice(*replay.lines)] if replay.lines else lines:
        head = _HEAD.match(line)
        if head is None:
            records[-1].text += "\n" + line
            continue
        when = _clock_of(head["clock"])
        first = first or when
        records.append(Record(round((when - first).total_seconds() * 1000), line[head.end() :]))
    return records


def _clock_of(text: str) -> datetime:
    """Read the clock of a sample; samples without a year are of one that is no leap year."""
    month, day, *year, clock = text.split()
    form = "%Y %b %d %H:%M:%S.%f" if "." in clock else "%Y %b %d %H:%M:%S"
    return datetime.strptime(f"{year[0] if year else 2023} {month} {day} {clock}", form).replace(tzinfo=UTC)
