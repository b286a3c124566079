"""Parses a log with Lark on ikelog's grammars and nothing else: what ikelog would be without its tables and memos.

`python -m benchmarks.plain_lark FILE BYTES` prints what it did as JSON.
"""

import json
import re
import sys
import time
from pathlib import Path
from typing import NamedTuple

from lark import Lark
from lark.exceptions import UnexpectedInput

from ikelog.grammar.lark_parsing import lark_parser
from ikelog.grammar.texts import terminal

# The families of a dense log, and where the lines that continue their records are described.
_CONTINUED_BY = {
    "asa_ikev2": "ikev2_message",
    "ios_ikev2": "ikev2_message",
    "ios_ipsec": "ios_ipsec",
    "ios_pki": "ikev2_message",
}
_HEADER = r"^\d+: \w{3} {1,2}\d{1,2} [\d:.]+ UTC: |^\w{3} {1,2}\d{1,2} \d{4} [\d:]+: %ASA-7-711001: "
_HANDLE = re.compile(r"\(\d{1,10}\): ?")


class Result(NamedTuple):
    """How much was parsed, in which time; `failed` texts are those that the grammars do not take as they stand."""

    bytes: int
    seconds: float
    parsed: int
    failed: int


def parse_lines(lines: list[str]) -> Result:
    """Parse each line by itself, without a memo; the time is taken once the grammars are made."""
    parsers = {name: lark_parser(name) for name in {*_CONTINUED_BY, *_CONTINUED_BY.values()}}
    splitter = _splitter()
    counts = {True: 0, False: 0}
    family = ""
    begin = time.perf_counter()
    for line in lines:
        found = list(splitter.finditer(line))
        begins = [match.start() for match in found] + [len(line)]
        texts = [(family, True, line[: begins[0]])]
        for match, following in zip(found, begins[1:], strict=True):
            begins_record = match.lastgroup != "header"
            family = str(match.lastgroup) if begins_record else family
            texts.append((family, not begins_record, line[match.end() : following]))
        for owner, continues, text in texts:
            for place, piece in enumerate(_HANDLE.split(text) if owner == "asa_ikev2" else (text,)):
                if body := " ".join(piece.split()).rstrip(" .,|"):
                    counts[_understood(parsers, owner, body, continues or place > 0)] += 1
    seconds = time.perf_counter() - begin
    return Result(sum(map(len, lines)) + len(lines), seconds, counts[True], counts[False])


def _splitter() -> re.Pattern[str]:
    """Return one pattern for the header of a line and the tags on it."""
    tags = [f"(?P<{family}>{re.sub(r'[?]P<[a-z]+>', '?:', terminal(family, 'PREFIX'))})" for family in _CONTINUED_BY]
    return re.compile("|".join([f"(?P<header>{_HEADER})", *tags]))


def _understood(parsers: dict[str, Lark], family: str, text: str, continues: bool) -> bool:
    """Parse what begins a record, or continues one; the few texts that look like the other are tried as that too."""
    head, part = (parsers[family], "body"), (parsers[_CONTINUED_BY[family]], "part")
    return any(_parse(*way, text) for way in ((part, head) if continues else (head, part)))


def _parse(parser: Lark, start: str, text: str) -> bool:
    try:
        parser.parse(text, start=start)
    except UnexpectedInput:
        return False
    return True


def main() -> None:
    """Parse the beginning of a file and print the result."""
    path, size = Path(sys.argv[1]), int(sys.argv[2])
    with path.open("rb") as file:
        text = file.read(size).decode("ascii")
    result = parse_lines(text[: text.rindex("\n")].split("\n"))
    print(json.dumps(result._asdict()))


if __name__ == "__main__":
    main()
