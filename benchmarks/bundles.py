"""The logs of a fleet, as its devices and their operators leave them, and what is in them."""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import cycle, pairwise
from pathlib import Path

from benchmarks.logs import write_log
from benchmarks.replays import Player, Writer, asa_debug_header, asa_header, buffer_header, server_header

Counts = Counter[tuple[str, str | None, str]]

_FIRST_PEER = int(ip_address("198.18.0.0"))  # RFC 2544
_NAMES = {"iosxe": "edge", "asa": "fw", "ios": "rtr"}
_TITLES = {"iosxe": "IOS XE", "asa": "ASA", "ios": "IOS"}
# A fleet has so many of each, in turn.
_FLEET = ("iosxe", "asa", "ios", "iosxe", "asa", "iosxe", "ios", "asa", "iosxe", "ios", "asa", "iosxe")


@dataclass(frozen=True, slots=True)
class Plan:
    """A stream of logs: what is played in it, how it was kept, and of how many files it is at most.

    `kept`: `server` (a syslog server's file), `buffer` (`show logging` or a debug on a terminal), `show-tech`.
    """

    kind: str
    kept: str
    files: int


_PLANS = {
    "iosxe": (
        Plan("ios", "server", 4),
        Plan("iosxe-ikev1", "server", 3),
        Plan("iosxe-ikev1", "show-tech", 1),
        Plan("ios", "server", 1),
        Plan("iosxe-ikev1", "buffer", 1),
    ),
    "ios": (
        Plan("ios-ikev1", "buffer", 1),
        Plan("ios-ikev1", "server", 4),
        Plan("ios-ikev1", "show-tech", 1),
    ),
    "asa": (
        Plan("asa", "server", 4),
        Plan("asa-syslog", "server", 5),
        Plan("asa-ikev1", "buffer", 1),
    ),
}

_SHOW_TECH = """{host}#show tech-support

------------------ show version ------------------

Cisco IOS Software, Version 17.9.4a, RELEASE SOFTWARE (fc3)
{host} uptime is 12 weeks, 3 days, 1 hour, 55 minutes
System image file is "bootflash:packages.conf"

------------------ show running-config ------------------

hostname {host}
crypto ikev2 keyring KR
 peer HQ
  description IKEv2:(SESSION ID = 1,SA ID = 1):this is a description
!
end

------------------ show logging ------------------

Syslog logging: enabled (0 messages dropped, 2 messages rate-limited, 0 flushes, 0 overruns)

Log Buffer (262144 bytes):

{log}
------------------ show crypto session detail ------------------

Crypto session current status

Interface: Tunnel7
Session status: UP-ACTIVE
------------------ show memory statistics ------------------

                Head    Total(b)     Used(b)     Free(b)   Lowest(b)  Largest(b)
Processor  7F0000001   951738140   301872112   649866028   617812020   600032100
"""


@dataclass(slots=True)
class Device:
    """A device of the fleet: its files by name, and its negotiations by outcome, verdict and peer."""

    name: str
    platform: str
    files: dict[str, bytes] = field(default_factory=dict)
    negotiations: Counts = field(default_factory=Counter)

    @property
    def title(self) -> str:
        """The name of its platform."""
        return _TITLES[self.platform]


def make_fleet(devices: int, logs: int, log_size: int, seed: int) -> list[Device]:
    """Make devices with `logs` files of about `log_size` bytes in all, the same for the same seed."""
    numbers: Counter[str] = Counter()
    fleet = []
    for number, platform in zip(range(devices), cycle(_FLEET)):
        numbers[platform] += 1
        device = Device(f"{_NAMES[platform]}{numbers[platform]}", platform)
        quota = logs // devices + (number < logs % devices)
        for turn, plan in enumerate(cycle(_PLANS[platform])):
            left = quota - len(device.files)
            if not left:
                break
            _add_stream(device, plan, min(plan.files, left), log_size, f"{seed} {device.name} {turn}")
        fleet.append(device)
    return fleet


def _add_stream(device: Device, plan: Plan, files: int, log_size: int, seed: str) -> None:
    """Add the files of one stream of logs to a device, the newest without a number."""
    text, counts = _played(device, plan, files * log_size, seed)
    device.negotiations.update(counts)
    name = f"{plan.kind}-{len(device.files):02d}.{'txt' if plan.kept == 'show-tech' else 'log'}"
    for number, part in enumerate(reversed(_cut(text, files))):
        device.files[f"{name}.{number}" if number else name] = "".join(part).encode()


def _played(device: Device, plan: Plan, size: int, seed: str) -> tuple[list[str], Counts]:
    """Return the records of a stream and what was played in it."""
    draw = random.Random(seed)
    if plan.kind in ("ios", "asa"):
        return _dense(device, plan, size, draw.getrandbits(30))
    player = Player(plan.kind, device.name, draw, _peers(draw), str(ip_address(f"192.0.2.{draw.randint(1, 254)}")))
    records = player.records(size, _header(plan)(device.name))
    if plan.kept == "buffer":
        typed = "# debug crypto ikev1 127" if plan.kind.startswith("asa") else "#show logging"
        records.insert(0, f"{device.name}{typed}\n")
    if plan.kept == "show-tech":
        records = [_SHOW_TECH.format(host=device.name, log="".join(records))]
    return records, player.played


def _dense(device: Device, plan: Plan, size: int, seed: int) -> tuple[list[str], Counts]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log")
        played = write_log(path, "asa" if plan.kind == "asa" else "ios", size, seed, device.name)
        lines = path.read_text(encoding="ascii").splitlines(keepends=True)
    records: list[str] = []
    for line in lines:
        if f" {device.name}" in line[:40]:
            records.append(line)
        else:
            records[-1] += line
    return records, played.negotiations


def _header(plan: Plan) -> Callable[[str], Writer]:
    if plan.kind.startswith("asa"):
        return asa_debug_header if plan.kind == "asa-ikev1" else asa_header
    return server_header if plan.kept == "server" else buffer_header


def _cut(records: list[str], files: int) -> list[list[str]]:
    """Cut a stream in parts of as many records, the oldest first."""
    ends = [len(records) * number // files for number in range(files + 1)]
    return [records[begin:end] for begin, end in pairwise(ends)]


def _peers(draw: random.Random) -> Iterator[str]:
    return (str(ip_address(_FIRST_PEER + number)) for number in draw.sample(range(1 << 17), 4096))
