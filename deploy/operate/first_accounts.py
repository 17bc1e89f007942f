"""`nss accounts bootstrap`: which accounts, in which databases, and what is told about them."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.errors import CommandError
from deploy.local.demo.sample_data import SampleLogin
from deploy.operate.accounts import create_offices, create_staff
from deploy.operate.services import local_stack
from shared.contracts.topics import ServiceName
from shared.kernel.identifiers import InvalidIdentifier, parse_office_code

PASSWORD_BYTES = 12


def create_first_accounts(
    offices: Sequence[str], staff: Sequence[str], intake_dsn: str | None, review_dsn: str | None, *, dry_run: bool
) -> Sequence[Mapping[str, Any]]:
    """Every account with its new password, which is stored nowhere in this form. Raises CommandError."""
    at_offices, at_the_desk = [_office(code) for code in offices], [_member(text) for text in staff]
    logins = [*at_offices, *at_the_desk]
    if not logins:
        raise CommandError("name at least one --office CODE or --staff LOGIN=ROLE")
    if dry_run:
        return [{"login": login.login, "kind": login.kind, "roles": list(login.roles)} for login in logins]
    if at_offices:
        asyncio.run(create_offices(at_offices, intake_dsn or _local_dsn("intake")))
    if at_the_desk:
        asyncio.run(create_staff(at_the_desk, review_dsn or _local_dsn("review")))
    return [
        {"login": login.login, "kind": login.kind, "roles": list(login.roles), "password": login.password}
        for login in logins
    ]


def _office(code: str) -> SampleLogin:
    try:
        return SampleLogin(parse_office_code(code), secrets.token_urlsafe(PASSWORD_BYTES), "office")
    except InvalidIdentifier as error:
        raise CommandError(f"--office {code}: {error}") from error


def _member(text: str) -> SampleLogin:
    login, _, roles = text.partition("=")
    if not login or not roles:
        raise CommandError(f"--staff {text}: write LOGIN=ROLE[,ROLE]")
    return SampleLogin(login, secrets.token_urlsafe(PASSWORD_BYTES), "staff", login, tuple(roles.split(",")))


def _local_dsn(service: ServiceName) -> str:
    stack = local_stack()
    if stack is None or service not in stack.databases:
        raise CommandError(f"no database of {service} known: run `nss up`, or give --{service}-dsn")
    return stack.databases[service].app_url
