"""Pieces of SVG: text from a log is text in it, whatever it holds."""

import re
from functools import lru_cache

from ikelog.reporting.safe import visible

# What XML 1.0 cannot carry even as a reference, and `visible` leaves.
_NO_XML = re.compile("[\ufffe\uffff]")
_MEANT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})

Value = str | int | float | bool | None


@lru_cache(maxsize=8192)  # most of a picture's texts are in it many times
def escaped(text: str) -> str:
    """Return text from a log as the text of an element or an attribute: no markup, nothing that cannot be seen."""
    return _NO_XML.sub("\ufffd", visible(text).replace("\t", " ")).translate(_MEANT)


def number(value: float) -> str:
    """Return a coordinate as short as it may be."""
    if type(value) is int:
        return str(value)
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, content: str = "", **attributes: Value) -> str:
    """Return an element around content that is XML already; None leaves an attribute out.

    A name that Python has taken ends with `_`; other underscores stand for hyphens.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_written(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _written(value: Value) -> str:
    return escaped(value) if isinstance(value, str) else number(value or 0)


def text(content: str, x: float, y: float, class_: str | None = None, anchor: str | None = None) -> str:
    """Return a text element; `content` comes from a log or from us."""
    return element("text", escaped(content), class_=class_, x=x, y=y, text_anchor=anchor) if content else ""
