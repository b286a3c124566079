"""Traffic selectors as people write them: `10.1.0.0/24 protocol 6 port 443`."""

from ikelog.events.types import TrafficSelector


def network(selector: TrafficSelector) -> str | None:
    """Return the selector's range in CIDR notation; None where it is no CIDR block, or masked text."""
    from ipaddress import ip_address  # slow to import, and many reports show no selector

    try:
        first, last = ip_address(selector.start), ip_address(selector.end)
    except ValueError:
        return None
    size = int(last) - int(first) + 1
    is_block = size > 0 and size & (size - 1) == 0 and int(first) % size == 0
    if first.version != last.version or not is_block:
        return None
    return f"{first}/{first.max_prefixlen - size.bit_length() + 1}"


def selector_text(selector: TrafficSelector) -> str:
    """Return the selector in words; protocol and ports only where they limit anything."""
    parts = [network(selector) or f"{selector.start}-{selector.end}"]
    if selector.protocol:
        parts.append(f"protocol {selector.protocol}")
    if (selector.start_port, selector.end_port) != (0, 65535):
        parts.append(_ports(selector.start_port, selector.end_port))
    return " ".join(parts)


def _ports(first: int, last: int) -> str:
    return f"port {first}" if first == last else f"ports {first}-{last}"
