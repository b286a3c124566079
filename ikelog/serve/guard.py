"""What every request has to show, and every answer forbids: other sites may neither ask nor frame nor read."""

import hmac
import ipaddress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ikelog.serve.problems import Refused, problem
from ikelog.serve.types import Settings

COOKIE = "ikelog_token"
_SAFE = ("GET", "HEAD")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Lets through what comes from the page itself, or from a program, and adds the headers to every answer.

    `policy` is the Content-Security-Policy.
    """

    def __init__(self, app: ASGIApp, settings: Settings, policy: str) -> None:
        self.app = app
        self.settings = settings
        self.headers = {**_HEADERS, "Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        try:
            answer = _answered(scope, self.settings)
        except Refused as refused:
            answer = problem(refused.status, refused.detail, **refused.headers)
        await (answer or self.app)(scope, receive, send_with_headers)


def _answered(scope: Scope, settings: Settings) -> Response | None:
    """Return the answer to a request that needs no more looking at, None else; raises Refused."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not _is_own(host, settings):
        raise Refused(421, "this host name is none of this server's; --allow-host adds one")
    if scope["method"] not in _SAFE:
        _check_origin(headers, scope["scheme"], host)
    return None if settings.token is None else _authorised(scope, headers, settings.token)


def _is_own(host: str, settings: Settings) -> bool:
    """Tell whether a Host header names this server: another's name may lead here too (DNS rebinding)."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in settings.hosts or (settings.any_address and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_origin(headers: Headers, scheme: str, host: str) -> None:
    """Raise Refused for what another site's page sends; programs send neither header."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site not in (None, "same-origin", "none"):
        raise Refused(403, "a page of another site may not ask for this")
    if origin is not None and origin.lower() != f"{scheme}://{host}".lower():
        raise Refused(403, "a page of another origin may not ask for this")


def _authorised(scope: Scope, headers: Headers, token: str) -> Response | None:
    """Look for the token: in a header, in the cookie, or in the address, which then becomes the cookie."""
    given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
    if given and _is(given, token) and scope["method"] in _SAFE:
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        return answer
    kind, _, sent = headers.get("authorization", "").partition(" ")
    if (kind.lower() == "bearer" and _is(sent.strip(), token)) or _is(_cookie(headers), token):
        return None
    raise Refused(401, "a token is needed: open the address that `ikelog serve` printed", WWW_Authenticate="Bearer")


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _is(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())
