"""What to type where a crypto map entry lacks something, for the IKE version that the log is of."""

from ikelog.diagnosis.commands import crypto_map_commands, platforms
from ikelog.diagnosis.refused_child import ENTRY, entry_lacks, entry_name
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event


def map_fixes(platform: str | None, entry: Event | None, address: str, version: int = 2) -> tuple[Fix, ...]:
    """Return what completes an entry, or any entry where the log does not say which; `address` is the peer's."""
    name, lacking = (entry_name(entry), entry_lacks(entry)) if entry else (ENTRY, "")
    return (
        *(
            Fix(p, _commands(version, p, name, address, lacking), "set what the entry lacks")
            for p in platforms(platform)
        ),
        Fix("peer", (), "nothing, where its own entry is complete: what it was answered comes from here"),
    )


def _commands(version: int, platform: str, entry: str, address: str, lacking: str) -> tuple[str, ...]:
    commands = crypto_map_commands(platform, entry, address, lacking)
    if version != 1:
        return commands
    return tuple(c.replace("set ikev2 ipsec-proposal <proposal>", "set ikev1 transform-set <name>") for c in commands)
