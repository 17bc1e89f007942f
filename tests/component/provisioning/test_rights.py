"""What each login of the database may do: exactly what it needs, whatever it was given before."""

from typing import Any

import asyncpg
import pytest

from services.provisioning import workflows
from tests.builders import OFFICE, RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import VISITOR, Provisioning
from tests.component.provisioning.roles import Logins

DENIED = asyncpg.InsufficientPrivilegeError
WHOLE = {"SELECT", "INSERT", "UPDATE", "DELETE"}
LESS_THAN_WHOLE = {
    "mailboxes": {"SELECT", "INSERT", "UPDATE"},
    "offices": {"SELECT", "INSERT", "UPDATE"},
    "issues": {"SELECT", "INSERT", "UPDATE"},
    "refused_approvals": {"SELECT", "INSERT", "UPDATE"},
    "notice_views": {"SELECT", "INSERT"},
    "audit_entries": {"SELECT"},
    "audit_seals": {"SELECT", "INSERT"},
    "audit_unsealed": {"SELECT", "DELETE"},
    "schema_migrations": {"SELECT"},
    "mail_server_logins": set[str](),
    "mail_server_refused": set[str](),
    "mail_server_erasable": set[str](),
}
AUDITED = {
    "mailboxes", "offices", "issues", "refused_approvals", "notice_views", "audit_entries", "audit_seals",
    "audit_unsealed", "ledger_checks", "ledger_checkpoints", "drift_reports", "calendar", "schema_migrations",
}  # fmt: skip


async def rights_of(provisioning: Provisioning, url: str) -> dict[str, set[str]]:
    """What the login may do with every table and view, as the database itself says."""
    login = url.split("//")[1].split(":")[0]
    rows = await provisioning.rows(
        """
        select relname, privilege
        from pg_class cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) as privilege
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
          and has_table_privilege($1, pg_class.oid, privilege)
        """,
        login,
    )
    rights: dict[str, set[str]] = {}
    for table, privilege in rows:
        rights.setdefault(str(table), set()).add(str(privilege))
    return rights


async def tables(provisioning: Provisioning) -> set[str]:
    rows = await provisioning.rows(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')"
    )
    return {str(row[0]) for row in rows}


async def attempt(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_services_own_login_loses_no_row_of_the_books(provisioning: Provisioning, logins: Logins) -> None:
    expected = {table: LESS_THAN_WHOLE.get(table, WHOLE) for table in await tables(provisioning)}
    assert await rights_of(provisioning, logins.app) == {table: given for table, given in expected.items() if given}


async def test_the_relay_has_the_outbox_and_its_archive_alone(provisioning: Provisioning, logins: Logins) -> None:
    assert await rights_of(provisioning, logins.relay) == {
        "event_outbox": WHOLE,
        "event_outbox_archive": WHOLE,
        "schema_migrations": {"SELECT"},
    }


async def test_the_mail_server_has_three_views_alone(provisioning: Provisioning, logins: Logins) -> None:
    assert await rights_of(provisioning, logins.mail_server) == {
        "mail_server_logins": {"SELECT"},
        "mail_server_refused": {"SELECT"},
        "mail_server_erasable": {"SELECT"},
    }


async def test_the_auditor_reads_the_books_and_nothing_a_secret_could_be_won_from(
    provisioning: Provisioning, logins: Logins
) -> None:
    assert await rights_of(provisioning, logins.auditor) == {table: {"SELECT"} for table in AUDITED}


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
    names = [url.split("//")[1].split(":")[0] for url in (logins.app, logins.relay, logins.mail_server, logins.auditor)]
    await provisioning.pool.execute(f'grant select on sealed_passwords to "{names[2]}"')
    for _ in range(2):
        await provisioning.pool.execute("select grant_provisioning_rights($1, $2, $3, $4)", *names)
    assert "sealed_passwords" not in await rights_of(provisioning, logins.mail_server)


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
