"""How the texts that a pattern matches can begin: enough to tell that two patterns never match at one place."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

LONGEST = 24
MOST = 240
_REPEATS = {re._constants.MAX_REPEAT, re._constants.MIN_REPEAT, re._constants.POSSESSIVE_REPEAT}

# A beginning, and whether the text may go on in a known way behind it.
_Begun = set[tuple[str, bool]]
# What is kept of the characters that may stand at one place.
_Fold = Callable[[Iterable[str]], set[str]]
# Punctuation and blanks in any number are one blank in the plain form: believed wordings regard none of it.
_PUNCTUATION = frozenset(" .,:;!?#&()'\"/-")


@lru_cache(maxsize=4096)
def beginnings(pattern: str) -> frozenset[str]:
    """Return the beginnings of all texts that a pattern can match; an empty one stands for any.

    They are in a plain form: small letters, and one blank for any run of punctuation.
    """
    begun = _sequence(re._parser.parse(pattern), {("", True)}, plain)
    return frozenset(text for text, _ in begun)


def openings(pattern: str, length: int) -> frozenset[str]:
    """Return the first characters, up to a length, of all texts that a pattern can match; none at all stand for any."""
    begun = _sequence(re._parser.parse(pattern), {("", True)}, set, length)
    return frozenset(text[:length] for text, _ in begun)


def may_meet(first: frozenset[str], second: frozenset[str]) -> bool:
    """Tell whether texts with these beginnings may stand at one place."""
    return any(a.startswith(b) or b.startswith(a) for a in first for b in second)


def plain(letters: Iterable[str]) -> set[str]:
    """Return characters in their plain form."""
    return {" " if letter in _PUNCTUATION else letter.lower() for letter in letters}


def _sequence(items: Any, begun: _Begun, fold: _Fold, longest: int = LONGEST) -> _Begun:
    for operation, argument in items:
        if not any(goes_on for _, goes_on in begun):
            break
        begun = _joined(begun, operation, argument, fold, longest)
        begun = {(text[:longest], goes_on and len(text) < longest) for text, goes_on in begun}
        if len(begun) > MOST:
            begun = {(text[:1], False) for text, _ in begun}
    return begun


def _joined(begun: _Begun, operation: Any, argument: Any, fold: _Fold, longest: int) -> _Begun:
    """Return the beginnings with one more element of a pattern behind those that go on."""
    ended = {one for one in begun if not one[1]}
    open_ends = begun - ended
    if operation == re._constants.LITERAL:
        return ended | _with(open_ends, {chr(argument)}, fold)
    if operation == re._constants.BRANCH:
        return ended.union(*(_sequence(branch, open_ends, fold, longest) for branch in argument[1]))
    if operation == re._constants.SUBPATTERN:
        return ended | _sequence(argument[-1], open_ends, fold, longest)
    if operation == re._constants.ATOMIC_GROUP:
        return ended | _sequence(argument, open_ends, fold, longest)
    if operation in _REPEATS:
        least, most, inside = argument
        once = _sequence(inside, open_ends, fold, longest)
        if most > 1 and not _is_punctuation(inside):
            once = {(text, False) for text, _ in once}
        return ended | once | (open_ends if least == 0 else set())
    if operation in (re._constants.AT, re._constants.ASSERT, re._constants.ASSERT_NOT):
        return begun
    letters = _letters(argument) if operation == re._constants.IN else None
    if letters is None:
        return ended | {(text, False) for text, _ in open_ends}
    return ended | _with(open_ends, letters, fold)


def _with(begun: _Begun, letters: set[str], fold: _Fold) -> _Begun:
    """Return beginnings with each of the letters behind them; in the plain form a run of blanks is one."""
    kept = fold(letters)
    return {
        (text if fold is plain and text[-1:] == letter == " " else text + letter, True)
        for text, _ in begun
        for letter in kept
    }


def _is_punctuation(items: Any) -> bool:
    """Tell whether a repeated piece of a pattern is one character of punctuation."""
    if len(items) != 1 or items[0][0] != re._constants.IN:
        return False
    letters = _letters(items[0][1])
    return letters is not None and letters <= _PUNCTUATION


def _letters(choice: Any) -> set[str] | None:
    """Return the characters of a short set such as `[IR]`; None for a long or a negated one."""
    letters: set[str] = set()
    for operation, argument in choice:
        if operation == re._constants.LITERAL:
            letters.add(chr(argument))
        elif operation == re._constants.RANGE and argument[1] - argument[0] < 30:
            letters.update(chr(code) for code in range(argument[0], argument[1] + 1))
        else:
            return None
    return letters
