"""What tells the same problem in the next capture, so that it is the old one there and not a new one."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from ikelog.check.problems import Problem


def fingerprints(found: Iterable[Problem]) -> Iterator[tuple[Problem, str]]:
    """Yield each problem with its fingerprint of 32 hex digits; problems that are the same are counted into theirs."""
    seen: Counter[str] = Counter()
    for problem in found:
        seen[problem.stable] += 1
        text = f"{problem.stable} {seen[problem.stable]}".encode("utf-8", "backslashreplace")
        yield problem, hashlib.sha256(text).hexdigest()[:32]
