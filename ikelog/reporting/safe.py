"""Text that came in with a log, made harmless for a terminal."""

import re

# DEL and C1; line and paragraph separators; bidi embeddings, overrides and isolates; lone surrogates, which stand for
# bytes that could not be decoded and cannot be written either.
BEYOND_C0 = "\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"

_UNSAFE = f"[\x00-\x08\x0a-\x1f{BEYOND_C0}]"


def visible(text: str) -> str:
    r"""Return `text` with every control character as an escape that can be read: ESC becomes `\x1b`. Tabs stay."""
    return text if text.isprintable() else re.sub(_UNSAFE, _escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
