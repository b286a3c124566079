"""The characters of a line: a terminal's control characters, a web page's typography, and a body's canonical form."""

import re

_ANSI = r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]"
_CLOSING = " .,|"
# What editors, web pages and other keyboards make of the characters that a device prints.
_PASTED = str.maketrans(
    dict.fromkeys("’‘‚‛′´ʼ`", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("–—‐‑‒―−", "-")
    | {"→": "->", "⇒": "->", "…": "...", "\0": " "}
    | dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " ")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
)
# What a word processor for another script makes of a device's punctuation: a header or a tag may be of it.
_WIDE = str.maketrans(
    {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060", "")
    | dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " ")
)
_ENTITY = r"&(?:#\d{1,5}|#[xX][0-9A-Fa-f]{1,4}|gt|lt|amp|quot|apos|nbsp|ndash|mdash|hellip|rarr);"
# Somebody's words in place of an address, and what stands for a blank in them while the line is read.
_MASKED = (
    r"<(?=[^<>]{0,40}\b(?i:my|your|our|ip|peer|public|private|remote|local|address|addr|site|removed|hidden|masked)\b)"
    r"[A-Za-z][\w.'-]{0,30}(?: [\w.'-]{1,30}){1,5}>"
)
BLANK = "\u2423"


def printable(line: str) -> str:
    """Take a terminal's control characters out of a line: colours go, a backspace takes the character before it."""
    if "\x1b" in line:
        line = re.sub(_ANSI, "", line)
    if "\x08" in line:
        kept: list[str] = []
        for part in re.split(r"(\x08+)", line):
            if part.startswith("\x08"):
                rest = "".join(kept)
                kept = [rest[: -len(part)]] if len(part) < len(rest) else []
            else:
                kept.append(part)
        line = "".join(kept)
    return line.replace("\t", " ").replace("\r", " ").replace("\0", " ")


def plain_line(line: str) -> str:
    """Give a line the characters that a device prints, as far as a header and a tag are made of them."""
    if not line.isprintable():
        line = printable(line)
    if not line.isascii():
        line = line.translate(_WIDE)
    line = without_entities(line)
    return re.sub(_MASKED, lambda found: found[0].replace(" ", BLANK), line) if "<" in line else line


def is_masked(text: str) -> bool:
    """Tell whether somebody's words of several stand in a text in place of an address."""
    return "<" in text and re.search(_MASKED, text) is not None


def without_entities(text: str) -> str:
    """Write what a page's source says as `&gt;` or `&#39;` as the character that it stands for."""
    if "&" not in text or not re.search(_ENTITY, text):
        return text
    from html import unescape  # rarely needed, and slow to import

    return re.sub(_ENTITY, lambda found: unescape(found[0]), text)


def clean(text: str) -> str:
    """Give a body its canonical form: pasted quotes straightened, single blanks, no closing punctuation."""
    if is_clean(text):
        return text
    return _straight(text).rstrip(_CLOSING)


def is_clean(text: str) -> bool:
    """Tell whether a text certainly has its canonical form."""
    return (
        text.isascii()
        and text.isprintable()
        and "  " not in text
        and "`" not in text
        and "&" not in text
        and text[:1] != " "
        and text[-1:] not in _CLOSING
    )


def closing(text: str) -> str:
    """Return the punctuation that `clean` takes off the end of a text."""
    if text[-1:] not in _CLOSING:
        return ""
    end = text[-8:].rstrip()
    return end[len(end.rstrip(_CLOSING)) :].strip()


def _straight(text: str) -> str:
    text = without_entities(text)
    if not text.isascii() or "`" in text or "\0" in text:
        text = text.translate(_PASTED)
    return " ".join(text.split())
