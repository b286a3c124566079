"""Lines that no grammar knows, as templates: one for each wording, with a count and an example that may be posted."""

from collections.abc import Iterable, Sequence
from typing import TextIO

from ikelog.events.types import Event
from ikelog.reading.envelope import read_header
from ikelog.record import record
from ikelog.reporting.layout import line, write
from ikelog.reporting.masking import Masks

# Of a longer line the beginning is wording enough.
_LONGEST = 500


@record
class Template:
    """A wording: how many lines have it, where the first of them stands, and that line with made-up values."""

    template: str
    count: int
    source: str
    line: int
    platform: str | None
    example: str


def build_templates(events: Sequence[Event]) -> list[Template]:
    """Group the unrecognised lines among events by their wording: the most frequent first, then as the log has them."""
    masks = Masks(event.device for event in events if event.device)
    first: dict[str, tuple[Event, str]] = {}
    counts: dict[str, int] = {}
    known: dict[str, str] = {}
    for event in _lines(events):
        text = _own_text(event)
        template = known.get(text) or known.setdefault(text, masks.template(text))
        first.setdefault(template, (event, text))
        counts[template] = counts.get(template, 0) + 1
    return [
        Template(template, count, event.source, event.line, event.platform, masks.example(text))
        for template, count in sorted(counts.items(), key=lambda item: -item[1])
        for event, text in [first[template]]
    ]


def _lines(events: Iterable[Event]) -> Iterable[Event]:
    """Yield an unrecognised event for each line that has any: all those of a line share its text."""
    last = None
    for event in events:
        if event.kind == "unrecognised" and (event.source, event.line) != last:
            last = event.source, event.line
            yield event


def _own_text(event: Event) -> str:
    """Return what a line says behind its header: clock and host name are no part of its wording."""
    text = " ".join((event.text or "")[: 4 * _LONGEST].split())
    hosts = frozenset([event.device] if event.device else ())
    text = text[read_header(text, 0, hosts).end :]
    return text if len(text) <= _LONGEST else text[:_LONGEST].rpartition(" ")[0] + " …"


def render(templates: Iterable[Template], out: TextIO, format_name: str) -> None:
    """Write templates as text, or as JSON with one object a line."""
    if format_name == "json":
        from ikelog.reporting.json_report import encoded_line

        for found in templates:
            keys = ("count", "template", "source", "line", "platform", "example")
            out.write(encoded_line({key: getattr(found, key) for key in keys}) + "\n")
        return
    for found in templates:
        place = f"{found.source}:{found.line}"
        texts = (
            f"{found.count:,}×  {found.template}",
            f"    first at {place}, with made-up values:",
            f"    {found.example}",
        )
        write([*(line(text) for text in texts), ()], out, colour=False)
