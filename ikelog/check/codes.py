"""Which findings some codes, families of codes or names of diagnoses mean."""

from collections.abc import Iterable, Sequence

from ikelog.diagnosis.types import Finding


def is_named(finding: Finding, codes: Sequence[str]) -> bool:
    """Tell whether a finding is of one of the codes (`IKE201`), families (`IKE2`) or names (`psk-mismatch`)."""
    return any(finding.code.startswith(code.upper()) or finding.name == code.lower() for code in codes)


def named(findings: Iterable[Finding], codes: Sequence[str]) -> list[Finding]:
    """Return the findings that some codes mean."""
    return [finding for finding in findings if is_named(finding, codes)]


def selected(findings: Iterable[Finding], select: Sequence[str], ignore: Sequence[str]) -> tuple[Finding, ...]:
    """Return the findings of the codes to select, of all codes where there are none, without those to ignore."""
    return tuple(f for f in findings if (not select or is_named(f, select)) and not is_named(f, ignore))
