"""The devices of one or more logs: a view of each, and two where one log shows both ends of an IKE SA."""

from ikelog.correlation.identity import Identity
from ikelog.correlation.same_request import turned
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.view import View
from ikelog.events.types import Event
from ikelog.reading.sources import stream_name


class Devices:
    """The views of each device, the one last looked at at the end, and what is gathered of all of them.

    A device is its host name, else the stream of rotated logs; `known` has the same views by host name and source.
    `sources` numbers the sources in their order.
    """

    def __init__(self) -> None:
        self.views: dict[tuple[str | None, str], list[View]] = {}
        self.known: dict[tuple[str | None, str], list[View]] = {}
        self.sources: dict[str, int] = {}
        self.states: list[NegotiationState] = []
        self.loose: list[Event] = []


def view_of(devices: Devices, event: Event, identity: Identity | None) -> View:
    """Return the view that an event belongs to: one log in which roles or addresses turn round is two devices."""
    views = devices.known.get((event.device, event.source)) or _views_of(devices, event)
    if identity is None:
        return views[-1]
    initiator = identity.initiator_spi or ""
    if len(views) == 1:
        same = views[0].by_initiator.get(initiator)
        if same is None or not turned(same, identity):
            return views[0]
    fitting, known = [], []
    for view in views:
        same = view.by_initiator.get(initiator)
        if same is None or not turned(same, identity):
            fitting.append(view)
            if same is not None:
                known.append(view)
    chosen = (known or fitting or [_new_view(devices, event)])[-1]
    if views[-1] is not chosen:
        views[:] = [view for view in views if view is not chosen] + [chosen]
    return chosen


def _views_of(devices: Devices, event: Event) -> list[View]:
    """Return the views of the device of a source that is looked at for the first time."""
    devices.sources.setdefault(event.source, len(devices.sources))
    stream = stream_name(event.source) if event.device is None else ""
    views = devices.views.setdefault((event.device, stream), [])
    if not views:
        views.append(_new_view(devices, event))
    devices.known[event.device, event.source] = views
    return views


def _new_view(devices: Devices, event: Event) -> View:
    return View(event.device, event.source, devices.states, devices.loose)
