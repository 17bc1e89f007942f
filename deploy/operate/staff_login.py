"""The operator's staff token: got from review, kept in a file of mode 0600 until it expires."""

import json
import os
from pathlib import Path
from typing import Any

import jwt

from deploy.errors import LoginNeeded
from deploy.local.secret_files import private_folder, write_secret
from deploy.operate.services import call, local_stack, service_url
from deploy.progress import say
from shared.runtime.clock import SystemClock

LEFT_SECONDS = 30


def log_in(login: str, password: str) -> str:
    """Ask review for a token, keep it and return it. Raises LoginNeeded when review does not accept the login."""
    review = service_url("review")
    token = str(call("POST", f"{review}/api/v1/tokens", body={"login": login, "password": password})["token"])
    tokens = _kept() | {review: token}
    private_folder(_file().parent)
    write_secret(_file(), json.dumps(tokens))
    return token


def staff_token(role: str) -> str:
    """A token that is still good: the kept one; at a local stack a new one of the stack's own account for the role.

    Raises LoginNeeded where only a person could log in.
    """
    kept = _kept().get(service_url("review"))
    if kept is not None and _is_good(kept, role):
        return kept
    account = _local_account(role)
    if account is None:
        raise LoginNeeded(f"this needs the role {role}: run `nss login`")
    say(f"logged in as {account['login']}, the local stack's {role}")
    return log_in(account["login"], account["password"])


def _local_account(role: str) -> dict[str, Any] | None:
    """The account of the local stack, unless review is somewhere else."""
    stack = local_stack()
    if stack is None or "NSS_REVIEW_URL" in os.environ:
        return None
    return next((login for login in stack.logins if role in login.get("roles", ())), None)


def _is_good(token: str, role: str) -> bool:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return False
    return role in claims.get("roles", ()) and claims.get("exp", 0) > _now() + LEFT_SECONDS


def _now() -> float:
    """Seconds since 1970 by the clock of the services: a demo moves it."""
    stack = local_stack()
    return SystemClock(stack.directory / "clock-offset" if stack else None).now().timestamp()


def _file() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "nss" / "tokens.json"


def _kept() -> dict[str, str]:
    try:
        return dict(json.loads(_file().read_text()))
    except (OSError, ValueError):
        return {}
