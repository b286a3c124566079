"""The words of the grammars, and words that a scanner misread: letters that look alike taken for one another."""

import re
from functools import cache

from ikelog.grammar.texts import sources

# Characters that look alike; each stands for the first of its group.
_ALIKE = ("0OQD@GC", "1lI|!ij", "5S$s", "8B", "2Zz", "MNH", "eaoc", "vuy", "tf", "hb", "gq9", "xX", "wW", "kK", "pP")
_CLASS = {letter: group[0] for group in _ALIKE for letter in group}
_LITERAL = r'"((?:[^"\\\n]|\\.)*)"'
_LISTED = r"^(?:ERROR|PAYLOAD|EXCHANGE|DIRECTION|TRANSFORM|VERDICT)[.\d-]*: (/.*)"
_WORD = r"[A-Za-z][A-Za-z0-9_]{2,}"
# What a scanner makes one word of: letters, digits, and signs that it takes for them.
_LETTERS = r"[A-Za-z0-9_@|!$]+"
_NUMBER = r"(?<![A-Za-z0-9@])(?=[^\s]*@)(?:[@0][xX])?[0-9@]+(?:\.[0-9@]+)*(?![A-Za-z0-9@])"


@cache
def words() -> frozenset[str]:
    """The words of all literals, and of the terminals that name payloads, notifies and errors."""
    from ikelog.terms import notifies

    text = "\n".join(sources())
    listed = re.findall(_LITERAL, text) + re.findall(_LISTED, text, re.MULTILINE)
    found = set(re.findall(_WORD, " ".join(listed)))
    found.update(notifies.NAMES.values())
    return frozenset(found) | _EXCHANGES


_EXCHANGES = frozenset("IKE_SA_INIT IKE_AUTH CREATE_CHILD_SA INFORMATIONAL REQUEST RESPONSE IKEv2 IKEv1 NOTIFY".split())


def reread(text: str, choice: int = 0) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Read misread words as the grammars' own; return the text and the pairs of what was read and what it is.

    A word is another only where it is none of the grammars' itself and looks like one of them alone. In a number an at
    sign is a nought. Of two that it looks like as much, in large and in small letters, `choice` takes one.
    """
    pairs: list[tuple[str, str]] = []

    def taken(found: "re.Match[str]") -> str:
        word = _word(found[0], choice)
        if word is None:
            return found[0]
        pairs.append((found[0], word))
        return word

    def counted(found: "re.Match[str]") -> str:
        pairs.append((found[0], found[0].replace("@", "0")))
        return pairs[-1][1]

    text = re.sub(_NUMBER, counted, text)
    return re.sub(_LETTERS, taken, text), tuple(pairs)


def with_brackets(text: str) -> str:
    """Read brackets of one kind for those of another where only these can stand."""
    text = re.sub(r"(?<=[A-Za-z])\{(?=[^{}]*[)}])", "(", text)
    if "[" in text and "]" not in text and text[-1:] in ")}|Jl1":
        text = text[:-1] + "]"
    return re.sub(r"(?<=\()([^()\[\]{}]*)[\]}]", r"\1)", text) if "(" in text and ")" not in text else text


@cache
def _by_look() -> dict[str, list[str]]:
    """The words by how they look."""
    found: dict[str, list[str]] = {}
    for word in words():
        found.setdefault(_look(word), []).append(word)
    return found


def _word(text: str, choice: int) -> str | None:
    """Return the word that a text was misread from; None where it is a word itself, or may be none or several."""
    if len(text) < 3 or text.isdecimal() or text in words() or text.lower() in _lower():
        return None
    if not any(letter.isalpha() for letter in text):
        return None
    alike = sorted(
        (sum(a != b for a, b in zip(text, word, strict=True)), word) for word in _by_look().get(_look(text), ())
    )
    best = [word for differing, word in alike if differing == alike[0][0]]
    if not best or len({word.lower() for word in best}) > 1:
        return None
    return best[min(choice, len(best) - 1)]


@cache
def _lower() -> frozenset[str]:
    return frozenset(word.lower() for word in words())


def _look(text: str) -> str:
    return "".join(_CLASS.get(letter, letter) for letter in text)
