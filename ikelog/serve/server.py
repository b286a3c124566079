"""Listen, and serve until the user ends it."""

import ipaddress
import secrets
import socket
from collections.abc import Sequence

import uvicorn

from ikelog.record import record
from ikelog.serve.application import build_application
from ikelog.serve.types import Settings

_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - only where the user says so


@record
class Address:
    """Where to listen; port 0 takes any that is free."""

    host: str = "127.0.0.1"
    port: int = 8514


def is_loopback(host: str) -> bool:
    """Tell whether nobody but this machine can reach a host name or address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def build_settings(address: Address, also: Sequence[str] = (), **limits: float) -> Settings:
    """Return the settings for an address: beyond loopback a token is needed. `also` are more names of this machine."""
    host = address.host.strip("[]")
    names = [*Settings().hosts, host, *also]
    loopback = is_loopback(host)
    if not loopback:
        names += [socket.gethostname(), socket.getfqdn()]
    token = None if loopback else secrets.token_urlsafe(24)
    hosts = tuple(dict.fromkeys(name.lower() for name in names if name not in _ANY))
    return Settings(hosts, host in _ANY, token, **limits)  # type: ignore[arg-type]


def listen(address: Address) -> socket.socket:
    """Return a socket that listens there; raises OSError."""
    host = address.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, address.port), family=family, backlog=128)


def url(address: Address, listening: socket.socket, settings: Settings) -> str:
    """Return the address to open; it has the token, where there is one."""
    port = listening.getsockname()[1]
    host = address.host.strip("[]")
    if host in _ANY:
        host = socket.gethostname()
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?token={settings.token}" if settings.token else "")


def serve(listening: socket.socket, settings: Settings) -> None:
    """Serve on a socket until Ctrl-C or SIGTERM. Nothing is logged of what is asked."""
    config = uvicorn.Config(
        build_application(settings),
        access_log=False,
        log_level="error",
        server_header=False,
        date_header=False,
        lifespan="on",
        ws="none",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=1 << 16,
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[listening])
