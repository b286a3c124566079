"""Writes a dense log: every line of it IKE or IPsec, many negotiations at once. `python -m benchmarks.logs --help`."""

import argparse
import heapq
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path

from benchmarks.scenarios import SCENARIOS, Outcome, Platform, Scenario, template
from benchmarks.sizes import read_size
from benchmarks.templates import UPTIME, Burst, dotted_hex

_BEGIN = datetime(2024, 11, 26, 5, 41, 7, tzinfo=UTC)
_PEERS = 8192
_FIRST_PEER = int(ip_address("198.18.0.0"))  # RFC 2544: 198.18.0.0/15 is for benchmarks
_WAVE = (8, 32)  # negotiations that begin together
_LULL_MS = (120_000, 900_000)
_STAYS_UP = 0.1


@dataclass(slots=True)
class Played:
    """What a log holds: its size, how often each scenario was played, and the outcomes of all negotiations.

    `negotiations` counts them by outcome, verdict and peer.
    """

    size: int = 0
    scenarios: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    negotiations: Counter[tuple[str, str | None, str]] = field(default_factory=Counter)


def write_log(path: Path, platform: Platform, size: int, seed: int, host: str = "") -> Played:
    """Write a dense log of about `size` bytes, the same for the same seed, and tell what was played.

    With a `host` it is what a syslog server keeps of the device of that name.
    """
    played = Played()
    writer = _WRITERS[platform](host)
    with path.open("w", encoding="ascii", newline="\n") as file:
        for now, play, burst, text in _Stage(platform, seed, size, played).bursts():
            file.write(writer.stamped(now, burst, text))
            play.ready = max(now + burst.offsets[-1], writer.now)
        played.size = file.tell()
    return played


@dataclass(slots=True)
class _Play:
    """A scenario under way: its bursts with their texts, the last one first, and what it occupies."""

    left: list[tuple[Burst, str]]
    peer: int
    sas: list[int]
    ready: int = 0


class _Stage:
    """Plays scenarios in waves, burst by burst in the order of their times, until a log is large enough."""

    def __init__(self, platform: Platform, seed: int, size: int, played: Played) -> None:
        self.platform: Platform = platform
        self.draw = random.Random(f"{platform} {seed}")
        self.size, self.started, self.played = size, 0, played
        self.peers = self.draw.sample(range(1 << 17), _PEERS)
        self.sas, self.sessions, self.connections = list(range(1, 9)), count(self.draw.randrange(1, 400)), count(2001)
        self.deck: list[Scenario] = []

    def bursts(self) -> Iterator[tuple[int, _Play, Burst, str]]:
        """Yield the bursts with their times; the taker sets `ready` of the play to when the device was done."""
        number = count()
        queue: list[tuple[int, int, _Play | None]] = [(0, next(number), None)]
        now = 0
        while queue:
            at, _, play = heapq.heappop(queue)
            now = max(now, at)
            if play is None:
                for _ in range(self.draw.randint(*_WAVE)):
                    if self.started < self.size:
                        heapq.heappush(queue, (now + self.draw.randrange(400), next(number), self._start()))
                if self.started < self.size:
                    heapq.heappush(queue, (now + self.draw.randint(*_LULL_MS), next(number), None))
                continue
            burst, text = play.left.pop()
            yield now, play, burst, text
            now = play.ready
            if play.left:
                heapq.heappush(queue, (now + self._gap(play.left[-1][0]), next(number), play))
            else:
                self._end(play)

    def _start(self) -> _Play:
        if not self.deck:
            self.deck = [scenario for scenario in SCENARIOS[self.platform] for _ in range(scenario.weight)]
            self.draw.shuffle(self.deck)
        scenario = self.deck.pop()
        deleted = scenario.deleted_from is not None and (
            len(self.peers) < _PEERS // 2 or self.draw.random() >= _STAYS_UP
        )
        made = template(self.platform, scenario, deleted=deleted)
        peer, sas = self._take_peer(), [self._take_sa() for _ in range(made.counts["sa"])]
        values = self._values(made.counts, peer, sas)
        left = [(burst, burst.text % values) for burst in reversed(made.bursts)]
        self.started += sum(_WRITERS[self.platform].size_of(text) for _, text in left)
        self.played.scenarios[scenario.sample] += 1
        self.played.outcomes.update(scenario.outcomes)
        six = any("%(peer6)s" in burst.text for burst in made.bursts)
        remote = str(ip_address(str(values["peer6" if six else "peer"])))
        self.played.negotiations.update((*outcome, remote) for outcome in scenario.outcomes)
        ends = deleted or scenario.outcomes[0][0] != "established" or scenario.outcomes[0][1] is not None
        return _Play(left, peer if ends else -1, sas if ends else [])

    def _end(self, play: _Play) -> None:
        """Let others have what a negotiation had, unless its SA stays up."""
        if play.peer >= 0:
            self.peers.append(play.peer)
        for sa in play.sas:
            heapq.heappush(self.sas, sa)

    def _take_peer(self) -> int:
        place = self.draw.randrange(len(self.peers))
        self.peers[place], self.peers[-1] = self.peers[-1], self.peers[place]
        return self.peers.pop()

    def _take_sa(self) -> int:
        if len(self.sas) == 1:
            heapq.heappush(self.sas, self.sas[0] + 1)
        return heapq.heappop(self.sas)

    def _values(self, counts: dict[str, int], peer: int, sas: list[int]) -> dict[str, object]:
        """Return the values of a template's fields for one play of it."""
        address = str(ip_address(_FIRST_PEER + peer))
        values: dict[str, object] = {
            "peer": address,
            "peer_hex": dotted_hex(address),
            "peer6": f"2001:DB8:{peer >> 8:X}:{(peer & 255) + 1:X}::10",
            "site": peer,
            "low_octet": peer & 255,
            "octets": f"{peer >> 8 & 255}.{peer & 255}",
            "pki": f"{self.draw.getrandbits(20):05X}",
        }
        for n, sa in enumerate(sas):
            values[f"sa{n}"] = sa
        for n in range(counts["spi"]):
            spi = f"{self.draw.getrandbits(64) | 1 << 60:016X}"
            values[f"spi{n}"], values[f"low{n}"] = spi, spi.lower()
        for n in range(counts["esp"]):
            esp = self.draw.getrandbits(32) | 1 << 28
            values[f"esp{n}"], values[f"dec{n}"] = f"{esp:08X}", esp
        for name, numbers in (("session", self.sessions), ("conn", self.connections)):
            values |= {f"{name}{n}": next(numbers) for n in range(counts[name])}
        dumps = self.draw.randbytes(16 * counts["dump"]).hex(" ")
        return values | {f"dump{n}": dumps[48 * n : 48 * n + 47] for n in range(counts["dump"])}

    def _gap(self, burst: Burst) -> int:
        """Return how long a burst is waited for: what the sample says, more or less; timers are exact."""
        if burst.gap >= UPTIME:
            return self.draw.randrange(600_000, 28_800_000)
        return burst.gap if burst.gap > 1000 else int(burst.gap * self.draw.uniform(0.5, 2.5))


class _Ios:
    """Stamps records as a syslog server or the logging buffer has them; continuation lines have no header."""

    def __init__(self, host: str = "") -> None:
        self.now, self.number, self.second, self.clock = 0, 4520, -1, ""
        self.host = f" {host} " if host else ""

    @staticmethod
    def size_of(text: str) -> int:
        """Return how long a burst becomes."""
        return len(text) + 33 * (text.count("\0") + 1)

    def stamped(self, now: int, burst: Burst, text: str) -> str:
        """Return a burst with its headers."""
        lines = []
        for offset, record in zip(burst.offsets, text.split("\0"), strict=True):
            second, ms = divmod(now + offset, 1000)
            if second != self.second:
                self.second, self.clock = second, _clock(second, "{:%b} {:>2} {:%H:%M:%S}")
            self.number += 1
            server = self.clock + self.host if self.host else ""
            lines.append(f"{server}{self.number:06d}: {self.clock}.{ms:03d} UTC: {record}\n")
        return "".join(lines)


class _Asa:
    """Stamps each physical line as debugs are that go to syslog: `logging debug-trace`."""

    def __init__(self, host: str = "") -> None:
        self.now, self.second, self.header = 0, -1, ""
        self.form = f"{{:%b}} {{:>2}} {{:%Y %H:%M:%S}}{' ' if host else ''}{host}: %ASA-7-711001: "

    @staticmethod
    def size_of(text: str) -> int:
        """Return how long a burst becomes."""
        return len(text) + 37 * (text.count("\0") + 1)

    def stamped(self, now: int, burst: Burst, text: str) -> str:
        """Return a burst with its headers; some twenty lines take a millisecond."""
        if now // 1000 != self.second:
            self.second = now // 1000
            self.header = _clock(self.second, self.form)
        self.now = now + text.count("\0") // 20
        return self.header + text.replace("\0", "\n" + self.header) + "\n"


_WRITERS: dict[str, type[_Ios] | type[_Asa]] = {"ios": _Ios, "asa": _Asa}


def _clock(second: int, form: str) -> str:
    when = _BEGIN + timedelta(seconds=second)
    return form.format(when, when.day, when)


def main() -> None:
    """Write one log and print what was played."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logs", description="Write a dense log.")
    parser.add_argument("platform", choices=list(SCENARIOS))
    parser.add_argument("--size", type=read_size, default="200M", metavar="BYTES", help="such as 20M (200M)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()
    platform: Platform = options.platform
    played = write_log(options.output, platform, options.size, options.seed)
    print(f"{options.output}: {played.size} bytes, {sum(played.outcomes.values())} negotiations")
    for name, times in played.scenarios.most_common():
        print(f"{times:8} {name}")


if __name__ == "__main__":
    main()
