"""Proposals compared as sets, traffic selectors as networks; and what differs, in words."""

import pytest

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.compare import (
    DH_GROUP,
    Selectors,
    compare_proposals,
    compare_selectors,
    differences,
    differing,
    differs_only_in,
    nearest_of,
    network_words,
    read_selector,
    relation,
    route_based_words,
    selector_difference,
)
from ikelog.diagnosis.policies import refusals
from ikelog.diagnosis.types import Attribute
from ikelog.events.sequence import Events
from ikelog.events.types import Event, Proposal, TrafficSelector


def ike(number: int, encryption: str, prf: str, integrity: str, group: str) -> Proposal:
    sets = [tuple(names.split()) for names in (encryption, prf, integrity, group)]
    return Proposal(number, "ike", *sets)


def esp(number: int, encryption: str, integrity: str, group: str = "") -> Proposal:
    return Proposal(
        number,
        "esp",
        encryption=tuple(encryption.split()),
        integrity=tuple(integrity.split()),
        key_exchange=tuple(group.split()),
        esn=("Don't use ESN",),
    )


def selector(start: str, end: str | None = None, protocol: int = 0) -> TrafficSelector:
    return TrafficSelector(start, end or start, protocol)


def selectors(local: str, remote: str) -> Selectors:
    def read(text: str) -> tuple[TrafficSelector, ...]:
        return tuple(selector(*part.split("-")) for part in text.split())

    return Selectors(read(local), read(remote))


BRANCH = "10.20.0.0-10.20.255.255"
CENTRE = "172.16.4.0-172.16.4.255"
ANY = "0.0.0.0-255.255.255.255"


class TestProposals:
    def test_order_within_a_set_does_not_matter(self) -> None:
        own = ike(1, "AES-CBC-256 AES-CBC-128", "SHA256 SHA1", "SHA256 SHA96", "14 19")
        (compared,) = compare_proposals([own], [ike(1, "AES-CBC-128", "SHA1", "SHA96", "19")])
        assert compared.distance == 0
        assert differing(compared) == ()

    def test_attributes_have_their_names(self) -> None:
        own = Proposal(1, "ike", ("AES-CBC-256",), ("SHA256",), ("SHA256",), ("14",), ("Use ESN",))
        (compared,) = compare_proposals([own], [own])
        assert [a.attribute for a in compared.attributes] == ["encryption", "prf", "integrity", "DH group", "ESN"]

    def test_every_difference_counts(self) -> None:
        (compared,) = compare_proposals(
            [ike(1, "AES-CBC-256", "SHA256", "SHA96", "14")], [ike(1, "AES-CBC-128", "SHA1", "SHA96", "14")]
        )
        assert compared.distance == 2
        assert differing(compared) == ("encryption", "prf")

    def test_nearest_own_proposal_comes_first(self) -> None:
        far, near = ike(1, "3DES", "MD5", "MD596", "2"), ike(2, "AES-CBC-256", "SHA256", "SHA256", "14")
        found = compare_proposals([far, near], [ike(1, "AES-CBC-256", "SHA256", "SHA256", "20")])
        assert [(c.own, c.distance) for c in found] == [("proposal 2", 1), ("proposal 1", 4)]

    def test_each_own_proposal_meets_the_nearest_received_one(self) -> None:
        received = [ike(1, "3DES", "SHA1", "SHA96", "2"), ike(2, "AES-CBC-256", "SHA256", "SHA256", "14")]
        (compared,) = compare_proposals([ike(1, "AES-CBC-256", "SHA384", "SHA256", "14")], received)
        assert (compared.peer, compared.distance) == ("proposal 2", 1)

    def test_unknown_is_shown_and_not_counted(self) -> None:
        (compared,) = compare_proposals(
            [ike(1, "AES-GCM-256", "SHA384", "", "20")], [ike(1, "AES-CBC-256", "SHA384", "SHA384", "20")]
        )
        assert differing(compared) == ("encryption",)
        assert Attribute("integrity", ("unknown",), ("SHA384",), True) in compared.attributes

    def test_what_neither_side_has_is_left_out(self) -> None:
        (compared,) = compare_proposals([esp(1, "AES-CBC-256", "SHA256")], [esp(1, "AES-CBC-256", "SHA256")])
        assert [a.attribute for a in compared.attributes] == ["encryption", "integrity", "ESN"]

    def test_cipher_without_a_key_length_may_be_any_of_them(self) -> None:
        (compared,) = compare_proposals([esp(1, "AES-CBC-256", "SHA96")], [esp(1, "AES-CBC", "SHA96")])
        assert compared.distance == 0

    def test_esp_is_not_ah(self) -> None:
        ah = Proposal(1, "ah", integrity=("SHA256",))
        (compared,) = compare_proposals([esp(1, "AES-CBC-256", "SHA256")], [ah])
        assert differing(compared) == ("protocol",)

    def test_nothing_received_or_nothing_own(self) -> None:
        one = [esp(1, "AES-CBC-256", "SHA256")]
        assert compare_proposals(one, []) == ()
        assert compare_proposals([], one) == ()


class TestOnlyTheGroup:
    def test_the_group_alone(self) -> None:
        found = compare_proposals(
            [ike(1, "AES-CBC-256", "SHA256", "SHA256", "20"), ike(2, "AES-CBC-128", "SHA1", "SHA96", "2")],
            [ike(1, "AES-CBC-256", "SHA256", "SHA256", "14")],
        )
        assert differs_only_in(found, DH_GROUP)

    def test_another_own_proposal_is_as_near_and_differs_otherwise(self) -> None:
        found = compare_proposals(
            [ike(1, "AES-CBC-256", "SHA1", "SHA96", "14"), ike(2, "AES-CBC-128", "SHA1", "SHA96", "5")],
            [ike(1, "AES-CBC-128", "SHA1", "SHA96", "14")],
        )
        assert not differs_only_in(found, DH_GROUP)
        assert len(nearest_of(found)) == 2

    def test_another_received_proposal_is_as_near_and_differs_otherwise(self) -> None:
        found = compare_proposals(
            [ike(1, "AES-CBC-256", "SHA256", "SHA256", "14")],
            [ike(1, "AES-CBC-256", "SHA256", "SHA256", "5"), ike(2, "AES-CBC-128", "SHA256", "SHA256", "14")],
        )
        assert not differs_only_in(found, DH_GROUP)

    def test_equal_is_no_difference(self) -> None:
        same = [ike(1, "AES-CBC-256", "SHA256", "SHA256", "14")]
        assert not differs_only_in(compare_proposals(same, same), DH_GROUP)

    def test_nothing_to_compare(self) -> None:
        assert not differs_only_in((), DH_GROUP)

    def test_words(self) -> None:
        found = compare_proposals(
            [ike(1, "AES-CBC-256", "SHA1", "SHA96", "14"), ike(2, "AES-CBC-128", "SHA1", "SHA96", "5")],
            [ike(1, "AES-CBC-128", "SHA1", "SHA96", "14")],
        )
        assert differences(found) == (
            "encryption (here AES-CBC-256, peer AES-CBC-128), or in DH group (here 5, peer 14)"
        )


class TestRefusals:
    def event(self, kind: str, line: int, *proposals: Proposal) -> Event:
        return Event(kind, "edge.log", line, line, fields={"proposals": proposals} if proposals else {})

    def test_lists_pair_up_by_what_they_are_of(self) -> None:
        events = (
            self.event("policies_received", 3, ike(1, "3DES", "SHA1", "SHA96", "2")),
            self.event("policies_expected", 5, ike(1, "AES-CBC-256", "SHA1", "SHA96", "14")),
            self.event("policies_received", 9, esp(1, "AES-CBC-256", "SHA256")),
            self.event("policies_expected", 11),
        )
        negotiation = Negotiation("N1", 2, "failed", events=Events(events))
        (of_ike,), (of_child,) = refusals(negotiation, "ike"), refusals(negotiation, "child")
        assert (of_ike.received.line, len(of_ike.own)) == (3, 1)
        assert (of_child.received.line, of_child.own, of_child.comparisons) == (9, (), ())

    def test_received_list_alone(self) -> None:
        events = (self.event("policies_received", 3, esp(1, "AES-CBC-256", "SHA256")),)
        (refusal,) = refusals(Negotiation("N1", 2, "failed", events=Events(events)), "child")
        assert refusal.expected is None


class TestSelectors:
    @pytest.mark.parametrize(
        ("own", "peer", "expected"),
        [
            (CENTRE, CENTRE, "equal"),
            (CENTRE, "172.16.4.0-172.16.4.127 172.16.4.128-172.16.4.255", "equal"),
            (CENTRE, "172.16.4.9-172.16.4.9 172.16.4.0-172.16.4.255", "equal"),
            (CENTRE, "172.16.4.9-172.16.4.9", "host"),
            (CENTRE, "172.16.4.0-172.16.4.127", "narrower"),
            (CENTRE, "172.16.0.0-172.16.255.255", "wider"),
            (CENTRE, ANY, "wider"),
            ("10.0.0.0-10.0.0.100", "10.0.0.50-10.0.0.200", "overlap"),
            (CENTRE, BRANCH, "apart"),
            (CENTRE, "2001:db8::-2001:db8::ffff", "apart"),
            ("2001:db8::-2001:db8::ffff", "2001:db8::5-2001:db8::5", "host"),
            (CENTRE, "x.x.x.x-x.x.x.x", "unknown"),
        ],
    )
    def test_relation(self, own: str, peer: str, expected: str) -> None:
        here, there = selectors(own, CENTRE), selectors(peer, CENTRE)
        assert relation(here.local, there.local) == expected

    def test_words_are_networks(self) -> None:
        assert network_words([selector("10.0.0.7"), selector("10.0.0.0", "10.0.0.255")]) == ("10.0.0.0/24",)
        assert network_words([selector("x.x.x.x")]) == ("x.x.x.x",)

    def test_mirror_image_differs_in_nothing(self) -> None:
        same = selectors(CENTRE, BRANCH)
        assert compare_selectors(same, same).distance == 0
        assert selector_difference(same, same) == ""

    def test_comparison_marks_the_side_that_differs(self) -> None:
        compared = compare_selectors(selectors(CENTRE, BRANCH), selectors(CENTRE, "10.20.7.0-10.20.7.255"))
        assert compared.attributes == (
            Attribute("local network", ("172.16.4.0/24",), ("172.16.4.0/24",), True),
            Attribute("remote network", ("10.20.0.0/16",), ("10.20.7.0/24",), False),
        )

    def test_narrower_in_words(self) -> None:
        said = selector_difference(selectors(CENTRE, BRANCH), selectors(CENTRE, "10.20.7.0-10.20.7.255"))
        assert "10.20.7.0/24, is narrower than our 10.20.0.0/16" in said

    def test_copied_instead_of_mirrored(self) -> None:
        assert "copies, not mirror images" in selector_difference(selectors(CENTRE, BRANCH), selectors(BRANCH, CENTRE))

    def test_route_based_peer(self) -> None:
        said = selector_difference(selectors(CENTRE, BRANCH), selectors(ANY, ANY))
        assert said == ("the peer asks for 0.0.0.0/0 both ways (route-based), this end expects networks (policy-based)")

    def test_route_based_here(self) -> None:
        assert "this end asks for 0.0.0.0/0" in selector_difference(selectors(ANY, ANY), selectors(CENTRE, BRANCH))
        assert "this end asks for 0.0.0.0/0" in route_based_words(selectors(ANY, ANY), here=True)
        assert route_based_words(selectors(ANY, CENTRE), here=True) == ""

    def test_masked_addresses_are_not_counted_as_different(self) -> None:
        masked = selectors("x.x.x.x-x.x.x.x", BRANCH)
        compared = compare_selectors(selectors(CENTRE, BRANCH), masked)
        assert compared.distance == 0
        assert compared.attributes[0].remote == ("x.x.x.x",)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "Address Range: 10.1.0.0-10.1.0.255 Protocol: 6 Port Range: 443-443",
                TrafficSelector("10.1.0.0", "10.1.0.255", 6, 443, 443),
            ),
            ("10.1.0.0/10.1.0.255/0/65535/0", TrafficSelector("10.1.0.0", "10.1.0.255")),
            ("10.1.0.0/10.1.0.255/0/65535/0!", TrafficSelector("10.1.0.0", "10.1.0.255")),
            ("nothing of the kind", None),
        ],
    )
    def test_selectors_of_syslog(self, text: str, expected: TrafficSelector | None) -> None:
        assert read_selector(text) == expected
