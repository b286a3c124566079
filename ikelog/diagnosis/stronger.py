"""What to type for stronger algorithms."""

from collections.abc import Iterable, Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.types import Fix

# By what it is for, IKE version and platform: where the setting stands.
_PLACES = {
    ("ike", 2, "ios"): "crypto ikev2 proposal <proposal>",
    ("ike", 2, "asa"): "crypto ikev2 policy <number>",
    ("ike", 1, "ios"): "crypto isakmp policy <number>",
    ("ike", 1, "asa"): "crypto ikev1 policy <number>",
    ("child", 2, "asa"): "crypto ipsec ikev2 ipsec-proposal <name>",
}
_SETTINGS = {
    ("key_exchange", "ike", 2, "ios"): (" group 19 14",),
    ("key_exchange", "ike", 2, "asa"): (" group 19 14",),
    ("key_exchange", "ike", 1, "ios"): (" group 14",),
    ("key_exchange", "ike", 1, "asa"): (" group 14",),
    ("key_exchange", "child", 0, "ios"): ("crypto map <map> <sequence>", " set pfs group14"),
    ("key_exchange", "child", 0, "asa"): ("crypto map <map> <sequence> set pfs group14",),
    ("encryption", "ike", 2, "ios"): (" encryption aes-cbc-256",),
    ("encryption", "ike", 2, "asa"): (" encryption aes-256",),
    ("encryption", "ike", 1, "ios"): (" encryption aes 256",),
    ("encryption", "ike", 1, "asa"): (" encryption aes-256",),
    ("encryption", "child", 0, "ios"): ("crypto ipsec transform-set <name> esp-aes 256 esp-sha256-hmac",),
    ("encryption", "child", 2, "asa"): (" protocol esp encryption aes-256",),
    ("encryption", "child", 1, "asa"): ("crypto ipsec ikev1 transform-set <name> esp-aes-256 esp-sha-hmac",),
    ("integrity", "ike", 2, "ios"): (" integrity sha256",),
    ("integrity", "ike", 2, "asa"): (" integrity sha256", " prf sha256"),
    ("integrity", "ike", 1, "ios"): (" hash sha256",),
    ("integrity", "child", 0, "ios"): ("crypto ipsec transform-set <name> esp-aes 256 esp-sha256-hmac",),
    ("integrity", "child", 2, "asa"): (" protocol esp integrity sha-256",),
}
_WHY = "after the peer allows it too; it holds from the next negotiation on"


def stronger(transform: str, negotiation: Negotiation | None, uses: Iterable[str] = ("ike",)) -> Iterator[Fix]:
    """Yield what to configure on the logging device and on the peer instead of a weak algorithm of a transform type."""
    version = negotiation.ike_version if negotiation else 2
    wanted = [use for use in ("ike", "child") if use in uses]
    places = platforms(negotiation.platform if negotiation else None)
    for platform in places:
        for use in wanted:
            commands = _commands(transform, use, version, platform)
            if commands:
                yield Fix(platform, commands, _WHY)
    if transform == "integrity" and version == 1 and "asa" in places:
        yield Fix("asa", (), "IKEv1 on an ASA knows no better hash than SHA-1: use IKEv2")
    yield Fix("peer", (), "allow the stronger algorithm there first, then take the weak one out on both ends")


def _commands(transform: str, use: str, version: int, platform: str) -> tuple[str, ...]:
    exact = _SETTINGS.get((transform, use, version, platform))
    if exact is None:
        return _SETTINGS.get((transform, use, 0, platform), ())
    head = _PLACES.get((use, version, platform)) if exact[0].startswith(" ") else None
    return (head, *exact) if head else exact
