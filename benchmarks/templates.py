"""Samples as templates: what is one negotiation's own becomes a field, and the text falls into bursts."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
LOCAL = "192.0.2.1"
UPTIME = 10**9  # stands for the time that an SA is up, before the burst that ends it
_ASYNCHRONOUS_MS = 4

_CLOCK = re.compile(r"^\*\w{3} +(\d+) (\d\d):(\d\d):(\d\d)\.(\d{3}): ", re.MULTILINE)
_ENDS = re.compile(r"\[(?:To (\S+):\d+/From (\S+):\d+|From (\S+):\d+/To (\S+):\d+)/VRF")
_LONG_MS = 1000
_NAMED = re.compile(r"SA ID = |SPI : |remote= |^IKEv2-\w+-\d: \(\d+\): \S|InitSPI=")
_DUMP = re.compile(r"(?<= {5})(?:[0-9a-f]{2} ){0,15}[0-9a-f]{2}(?=[\n\0\1]|$)", re.MULTILINE)
_ASA_GAPS = {"EV_DEL_NEG_TMO": 8000, "EV_WAIT4_AUTH_TMO": 30000, "RECV PKT": 40}


@dataclass(slots=True)
class Record:
    """What a device prints under one header, and when, in milliseconds since its negotiation began."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Burst:
    """Records that a device prints in one go: `gap` milliseconds behind the last burst, `offsets` since its own start.

    The text is a format for `%`, its records parted by NUL.
    """

    gap: int
    offsets: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """A negotiation to be played, and how many values of each numbered field one play of it needs."""

    bursts: tuple[Burst, ...]
    counts: dict[str, int]


@cache
def read_sample(name: str) -> str:
    """Return the text of a sample."""
    return (SAMPLES / f"{name}.log").read_text(encoding="utf-8").replace("\r", "").rstrip("\n")


def read_records(name: str) -> list[Record]:
    """Return the IKE and IPsec records of a sample; on an ASA, whose samples have no clock, each line is one."""
    text = read_sample(name)
    if name.startswith("asa"):
        return _timed_lines(text.split("\n"))
    records = []
    heads = list(_CLOCK.finditer(text))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        day, hour, minute, second, ms = map(int, head.groups())
        at = (((day * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms
        body = text[head.end() : following.start() - 1 if following else len(text)]
        if not body.startswith("%"):
            records.append(Record(at, body))
    first = records[0].at
    return [Record(record.at - first, record.text) for record in records]


def _timed_lines(lines: list[str]) -> list[Record]:
    """Give lines without a clock the times that the device would have taken."""
    records: list[Record] = []
    at, waits = 0, False
    for line in lines:
        gap = next((ms for mark, ms in _ASA_GAPS.items() if mark in line), 0)
        if waits and _NAMED.search(line):
            gap, waits = gap or _ASYNCHRONOUS_MS, False
        at += gap if records else 0
        records.append(Record(at, line))
        waits = waits or line.endswith("EV_NO_EVENT")
    return records


def make_template(records: list[Record]) -> Template:
    """Cut records into bursts, with a field for everything that differs from one negotiation to the next."""
    groups = _bursts(records)
    text = "\1".join("\0".join(record.text for record in group) for _, group in groups)
    text, counts = _with_fields(text)
    bursts = [
        Burst(gap, tuple(max(0, record.at - group[0].at) for record in group), part)
        for (gap, group), part in zip(groups, text.split("\1"), strict=True)
    ]
    return Template(tuple(bursts), counts)


def _bursts(records: list[Record]) -> list[tuple[int, list[Record]]]:
    """Cut before a message that comes in, and where the device waited; never before a line that names nobody.

    The lines of a start stay together as far as the first message or state that names an SPI. A nameless line after a
    long wait goes with the next one.
    """
    groups = [(0, [records[0]])]
    begun = False
    for last, record, following in zip(records, records[1:], [*records[2:], records[-1]], strict=False):
        begun = begun or "SPI" in last.text
        gap = record.at - last.at
        waited = gap >= _ASYNCHRONOUS_MS or (record.text.startswith("IKEv2:") and "Received Packet" in record.text)
        named = _NAMED.search(record.text) or (gap >= _LONG_MS and _NAMED.search(following.text))
        if begun and waited and named:
            groups.append((gap, [record]))
        else:
            groups[-1][1].append(record)
    return groups


def find_ends(text: str) -> tuple[str, str]:
    """Return the addresses of the peer and of the device itself."""
    found = _ENDS.search(text)
    assert found, "a sample without a message"
    return found[1] or found[3], found[2] or found[4]


def _with_fields(text: str) -> tuple[str, dict[str, int]]:
    peer, local = find_ends(text)
    text = _with_names(text.replace("%", "%%"), peer)
    text = _with_networks(text)
    text = _with_addresses(text, peer, local)
    counts: dict[str, int] = {}
    for field, pattern in {
        "spi": r"(?<![0-9A-F])(?!0{16})[0-9A-F]{16}(?![0-9A-F])",
        "esp": r"(?:(?<=0x)|(?<=SPI ))[0-9A-F]{8}(?![0-9A-F])",
        "conn": r"(?<=sa_conn_id= )\d+",
        "session": r"(?<=SESSION ID = )\d+",
        "sa": r"(?<=SA ID = )\d+|(?<=\()\d{1,4}(?=\):|\) t)",
    }.items():
        text, counts[field] = _numbered(text, field, pattern)
    text = re.sub(r"(?<=psh index )\d+|(?<=tunnel index )\d+", "%(sa0)s", text)
    return _with_dumps(text, counts), counts


def _numbered(text: str, field: str, pattern: str) -> tuple[str, int]:
    """Make fields of the distinct values of one kind; those of an SPI have small letters and decimals too."""
    flags = re.MULTILINE
    values = list(dict.fromkeys(re.findall(pattern, text, flags)))
    places = {value: str(n) for n, value in enumerate(values)}
    text = re.sub(pattern, lambda found: f"%({field}{places[found[0]]})s", text, flags=flags)
    for value, place in places.items():
        if field == "spi":
            text = text.replace(value.lower(), f"%(low{place})s")
        elif field == "esp":
            text = text.replace(f"({int(value, 16)})", f"(%(dec{place})s)")
    return text, len(values)


def _with_addresses(text: str, peer: str, local: str) -> str:
    if ":" in peer:
        return text.replace(peer, "%(peer6)s")
    for address, new in ((peer, "%(peer)s"), (local, LOCAL)):
        text = re.sub(rf"(?<![\d.]){re.escape(address)}(?!\.?\d)", new, text)
    return text.replace(dotted_hex(peer), "%(peer_hex)s").replace(dotted_hex(local), dotted_hex(LOCAL))


def dotted_hex(address: str) -> str:
    """Return an IPv4 address as a dump has it."""
    return " ".join(f"{int(part):02x}" for part in address.split("."))


def _with_names(text: str, peer: str) -> str:
    text = re.sub(r"(?<=Matched peer block ')[^']+", "PEER-%(site)s", text)
    text = re.sub(r"(?<=mib_index set to: )\d+", "%(site)s", text)
    text = re.sub(r"(?<=CRYPTO_PKI: \()[0-9A-F]{5}|(?<=CRYPTO_PKI : \()[0-9A-F]{5}", "%(pki)s", text)
    for name in re.findall(r"peer's identity '([^']*[a-z]+-?\d+\.[^']*)'", text):
        text = text.replace(name, re.sub(r"\d+", "%(site)s", name, count=1))
    return text


def _with_networks(text: str) -> str:
    """Give each peer networks of its own, in place of the sample's first one, with the same masks."""
    found = re.search(r"(?:remote_proxy= |start addr: )(?!0\.)(\d+\.\d+)\.(\d+)\.", text)
    if not found:
        return text
    whole, new = (found[1], "10.%(low_octet)s") if found[2] == "0" else (f"{found[1]}.{found[2]}", "10.%(octets)s")
    return re.sub(rf"(?<![\d.]){re.escape(whole)}(?=\.\d)", new, text)


@cache
def _constant_dumps() -> frozenset[str]:
    """Return the lines of dumps that several samples have: vendor IDs and the like, the same in every message."""
    names = [path.stem for path in SAMPLES.glob("asa-*.log")]
    seen = Counter(dump for name in names for dump in set(_DUMP.findall(read_sample(name))))
    return frozenset(dump for dump, times in seen.items() if times > 1)


def _with_dumps(text: str, counts: dict[str, int]) -> str:
    """Make a field of each line of a dump that is random in every message: keys, nonces, hashes."""
    dumps = 0

    def field(found: re.Match[str]) -> str:
        nonlocal dumps
        if found[0] in _constant_dumps() or found[0] == dotted_hex(LOCAL):
            return found[0]
        dumps += 1
        return f"%(dump{dumps - 1})s" if len(found[0]) == 47 else f"%(dump{dumps - 1}).{len(found[0])}s"

    text = _DUMP.sub(field, text)
    counts["dump"] = dumps
    return text
