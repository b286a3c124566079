"""The logs that come with ikelog, to try: none of them is anybody's."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from ikelog.record import record

_PLATFORMS = {"iosxe": "IOS XE", "ios": "IOS", "asa": "ASA"}


@record
class Example:
    """A log to try: its file's name, and what it shows."""

    name: str
    title: str


@cache
def examples() -> tuple[Example, ...]:
    """Return the examples, by platform and name."""
    names = sorted(path.stem for path in _folder().glob("*.log"))
    return tuple(Example(name, _title(name)) for name in names if name.partition("-")[0] in _PLATFORMS)


def example(name: str) -> str | None:
    """Return the text of an example; None where there is none of this name."""
    if name not in {one.name for one in examples()}:
        return None
    return (_folder() / f"{name}.log").read_text(encoding="utf-8")


@cache
def _folder() -> Path:
    """Return where the samples are: in the installed package, else in the checkout."""
    packaged = Path(str(files("ikelog"))) / "samples"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "samples"


def _title(name: str) -> str:
    platform, *words = name.split("-")
    version = " IKEv1" if "ikev1" in words else ""
    text = " ".join(word for word in words if word != "ikev1")
    return f"{_PLATFORMS[platform]}{version}: {text}"
