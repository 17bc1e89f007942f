"""OpenID Connect client: discovery, the address of the login, the exchange of the code, the check of the ID token."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.review.workflows import ProvenIdentity, RefusedByProvider
from shared.runtime.clock import Clock

ANSWER_SECONDS = 5.0
LARGEST_ANSWER_BYTES = 1024 * 1024
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
CLOCK_LEEWAY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """How this console is known to the provider. `login_claim` names the claim that holds a staff login."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    login_claim: str = "preferred_username"


class OidcClient:
    """Code flow with PKCE and nonce. What the provider says about itself is asked once per process."""

    def __init__(self, settings: ProviderSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._known: Mapping[str, Any] | None = None

    async def authorization_url(self, state: str, nonce: str, code_verifier: str) -> str:
        """Where the browser is sent. Raises RefusedByProvider."""
        known = await self._discover()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(code_verifier),
            "code_challenge_method": "S256",
        }
        address = str(known["authorization_endpoint"])
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"

    async def prove(self, code: str, nonce: str, code_verifier: str) -> ProvenIdentity:
        """Who came back with the code. Raises RefusedByProvider."""
        known = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_uri,
            "code_verifier": code_verifier,
        }
        answer = await _ask(str(known["token_endpoint"]), form, self._basic_authorization())
        claims = self._verified(answer.get("id_token"), await _ask(str(known["jwks_uri"])), nonce)
        login = claims.get(self._settings.login_claim)
        if not isinstance(login, str) or not login:
            raise RefusedByProvider(f"the ID token has no {self._settings.login_claim}")
        return ProvenIdentity(f"{self._settings.issuer} {claims['sub']}", login)

    async def _discover(self) -> Mapping[str, Any]:
        if self._known is None:
            known = await _ask(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if known.get("issuer") != self._settings.issuer:
                raise RefusedByProvider("the provider calls itself by another issuer")
            self._known = known
        return self._known

    def _basic_authorization(self) -> str:
        pair = f"{quote(self._settings.client_id, safe='')}:{quote(self._settings.client_secret, safe='')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _verified(self, id_token: Any, keys: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=CLOCK_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            token = jwt.decode(str(id_token), KeySet.import_key_set(dict(keys)), algorithms=ALGORITHMS)  # type: ignore[arg-type]
            rules.validate(token.claims)
        except (JoseError, ValueError, KeyError) as error:
            raise RefusedByProvider(f"the ID token does not hold: {type(error).__name__}") from None
        authorised = token.claims.get("azp", self._settings.client_id)
        if authorised != self._settings.client_id:
            raise RefusedByProvider("the ID token was made for another client")
        return token.claims


def _challenge(code_verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()


async def _ask(address: str, form: Mapping[str, str] | None = None, authorization: str = "") -> Mapping[str, Any]:
    """The JSON object at an address, off the event loop. Raises RefusedByProvider."""
    if urlsplit(address).scheme not in ("http", "https"):
        raise RefusedByProvider("the provider named an address that is not http")
    body = urlencode(form).encode() if form is not None else None
    headers = {"Accept": "application/json"} | ({"Authorization": authorization} if authorization else {})
    request = Request(address, body, headers)  # noqa: S310  the scheme was checked above
    try:
        answer = json.loads(await asyncio.to_thread(_read, request))
    except (URLError, TimeoutError, OSError, ValueError) as error:
        raise RefusedByProvider(f"the provider did not answer: {type(error).__name__}") from None
    if not isinstance(answer, dict):
        raise RefusedByProvider("the provider answered with something else than an object")
    return answer


def _read(request: Request) -> bytes:
    with urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  the scheme was checked by the caller
        content: bytes = answer.read(LARGEST_ANSWER_BYTES)
    return content
