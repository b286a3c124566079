"""Choose among fixes: those of the device that wrote the log, of its peer, of the network between."""

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.types import Fix


def for_device(negotiation: Negotiation | None, *fixes: Fix) -> tuple[Fix, ...]:
    """Keep the fixes of the platform that logged, of the peer and of the path; all where the platform is unknown."""
    places = (*platforms(negotiation.platform if negotiation else None), "peer", "path")
    return tuple(fix for fix in fixes if fix.platform in places)
