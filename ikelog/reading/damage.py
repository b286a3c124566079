"""What copies, screens and scans do to a line's beginning and its identifiers: what can be put right, and what not."""

import re
from functools import cache

from ikelog.grammar.cache import kept_pattern
from ikelog.record import record

LOST_BEGINNING = "the first characters are lost"
LOST_SIGN = "the per cent sign is lost"
NO_CHARACTERS = "bytes that are no characters"
WRAPPED = "wrapped by a terminal"
UNREAD = "an SPI that cannot be read"
TAG_MISREAD = "the tag is misread"
# Stands for an identifier that cannot be read, so that the rest of its line can be; no device gives it.
UNREADABLE = "FEDC0000BA980000"


@record
class Damage:
    """What is wrong with a line, or with all of a source from that line on, and whether it was put right."""

    line: int
    what: str
    repaired: bool


def _suffixes(word: str, least: int) -> str:
    """Return a pattern for what is left of a word that has lost its first characters, at least so many."""
    return "|".join(re.escape(word[place:]) for place in range(1, len(word) - least + 1))


_HANDLE = r"\((?:SESSION ID = \d+, ?)?SA ID = \d+\)"
# What is left of a tag at the beginning of a line, what must stand behind that, and the tag. The more has gone, the
# more must stand behind.
_BEGINNINGS: tuple[tuple[str, str, str], ...] = (
    (_suffixes("IKEv2", 1) + "|", r"-(?:PLAT|PROTO)-\d: ?", "IKEv2"),
    (_suffixes("IKEv2-PLAT", 2), r"-\d: ?\(\d+\)", "IKEv2-PLAT"),
    (_suffixes("IKEv2-PROTO", 2), r"-\d: ?\(\d+\)", "IKEv2-PROTO"),
    (_suffixes("IKEv2", 2), r"(?:-(?:ERROR|INTERNAL|PAK))?:(?:\(|[A-Z\[%])", "IKEv2"),
    (_suffixes("IKEv2", 1) + "|", rf"(?:-(?:ERROR|INTERNAL|PAK))?:{_HANDLE}", "IKEv2"),
    ("", rf"{_HANDLE} ?:", "IKEv2:"),
    (_suffixes("ISAKMP", 4), r"(?:-(?:PAK|ERROR))?(?: ?:|:? ?\(\d)", "ISAKMP"),
    (_suffixes("ISAKMP", 2), r"(?:-(?:PAK|ERROR))?: ?\(\d{1,6}\): ?[A-Za-z]", "ISAKMP"),
    (_suffixes("IPSEC", 2), r":?\(", "IPSEC"),
    (_suffixes("[IKEv1 DEBUG]", 3), r" ?:| ?,? ?(?:Group|IP) = ", "[IKEv1 DEBUG]"),
    (_suffixes("[IKEv1 DECODE]", 3), r" ?:| ?,? ?(?:Group|IP) = ", "[IKEv1 DECODE]"),
    (_suffixes("[IKEv1]", 2), r" ?:| ?,? ?(?:Group|IP) = ", "[IKEv1]"),
    (_suffixes("%ASA", 1) + "|", r"-(?:[a-z]+-)?\d-[1467]\d{5} ?:", "%ASA"),
    (_suffixes("%FTD", 2), r"-(?:[a-z]+-)?\d-[1467]\d{5} ?:", "%FTD"),
    (_suffixes("%CRYPTO", 2), r"-\d-[A-Z][A-Z0-9_]{3,}: ", "%CRYPTO"),
    (_suffixes("%IKEV2", 2), r"-\d-[A-Z][A-Z0-9_]{3,}: ", "%IKEV2"),
    ("IPSEC|PSEC", r"-\d-[A-Z][A-Z0-9_]{3,}: ", "%IPSEC"),
    ("PKI", r"-\d-[A-Z][A-Z0-9_]{3,}: ", "%PKI"),
    ("GDOI|DOI", r"-\d-[A-Z][A-Z0-9_]{3,}: ", "%GDOI"),
    (_suffixes("%PIX", 2), r"-(?:[a-z]+-)?\d-[1467]\d{5} ?:", "%PIX"),
)
# The longest of them with what stands behind it, as far as that tells, and the characters that they can begin with.
_LONGEST_BEGINNING = 16
_BEGIN = frozenset("KEv2-:ILATPROTO(SAMKPC DEBUGO1]FTRYN7V")
_V2_TAGS = ("IKEv2:", "IKEv2-ERROR:", "IKEv2-INTERNAL:", "IKEv2-PAK:")
# A tag as a scanner may read it. The handle behind it stays where all in front of it is unreadable.
_MISREAD_HANDLE = (
    r"[({\[]?S[EF]SS[I1l|][O0QDG][NMH] ?[I1l|]D ?= ?(\d{1,7}), ?[S5][A4] ?[I1l|]D ?= ?(\d{1,7})[)}\]] ?[:;.]"
)
_MISREAD_TAGS: tuple[tuple[str, str], ...] = (
    (
        r"(?<![A-Za-z0-9])[I1l|!TJ][KX][EF][vVyuY][2Zz7?](?=(?:-(?:PLAT|PROTO)-\d)?[:;]|-(?:ERROR|INTERNAL|PAK):)",
        "IKEv2",
    ),
    (r"(?<![A-Za-z0-9])[I1l|!TJ][S5][A4][KX][MNH]P(?=:? ?\(\d|: )", "ISAKMP"),
    (r"(?<![A-Za-z0-9])[I1l|!TJ]P[S5]E[CG](?=:?\([a-zS])", "IPSEC"),
)
_IDENTIFIER = (
    r"(SPI ?: |SPI: |[IR]_SPI=|(?:Init|Resp)SPI=0x|[IR]SPI: 0x|[ir]spi: )"
    r"(?![0-9A-Fa-f]{16}(?![0-9A-Za-z]))([^\s,]{13,19})(?=[ ,)\]]|$)"
)


@record
class Beginning:
    """A line whose tag was put right, and what had happened to it."""

    line: str
    what: str


def restored(line: str) -> Beginning | None:
    """Give a line without a tag the one that it nearly has; None where it has nothing like one."""
    begin = len(line) - len(line.lstrip(" \ufeff"))
    if _may_begin(line[begin : begin + _LONGEST_BEGINNING]):
        found = _beginnings().match(line, begin)
        if found:
            tag = _BEGINNINGS[int((found.lastgroup or "").removeprefix("tag"))][2]
            what = LOST_SIGN if found[0] == tag.removeprefix("%") else LOST_BEGINNING
            return Beginning(tag + line[found.end() :], what)
    return _reread(line) if _may_be_misread(line) else None


def _may_begin(head: str) -> bool:
    """Tell by a quick look whether a line may begin with what is left of a tag."""
    marked = "-" in head or "(" in head or "]" in head or (":" in head and head[0] in "KEv2SA")
    return marked and head[0] in _BEGIN


def _may_be_misread(line: str) -> bool:
    """Tell by a quick look whether a line may hold a misread tag: something of it is left."""
    left = "KE" in line or "XE" in line or "KMP" in line or "KNP" in line or "KHP" in line
    left = left or "P5E" in line or "PSE" in line or "D =" in line or "D=" in line
    return left and _nearly_a_tag().search(line) is not None


def _reread(line: str) -> Beginning | None:
    """Read a tag whose letters a scanner took for others; the handle behind it stands where no letter of it is left."""
    mended = line
    for pattern, tag in _MISREAD_TAGS:
        mended = re.sub(pattern, tag, mended, count=1)
    handle = re.search(_MISREAD_HANDLE, mended)
    if handle is not None and not re.search(_HANDLE, mended):
        before = mended[: handle.start()] if mended.endswith(_V2_TAGS, 0, handle.start()) else "IKEv2:"
        mended = f"{before}(SESSION ID = {handle[1]},SA ID = {handle[2]}):{mended[handle.end() :]}"
    return Beginning(mended, TAG_MISREAD) if mended != line else None


def misread_behind(line: str, tag: "re.Match[str]") -> bool:
    """Tell whether a handle stands behind a tag whose letters a scanner took for others."""
    return tag[0].startswith(_V2_TAGS) and is_misread_handle(line[tag.end() : tag.end() + 40])


def is_misread_handle(text: str) -> bool:
    """Tell whether a text begins with a handle whose letters a scanner took for others."""
    return text[:1] in ("(", "{", "[", "S") and re.match(_MISREAD_HANDLE, text) is not None


def without_unreadable(text: str) -> tuple[str, tuple[str, ...]]:
    """Put a stand-in where a text has an SPI that is none as it is read; return these as they are read, in order."""
    read: list[str] = []

    def taken(found: "re.Match[str]") -> str:
        read.append(found[2])
        return found[1] + UNREADABLE

    return re.sub(_IDENTIFIER, taken, text), tuple(read)


@cache
def _beginnings() -> "re.Pattern[str]":
    """Return one pattern for what is left of a tag at the beginning of a line; made when a line first needs it."""
    source = "|".join(f"(?P<tag{n}>{left})(?={behind})" for n, (left, behind, _) in enumerate(_BEGINNINGS))
    return kept_pattern("beginnings", source)


@cache
def _nearly_a_tag() -> "re.Pattern[str]":
    """Return a pattern that finds what may be a misread tag, by a quick look."""
    return kept_pattern(
        "misread",
        r"(?<![A-Za-z])(?!IKEv2)[I1l|!TJ][KX][EF][vVyuY][2Zz7?][:;-]|K[MNH]P[:( ]|P[S5]E[CG]:?\(|[I1l|]D ?= ?\d",
    )
