"""The logins of provisioning's database, as a deployment makes them, for one test."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg

ROLES = ("app", "relay", "mail_server", "auditor")


@dataclass(frozen=True, slots=True)
class Logins:
    """One address per login."""

    app: str
    relay: str
    mail_server: str
    auditor: str


@asynccontextmanager
async def made_logins(database_url: str) -> AsyncIterator[Logins]:
    """Four logins with passwords, given their rights by the migrations' own function; gone afterwards."""
    prefix = f"t{secrets.token_hex(5)}"
    names = {role: f"{prefix}_{role}" for role in ROLES}
    passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
    admin = await asyncpg.connect(database_url)
    try:
        for role, name in names.items():
            await admin.execute(f"create role {name} login password '{passwords[role]}'")
        await admin.execute("select grant_provisioning_rights($1, $2, $3, $4)", *names.values())
        yield Logins(**{role: _address(database_url, names[role], passwords[role]) for role in ROLES})
        for name in names.values():
            await admin.execute(f"drop owned by {name} cascade")
            await admin.execute(f"drop role {name}")
    finally:
        await admin.close()


def _address(database_url: str, login: str, password: str) -> str:
    parts = urlsplit(database_url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login}:{password}@{place}"))
