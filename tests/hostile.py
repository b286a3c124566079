"""A log in which everything that is free text is an attack: on a page, a picture, a terminal, a ticket."""

import re
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "samples"

# What an identity, a name or a message may hold; nothing of it may become an element, a link, a rule or a command.
ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "javascript:alert(3)",
    "[click](javascript:alert(4))",
    "</script><svg/onload=alert(5)>",
    "'&quot;\u202egnp.exe",
    "\x1b[31mred\x1b]8;;http://x/\x07",
    "{{ 7*7 }}{% raw %}",
    "end; Note over A,B: x %%{init}%%",
    "`code` | cell | **bold** @everyone #1",
    "]]> <!-- -->",
)


def hostile_log() -> str:
    """Return a healthy negotiation whose peer and profile are called by each of the attacks, and foreign lines."""
    text = (SAMPLES / "iosxe-certificate-invalid.log").read_text(encoding="utf-8")
    name = "cn=fw99.example.net,o=Example Partner"
    assert name in text
    parts = [
        re.sub(r"(SA ID = )\d+", rf"\g<1>{n}", text)
        .replace("91423C07052F49F0", f"91423C07052F49{n:02X}")
        .replace(name, f"cn={attack},o=Example")
        for n, attack in enumerate(ATTACKS, 1)
    ]
    return "".join(parts) + "".join(f"{attack}\n" for attack in ATTACKS)
