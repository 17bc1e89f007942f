"""The first accounts of an installation, written straight into the databases: before them nobody can log in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import datetime

import asyncpg

from deploy.errors import CommandError
from deploy.local.demo.sample_data import SampleLogin
from services.intake import workflows as intake
from services.review import workflows as review
from services.review.domain.staff import InvalidStaffAccount
from shared.runtime.clock import SystemClock
from shared.runtime.database import DATABASE_ERRORS, describe_database
from shared.runtime.web.passwords import PasswordHasher


async def create_offices(logins: Sequence[SampleLogin], dsn: str) -> None:
    """Make each office's account in intake's database, or give the existing one this password. Raises CommandError."""
    with closing(PasswordHasher()) as hasher:
        async with _connected(dsn) as db:
            for login in logins:
                await intake.create_office_account(db, login.login, login.password, hasher, SystemClock().now())


async def create_staff(logins: Sequence[SampleLogin], dsn: str) -> None:
    """Make each member's account in review's database, or give the existing one this password. Raises CommandError."""
    with closing(PasswordHasher()) as hasher:
        async with _connected(dsn) as db:
            for login in logins:
                await _create_staff(db, login, hasher, SystemClock().now())


async def _create_staff(
    db: "asyncpg.Connection[asyncpg.Record]", login: SampleLogin, hasher: PasswordHasher, now: datetime
) -> None:
    name = login.display_name or login.login
    try:
        await review.create_staff_account(db, login.login, name, login.roles, login.password, hasher, now)
    except InvalidStaffAccount as error:
        raise CommandError(f"staff account {login.login}: {error}") from error


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    try:
        connection = await asyncpg.connect(dsn, timeout=15)
    except DATABASE_ERRORS as error:
        raise CommandError(f"database {describe_database(dsn)} cannot be used: {error}") from error
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()
