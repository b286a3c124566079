"""Give what a record says, which was read alone, its place in the log and the handle that it was printed with."""

import re
from collections.abc import Iterator, Mapping, Sequence

from ikelog.events.records import Said
from ikelog.events.types import Event, Handle, Proposal, Value
from ikelog.reading.moment import Moment
from ikelog.record import replaced

# Stands for the handle of an ASA's record on its lines, whichever it is.
OWN_SA = 9_999_999_999
OWN = f"({OWN_SA}):"
HANDLE = re.compile(r"\((\d{1,10})\):")


def with_any_handle(text: str) -> tuple[str, Handle | None]:
    """Put a mark for the first handle that an ASA prints on lines below a tag without one; return it too."""
    found = HANDLE.search(text)
    return (text.replace(found[0], OWN), Handle(int(found[1]))) if found else (text, None)


def further(
    said: Said,
    more: Sequence[Mapping[str, Value]] | None,
    name: str,
    lines: int,
    moment: Moment,
    own: Handle | None,
) -> Iterator[Event]:
    """Yield the events of a record behind its first."""
    for place, event in enumerate(said.more):
        handle = own if event.handle is not None and event.handle.sa == OWN_SA else event.handle
        fields = event.fields if more is None else more[place]
        fields = moved(fields, lines) if "proposals" in fields else fields
        yield event._replace(
            source=name,
            line=event.line + lines,
            end_line=event.end_line + lines,
            moment=moment if event.moment is not None else None,
            handle=handle,
            fields=fields,
        )


def moved(fields: Mapping[str, Value], lines: int) -> Mapping[str, Value]:
    """Return fields whose proposals name lines further down."""
    proposals = fields["proposals"]
    if not isinstance(proposals, tuple):
        return fields
    moved = tuple(replaced(one, line=one.line + lines) if isinstance(one, Proposal) else one for one in proposals)
    return {**fields, "proposals": moved}
