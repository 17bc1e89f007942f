"""An identity provider on this machine: discovery, keys, and a token endpoint that checks what a real one would."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT_ID, CLIENT_SECRET = "nss-review", "s3cret/with+signs"
CODE = "a-code"


@dataclass(slots=True)
class LocalProvider:
    """Vouches for `login` to whoever brings the code with the verifier of `challenge`; `claims` change the token."""

    now: int
    login: str = "jiro"
    subject: str = "person-1"
    nonce: str = ""
    challenge: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "k1"}))
    signing_key: ECKey | None = None
    _server: ThreadingHTTPServer | None = None

    @property
    def issuer(self) -> str:
        """Its address."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Serve until stopped."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                documents = {"/.well-known/openid-configuration": provider.metadata(), "/jwks": provider.keys()}
                self._answer(200 if self.path in documents else 404, documents.get(self.path, {}))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._answer(*provider.exchange(self.headers.get("authorization", ""), parse_qs(body)))

            def _answer(self, status: int, document: Any) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close the door."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def metadata(self) -> dict[str, str]:
        """What discovery says."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }

    def keys(self) -> dict[str, Any]:
        """The public half."""
        return {"keys": [self.key.as_dict(private=False)]}

    def exchange(self, authorization: str, form: dict[str, list[str]]) -> tuple[int, dict[str, str]]:
        """An ID token for the code, where client and verifier are right."""
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        verifier = form.get("code_verifier", [""])[0]
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        is_right = (pair, form.get("code"), digest) == (f"{CLIENT_ID}:s3cret%2Fwith%2Bsigns", [CODE], self.challenge)
        return (200, {"id_token": self.id_token()}) if is_right else (400, {"error": "invalid_grant"})

    def id_token(self) -> str:
        """Signed by this provider, unless a test gave it another key."""
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": self.subject,
            "exp": self.now + 300,
            "iat": self.now,
            "nonce": self.nonce,
            "preferred_username": self.login,
        } | self.claims
        return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, self.signing_key or self.key)
