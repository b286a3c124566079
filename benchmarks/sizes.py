"""Sizes as people write them."""

import re
from argparse import ArgumentTypeError

_BYTES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def read_size(text: str) -> int:
    """Read a number of bytes such as 200M."""
    found = re.fullmatch(r"([1-9]\d*)([kMG]?)", text)
    if not found:
        raise ArgumentTypeError(f"not a size: {text} (200k, 20M, 1G)")
    return int(found[1]) * _BYTES[found[2]]
