"""An IKEv1 negotiation that builds what few ask of it when it is asked."""

from functools import cached_property

from ikelog.correlation.built import Built
from ikelog.correlation.ikev1.particulars import (
    build_ikev1_authentication,
    build_ikev1_closed,
    build_ikev1_configuration,
    build_ikev1_end,
    build_ikev1_nat,
    build_ikev1_offers,
    build_ikev1_transforms,
)
from ikelog.correlation.particulars import build_configuration
from ikelog.correlation.types import Authentication, Closed, Configuration, End, Nat, Offer, Transforms


class BuiltIkev1(Built):
    """A negotiation of Main or Aggressive Mode, and of Quick Mode under it."""

    @cached_property
    def local(self) -> End:
        return build_ikev1_end(self._gathered, "local")

    @cached_property
    def configuration(self) -> Configuration:
        return build_ikev1_configuration(self.events, build_configuration(self.events))

    @cached_property
    def closed(self) -> Closed | None:
        return build_ikev1_closed(self._gathered, self._decided)

    @cached_property
    def authentication(self) -> Authentication:
        return build_ikev1_authentication(self._gathered)

    @cached_property
    def transforms(self) -> Transforms | None:
        return build_ikev1_transforms(self._gathered)

    @cached_property
    def proposals(self) -> tuple[Offer, ...]:
        return build_ikev1_offers(self._gathered)

    @cached_property
    def nat(self) -> Nat:
        return build_ikev1_nat(self._gathered)
