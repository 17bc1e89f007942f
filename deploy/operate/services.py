"""Where the services are, and talking to their APIs: an answer's problem becomes one line and an exit code."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2

from deploy.errors import CommandError, LoginNeeded, NotRunning, Refused
from deploy.local.state import StackState, find_stacks
from deploy.progress import say_once
from shared.contracts.topics import SERVICES, ServiceName

ROOT = Path(__file__).resolve().parents[2]
ANSWER_SECONDS = 15.0


def service_url(service: ServiceName) -> str:
    """`NSS_<SERVICE>_URL`, else this checkout's running stack; says on stderr which. Raises NotRunning."""
    variable = f"NSS_{service.upper()}_URL"
    given = os.environ.get(variable)
    if given:
        say_once(f"{service} at {given} (from {variable})")
        return given.rstrip("/")
    stack = local_stack()
    if stack is None or service not in stack.urls:
        raise NotRunning(f"no {service} known: run `nss up`, or set {variable}")
    say_once(f"services of the stack in {stack.directory}")
    return stack.urls[service]


def known_urls() -> Mapping[ServiceName, str]:
    """The services that this environment or the running stack names; none is no mistake."""
    stack = local_stack()
    given = {service: os.environ.get(f"NSS_{service.upper()}_URL", "").rstrip("/") for service in SERVICES}
    named = {service: url or (stack.urls.get(service, "") if stack else "") for service, url in given.items()}
    return {service: url for service, url in named.items() if url}


def local_stack() -> StackState | None:
    """The stack of this checkout, the demo's if there is no other."""
    for folder in find_stacks(ROOT):
        state = StackState.load(folder)
        if state is not None and state.parts:
            return state
    return None


class RefusedBy(Refused):
    """What the service said no to, field by field; `errors` is empty where it is not about fields."""

    def __init__(self, line: str, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(line)
        self.errors = errors


def call(
    method: str, url: str, *, token: str | None = None, body: Any = None, seconds: float = ANSWER_SECONDS
) -> Mapping[str, Any]:
    """Send one request with a JSON body and return the JSON answer. Raises CommandError with one line."""
    headers = {"Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        answer = httpx2.request(method, url, json=body, headers=headers, timeout=seconds)
    except httpx2.HTTPError as error:
        raise NotRunning(
            f"{url} does not answer ({type(error).__name__}): is the service running? `nss status`"
        ) from error
    if answer.is_success:
        return _json_object(answer)
    raise _problem(answer)


def _problem(answer: httpx2.Response) -> CommandError:
    told = _json_object(answer)
    code = told.get("code") or told.get("title") or answer.reason_phrase
    errors = [error for error in told.get("errors", ()) if isinstance(error, dict)]
    fields = "".join(f"; {error.get('field')}: {error.get('code')}" for error in errors)
    line = f"{answer.request.method} {answer.request.url.path} was refused: {answer.status_code} {code}{fields}"
    if answer.status_code == httpx2.codes.UNAUTHORIZED:
        return LoginNeeded(f"{line}: run `nss login`")
    is_ours = answer.status_code < httpx2.codes.INTERNAL_SERVER_ERROR
    return RefusedBy(line, errors) if is_ours else CommandError(line)


def _json_object(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
