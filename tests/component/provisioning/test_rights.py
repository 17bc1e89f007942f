"""What each login of the database may do: exactly what it needs, whatever it was given before."""

from typing import Any

import asyncpg
import pytest

from services.provisioning import workflows
from tests.builders import OFFICE, RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import VISITOR, Provisioning
from tests.component.provisioning.rights_table import FUNCTIONS, LOGINS, RIGHTS, VERBS, cells_of
from tests.component.provisioning.roles import Logins

DENIED = asyncpg.InsufficientPrivilegeError
TRIES = {
    "s": "explain select from {table}",
    "i": "explain insert into {table} default values",
    "u": "explain update {table} set {column} = default",
    "d": "explain delete from {table}",
}
"""What the database checks before it would do it. `explain` does nothing."""


async def tables(provisioning: Provisioning) -> dict[str, str]:
    """Every table and view with its first column."""
    rows = await provisioning.rows(
        """
        select relname, attname from pg_class join pg_attribute on attrelid = pg_class.oid and attnum = 1
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
        """
    )
    return {str(table): str(column) for table, column in rows}


async def let_through(connection: "asyncpg.Connection[asyncpg.Record]", statement: str) -> bool:
    """Whether the login gets as far as the statement's work; a view that nobody can write is refused as well."""
    try:
        await connection.execute(statement)
    except (DENIED, asyncpg.ObjectNotInPrerequisiteStateError):
        return False
    return True


def name_of(url: str) -> str:
    """The login in an address."""
    return url.split("//")[1].split(":")[0]


async def attempt(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.execute(statement)
    finally:
        await connection.close()


async def test_every_login_may_do_with_every_table_exactly_what_the_table_of_rights_says(
    provisioning: Provisioning, logins: Logins
) -> None:
    found = await tables(provisioning)
    rights = cells_of(RIGHTS)
    assert {table for table, _ in rights} == set(found), "every table and view has its row"
    wrong = []
    for login in LOGINS:
        connection = await asyncpg.connect(getattr(logins, login))
        await connection.execute("set default_transaction_read_only = off")
        for table, column in found.items():
            for letter, statement in TRIES.items():
                may = await let_through(connection, statement.format(table=table, column=column))
                if may is not (letter in rights[table, login]):
                    wrong.append(f"{login} {VERBS[letter]} {table}: {may}")
        await connection.close()
    assert wrong == []


async def test_nobody_truncates_references_or_puts_triggers_on_any_table(
    provisioning: Provisioning, logins: Logins
) -> None:
    for login in LOGINS:
        assert (
            await provisioning.rows(
                """
            select relname, privilege
            from pg_class cross join unnest(array['TRUNCATE', 'REFERENCES', 'TRIGGER']) as privilege
            where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
              and has_table_privilege($1, pg_class.oid, privilege)
            """,
                name_of(getattr(logins, login)),
            )
            == []
        )


async def test_functions_with_the_owners_rights_are_for_the_service_alone(
    provisioning: Provisioning, logins: Logins
) -> None:
    rights = {name_and_login: bool(letters) for name_and_login, letters in cells_of(FUNCTIONS).items()}
    found = {
        (name, login): may
        for login in LOGINS
        for name, may in await provisioning.rows(
            "select proname, has_function_privilege($1, oid, 'execute') from pg_proc"
            " where pronamespace = 'public'::regnamespace and prosecdef",
            name_of(getattr(logins, login)),
        )
    }
    assert found == rights


@pytest.mark.parametrize(
    "statement",
    [
        "delete from mailboxes",
        "truncate mailboxes",
        "alter table mailboxes disable trigger all",
        "insert into audit_entries (happened_at, action, subject, detail) values ('2026-01-01', 'a', 'b', '{}')",
        "update audit_seals set hash = hash",
        "drop table audit_seals",
        "set session_replication_role = replica",
    ],
)
async def test_who_takes_over_the_service_cannot_rewrite_what_it_did(logins: Logins, statement: str) -> None:
    with pytest.raises(DENIED):
        await attempt(logins.app, statement)


@pytest.mark.parametrize("role", ["relay", "mail_server", "auditor"])
async def test_no_reader_writes_audit_entries_by_the_function(logins: Logins, role: str) -> None:
    with pytest.raises(DENIED):
        await attempt(getattr(logins, role), "select write_audit_entry('2026-01-01', 'a', 'b', '{}')")


async def test_rights_that_were_given_by_hand_are_taken_back(provisioning: Provisioning, logins: Logins) -> None:
    names = [name_of(getattr(logins, login)) for login in LOGINS]
    await provisioning.pool.execute(f'grant select on sealed_passwords to "{names[2]}"')
    for _ in range(2):
        await provisioning.pool.execute("select grant_provisioning_rights($1, $2, $3, $4)", *names)
    with pytest.raises(DENIED):
        await attempt(logins.mail_server, "select from sealed_passwords")


async def test_a_transaction_that_acts_for_an_office_sees_no_other(provisioning: Provisioning, logins: Logins) -> None:
    await provisioning.approve(an_event(an_approval()))
    await workflows.view_id_notice(provisioning.desk, RECEIPT, VISITOR)
    connection = await asyncpg.connect(logins.app)
    seen = {}
    try:
        for office in (OFFICE, "NAC002", ""):
            async with connection.transaction():
                await connection.execute("select set_config('nss.office', $1, true)", office)
                seen[office] = [
                    await connection.fetchval(f"select count(*) from {table}")  # noqa: S608  four names
                    for table in ("mailboxes", "issues", "sealed_passwords", "notice_views")
                ]
    finally:
        await connection.close()
    assert seen == {OFFICE: [2, 1, 1, 1], "NAC002": [0, 0, 0, 0], "": [2, 1, 1, 1]}
