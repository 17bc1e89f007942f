"""Security headers on every response, errors included."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CACHE_CONTROL = b"cache-control"
NOT_KEPT = (CACHE_CONTROL, b"no-store")
HSTS = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """ASGI middleware; it stands outside everything that can answer."""

    def __init__(
        self, app: ASGIApp, *, https: bool, form_action_origins: Sequence[str] = (), own_scripts: bool = False
    ) -> None:
        self._app = app
        headers = {
            "Content-Security-Policy": content_security_policy(form_action_origins, own_scripts=own_scripts),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        if https:
            headers["Strict-Transport-Security"] = HSTS
        self._headers = [(name.lower().encode(), text.encode()) for name, text in headers.items()]
        self._names = frozenset(name for name, _ in self._headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [header for header in message.get("headers", ()) if header[0] not in self._names]
                # Pages show one office's data: no cache may keep them. Static files name their own rule.
                kept = () if any(name == CACHE_CONTROL for name, _ in given) else (NOT_KEPT,)
                message = {**message, "headers": [*given, *self._headers, *kept]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def content_security_policy(form_action_origins: Sequence[str], *, own_scripts: bool = False) -> str:
    """Nothing from anywhere but our own style sheets, pictures and fonts, and scripts where a service has some.

    Forms also go to the origins given.
    """
    scripts = ("script-src 'self'", "connect-src 'self'") if own_scripts else ()
    return "; ".join(
        (
            "default-src 'none'",
            *scripts,
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            " ".join(("form-action 'self'", *form_action_origins)),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
