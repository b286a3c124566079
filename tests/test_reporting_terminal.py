"""The report as text: whole outputs, what comes first, what is cut short, and what never gets out."""

import re
from dataclasses import fields, is_dataclass, replace
from io import BytesIO, TextIOWrapper
from typing import Any

import pytest
from reports import (
    LOG,
    healthy,
    proposal_finding,
    psk_finding,
    psk_negotiation,
    report,
    source,
    text,
    timed_negotiation,
    timeline,
)

from ikelog.correlation.types import Span
from ikelog.diagnosis.types import Alternative, Comparison, Evidence, Finding, Fix
from ikelog.reporting import terminal
from ikelog.reporting.safe import visible

PSK = """\
3 negotiations with 2 peers · 1 up · 2 failed        edge1.log, 652 lines, ASA, no clock

FAILED  20.20.20.1  we responded  2 times                            IKE201 psk-mismatch
  first edge1.log:1, last edge1.log:327 2010-06-10 17:36:05
  The peer's AUTH does not match our pre-shared key: the two keys differ.  observed · both sides
    edge1.log:289  IKEv2-PROTO-1: (16): Failed to authenticate the IKE SA
  Fix, here (ASA):   tunnel-group 20.20.20.1 ipsec-attributes
                      ikev2 remote-authentication pre-shared-key <the key that the peer uses>
  Fix, on the peer:  Its local key. Nothing else failed: proposals and identities matched.

  N1  D7307E13C686A26E / 1FDBEBAAE40753CF
             20.20.20.1:500                 30.30.30.1:500 (here)
    line 1    IKE_SA_INIT 0  ────────────▶  SA KE N VID×4 NAT_DETECTION×2
    line 188  IKE_SA_INIT 0  ◀────────────  SA KE N VID×4 NAT_DETECTION×2 CERTREQ
    line 197  IKE_AUTH 1     ────────────▶  IDi AUTH SA TSi TSr
    line 289                                ✗ AUTH does not verify
    line 314  IKE_AUTH 1     ◀────────────  AUTHENTICATION_FAILED

UP  10.0.0.70  we initiated  edge1.log:700
"""

PROPOSAL = """\
FAILED  20.20.20.1  we responded                            IKE103 ike-proposal-mismatch
  None of our IKEv2 policies matches what the peer offers: encryption differs.  likely · the peer's side
    edge1.log:289  IKEv2-PROTO-1: (16): Failed to authenticate the IKE SA
                  here: policy 10  peer: proposal 1
    ≠ encryption  AES-CBC-256      AES-CBC-128, AES-CBC-192
      prf         SHA256           SHA256
      esn         -                -
  Fix, here (IOS):  crypto ikev2 proposal P
                     encryption aes-cbc-128
                    ! One proposal in common is enough.
  Or it is:  IKE101  the answer never arrives
             IKE107  the cookie never arrives
"""


def two_alike() -> list[Any]:
    again = psk_negotiation("N2", spans=(Span(LOG, 327, 652),), started_at="2010-06-10T17:36:05")
    return [psk_negotiation(), again, healthy(70)]


def test_two_failures_alike_are_one_block() -> None:
    # each of the two has its own finding: the block tells the first, and the second is not told again
    findings = [psk_finding("N1"), psk_finding("N2", id="F2")]
    assert text(report(two_alike(), findings)) == PSK


def test_failure_with_comparison_likely_cause_and_alternatives() -> None:
    finding = replace(
        proposal_finding("N1"),
        certainty="inferred",
        side="peer",
        fix=(
            Fix(
                "ios",
                ("crypto ikev2 proposal P", " encryption aes-cbc-128"),
                "One proposal in common is enough.",
            ),
        ),
        alternatives=(
            Alternative("IKE101", "the answer never arrives"),
            Alternative("IKE107", "the cookie never arrives"),
        ),
    )
    shown = text(report([psk_negotiation(verdict="IKE103")], [finding]))
    assert shown.partition("\n\n")[2].partition("\n\n")[0] + "\n" == PROPOSAL


def test_failures_come_first_then_what_is_up_then_warnings_and_infos() -> None:
    shown = text(
        report(
            [
                healthy(1),
                healthy(2, outcome="incomplete", verdict="IKE114"),
                healthy(3, outcome="ike_only"),
                psk_negotiation("N4", outcome="child_failed", verdict="IKE302"),
                healthy(5, verdict="IKE401"),
                psk_negotiation("N6"),
            ],
            [
                psk_finding("N1", id="F1", code="IKE113", name="nat-detected", severity="info"),
                psk_finding("N1", id="F2", code="IKE411", name="retransmissions-recovered", severity="warning"),
                psk_finding("N1", id="F3", code="IKE302", name="traffic-selector-mismatch"),
                psk_finding("N2", id="F4", code="IKE114", name="incomplete-negotiation", severity="info"),
                psk_finding("N6", id="F5"),
            ],
        )
    )
    starts = [re.split(r"  +", line)[0] for line in shown.splitlines() if re.match("[A-Z]", line)]
    assert starts == [
        "FAILED",
        "CHILD SA FAILED",
        "UP, THEN FAILED",
        "ERROR",
        "UNFINISHED",
        "IKE SA ONLY",
        "UP",
        "WARNING",
        "INFO",
    ]
    assert "IKE114 incomplete-negotiation" not in shown  # its negotiation's line says so


def test_unfinished_with_a_cause_is_told_in_full() -> None:
    unfinished = healthy(1, outcome="incomplete", verdict="IKE101")
    finding = psk_finding("N1", code="IKE101", name="no-response", explanation="No answer came.")
    assert "  No answer came." in text(report([unfinished], [finding]))


def test_verdict_whose_finding_was_ignored_still_heads_its_block() -> None:
    assert re.search(r"^FAILED .* IKE201$", text(report([psk_negotiation()])), re.MULTILINE)


def test_blocks_differ_by_peer_role_verdict_and_device() -> None:
    one = psk_negotiation()
    others = [
        psk_negotiation("N2", role="initiator"),
        psk_negotiation("N3", verdict="IKE202"),
        psk_negotiation("N4", device="edge2"),
    ]
    headings = re.findall("^FAILED .*?(?:  +IKE)", text(report([one, *others])), re.MULTILINE)
    assert len(headings) == 4
    assert sum("on edge2" in heading for heading in headings) == 1


def test_twenty_healthy_peers_and_then_how_many_more() -> None:
    made = report(healthy(number) for number in range(1, 26))
    shown = text(made)
    assert len(re.findall("^UP ", shown, re.MULTILINE)) == 20
    assert shown.endswith("10.0.0.20  we initiated  edge1.log:200\n… 5 more UP (-v shows all)\n")
    everything = text(made, verbose=1)
    assert len(re.findall("^UP ", everything, re.MULTILINE)) == 25
    assert "more UP" not in everything


def test_healthy_ones_of_one_peer_are_one_line() -> None:
    shown = text(report(healthy(number, peer="10.9.9.9") for number in range(1, 31)))
    assert shown.splitlines()[2:] == ["UP  10.9.9.9  we initiated  30 times  edge1.log:10"]


def test_evidence_is_cut_short_and_numbered_by_line() -> None:
    evidence = (Evidence(LOG, 8, 9, "one\r\ntwo\r"), *(Evidence(LOG, line, line, "more") for line in range(20, 27)))
    made = report([psk_negotiation()], [psk_finding(evidence=evidence)])
    shown = text(made)
    assert "    edge1.log:8   one\n    edge1.log:9   two\n    edge1.log:20  more\n" in shown
    assert "edge1.log:23  more\n    … 3 more lines (-v shows all)\n" in shown
    assert "edge1.log:26  more\n" in text(made, verbose=1)


def test_nearest_comparisons_are_shown_and_the_others_counted() -> None:
    comparisons = tuple(Comparison(f"policy {number}", "proposal 1", 1, ()) for number in range(1, 6))
    made = report([psk_negotiation()], [psk_finding(comparison=comparisons)])
    assert "here: policy 3" in text(made)
    assert "policy 4" not in text(made)
    assert "    … 2 more comparisons (-v shows all)\n" in text(made)
    assert "here: policy 5" in text(made, verbose=1)


def test_references_only_when_asked_for() -> None:
    made = report([psk_negotiation()], [psk_finding(references=("RFC 7296 section 2.15", "RFC 7296 section 2.16"))])
    assert "See:" not in text(made)
    assert "  See: RFC 7296 section 2.15; RFC 7296 section 2.16\n" in text(made, verbose=1)


def test_infos_that_read_the_same_are_one_line() -> None:
    infos = [
        psk_finding(
            f"N{number}", id=f"F{number}", code="IKE113", name="nat-detected", severity="info", explanation="NAT"
        )
        for number in (1, 2)
    ]
    assert text(report([healthy(1, "10.9.9.9"), healthy(2, "10.9.9.9")], infos)).splitlines()[4:] == [
        "INFO  IKE113 nat-detected  10.9.9.9  ×2: NAT"
    ]


def test_finding_of_many_peers_names_the_first() -> None:
    finding = psk_finding("N1", "N2", "N3", "N4", "N5", severity="warning")
    made = report([healthy(number) for number in range(1, 6)], [finding])
    assert "WARNING  10.0.0.1, 10.0.0.2, 10.0.0.3, 2 more " in text(made)


def test_quiet_leaves_counts_and_a_line_a_failure() -> None:
    findings = [psk_finding("N1", "N2"), psk_finding("N70", id="F2", code="IKE411", severity="warning")]
    assert text(report(two_alike(), findings), quiet=True).splitlines() == [
        "3 negotiations with 2 peers · 1 up · 2 failed        edge1.log, 652 lines, ASA, no clock",
        "FAILED  20.20.20.1  we responded  2 times                            IKE201 psk-mismatch",
    ]


def test_several_logs_are_counted_and_what_is_wrong_with_one_is_said() -> None:
    damaged = source(name="b.log", lines=1348, notes=("breaks off in mid-line",))
    shown = text(report(sources=(source(), damaged)))
    assert shown.splitlines()[0].split("  ")[0] == "No negotiation found"
    assert shown.splitlines()[0].endswith("  2 logs, 2,000 lines")
    assert shown.splitlines()[1:] == ["  b.log: breaks off in mid-line"]


LONG = "IKEv2-PROTO-1: (16): " + "Failed to find a matching policy " * 9


def long_report() -> Any:
    finding = replace(
        proposal_finding("N1"),
        explanation="None of our policies matches what the peer offers, " * 4,
        evidence=(Evidence(LOG, 289, 289, LONG.strip()),),
        fix=psk_finding().fix,
        alternatives=(Alternative("IKE101", "the way back is blocked, " * 6),),
    )
    warning = psk_finding("N7", id="F2", code="IKE411", severity="warning")
    info = psk_finding("N7", id="F3", code="IKE113", severity="info")
    negotiations = [psk_negotiation(verdict="IKE103"), timed_negotiation(), healthy(9)]
    return report(negotiations, [finding, warning, info])


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_terminal_lines_fit_and_no_word_is_broken(width: int) -> None:
    shown = text(long_report(), width=width)
    assert [line for line in shown.splitlines() if len(line) > width] == []
    words = set(text(long_report()).replace("─", "").split())
    # only what is cut, which is evidence, ends in a piece of a word
    strange = {word for word in shown.replace("─", "").split() if word not in words}
    assert all(word.endswith("…") for word in strange)


def test_evidence_that_fits_two_rows_is_folded_on_a_terminal() -> None:
    two_rows = "IKEv2-PROTO-1: (16): " + "Failed to find a matching policy " * 3
    finding = psk_finding(evidence=(Evidence(LOG, 289, 289, two_rows.strip()),))
    shown = text(report([psk_negotiation()], [finding]), width=80)
    assert "    line 289  IKEv2-PROTO-1: (16): Failed to find a matching policy Failed to\n" in shown
    assert "              find a matching policy Failed to find a matching policy\n" in shown


def test_long_evidence_is_cut_on_a_terminal_and_never_in_a_pipe() -> None:
    row = next(line for line in text(long_report(), width=80).splitlines() if "line 289  IKEv2" in line)
    assert len(row) == 80
    assert row.endswith("…")
    assert f"    edge1.log:289  {LONG.strip()}\n" in text(long_report())


def test_wide_comparison_wraps_within_its_cells() -> None:
    shown = text(report([psk_negotiation(verdict="IKE103")], [proposal_finding("N1")]), width=44)
    assert (
        "                  here: policy  peer:\n"
        "                  10            proposal 1\n"
        "    ≠ encryption  AES-CBC-256   AES-CBC-128,\n"
        "                                AES-CBC-192\n"
    ) in shown


def test_pipe_has_no_colour_and_no_trailing_blanks() -> None:
    shown = text(long_report())
    assert "\x1b" not in shown
    assert [line for line in shown.splitlines() if line != line.rstrip()] == []


def test_colour_changes_no_character() -> None:
    coloured = text(long_report(), width=80, colour=True)
    assert "\x1b[1;31mFAILED\x1b[0m" in coloured
    assert "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()) + "\n" == text(
        long_report(), width=80
    )


CONTROLS = "\x1b\x9b\u202e\u2066\u2028\x07\x00\udc80"
POISON = "\x1b[31m\x9b1m\u202e\u2066\u2028\x07\x00\udc80\n"


# a text of a closed set, or one that names a negotiation, comes from ikelog and not from a log
OURS = {"outcome", "role", "severity", "side", "certainty", "direction", "by", "state", "id"}


def poisoned(value: Any) -> Any:
    """Put control characters into every text of a report that may come from a log."""
    if isinstance(value, str):
        return value + POISON
    if isinstance(value, tuple):
        return tuple(poisoned(item) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    ours = OURS | {"negotiations"} if isinstance(value, Finding) else OURS
    names = [field.name for field in fields(value) if field.name not in ours]
    return replace(value, **{name: poisoned(getattr(value, name)) for name in names})


@pytest.mark.parametrize("width", [0, 80])
def test_control_characters_never_get_out(width: int) -> None:
    made = poisoned(long_report())
    for shown in (text(made, width=width, verbose=1), timeline(made, width=width)):
        assert not set(shown) & set(CONTROLS)
        assert r"\x1b[31m" in shown


def test_visible_escapes_and_keeps_the_rest() -> None:
    assert visible("a\tb\x1b[2J\x85\u2067é…") == r"a" + "\tb" + r"\x1b[2J\x85\u2067é…"
    assert visible("\r\n\x7f\ud800") == r"\x0d\x0a\x7f\ud800"


def test_stream_that_cannot_carry_arrows_gets_their_like() -> None:
    raw = BytesIO()
    out = TextIOWrapper(raw, encoding="ascii")
    made = report([psk_negotiation()], [psk_finding()])
    terminal.render(made, out, width=0, colour=False, verbose=0, quiet=False)
    out.flush()
    assert b"line 1    IKE_SA_INIT 0  ------------>  SA KE N VIDx4 NAT_DETECTIONx2" in raw.getvalue()
