"""The audit: written by the database itself, sealed behind the commits, and any flipped byte is found."""

import asyncio
from dataclasses import replace
from datetime import datetime

import asyncpg
import pytest

from services.provisioning import workflows
from services.provisioning.domain.audit import AuditFault, AuditFinding
from shared.kernel.identifiers import receipt_number
from shared.kernel.local_time import TOKYO
from shared.runtime.database import transaction
from tests.builders import NEW_MAILBOX, OPENING_MAILBOX, RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import VISITOR, Provisioning


async def lived(provisioning: Provisioning) -> None:
    """A whole life: opened, issued, viewed, started, abolished, voided late."""
    await provisioning.approve(an_event(an_approval(abolish=[OPENING_MAILBOX])))
    await workflows.view_id_notice(provisioning.desk, RECEIPT, VISITOR)
    provisioning.clock.set(datetime(2018, 11, 1, tzinfo=TOKYO))
    await workflows.start_services(provisioning.timetable)
    await provisioning.void(RECEIPT)


async def sealed(provisioning: Provisioning) -> int:
    count = 0
    while done := await workflows.seal_audit(provisioning.pool):
        count += done
    return count


async def as_a_forger(provisioning: Provisioning, *statements: str) -> None:
    """Past every trigger, as only somebody with the machine in his hands could."""
    async with transaction(provisioning.pool) as db:
        await db.execute("set local session_replication_role = replica")
        for statement in statements:
            await db.execute(statement)


async def test_every_change_of_the_ledger_and_every_look_is_written_down(provisioning: Provisioning) -> None:
    await lived(provisioning)
    rows = await provisioning.rows("select action, subject from audit_entries where subject = $1", NEW_MAILBOX)
    assert [action for action, _ in rows] == ["mailbox.entered", "mailbox.started", "mailbox.voided"]
    abolished = await provisioning.rows(
        "select action, detail ->> 'abolition_receipt_number' from audit_entries where subject = $1", OPENING_MAILBOX
    )
    assert abolished == [
        ("mailbox.entered", None),
        ("mailbox.abolition_planned", RECEIPT),
        ("mailbox.abolished", RECEIPT),
    ]
    assert ("notice.opened", RECEIPT) in await provisioning.rows("select action, subject from audit_entries")


async def test_the_whole_audit_is_sealed_and_verifies(provisioning: Provisioning) -> None:
    await lived(provisioning)
    ((entries,),) = await provisioning.rows("select count(*) from audit_entries")
    assert await sealed(provisioning) == entries
    report = await workflows.verify_audit(provisioning.pool)
    assert (report.sealed, report.findings) == (entries, ())


@pytest.mark.parametrize(
    "forgery",
    [
        "update audit_entries set detail = jsonb_set(detail, '{status}', '\"void\"') where entry = 3",
        "update audit_entries set action = 'mailbox.entereD' where entry = 3",
        "update audit_entries set subject = overlay(subject placing '9' from 8) where entry = 3",
        "update audit_entries set happened_at = happened_at + interval '1 microsecond' where entry = 3",
        "update audit_seals set hash = set_byte(hash, 31, get_byte(hash, 31) # 1) where position = 3",
        "update audit_seals set hash = set_byte(hash, 0, get_byte(hash, 0) # 128) where position = 3",
    ],
)
async def test_a_single_flipped_byte_is_found_where_it_is(provisioning: Provisioning, forgery: str) -> None:
    await lived(provisioning)
    await sealed(provisioning)
    await as_a_forger(provisioning, forgery)
    report = await workflows.verify_audit(provisioning.pool)
    assert AuditFinding(AuditFault.ALTERED, 3) in report.findings


@pytest.mark.parametrize(
    ("forgery", "fault"),
    [
        ("delete from audit_entries where entry = 3", AuditFault.ENTRY_MISSING),
        ("delete from audit_seals where position = 3", AuditFault.SEAL_MISSING),
    ],
)
async def test_what_was_taken_out_is_missed(provisioning: Provisioning, forgery: str, fault: AuditFault) -> None:
    await lived(provisioning)
    await sealed(provisioning)
    await as_a_forger(provisioning, forgery)
    report = await workflows.verify_audit(provisioning.pool)
    assert AuditFinding(fault, 3) in report.findings


async def test_an_entry_kept_from_the_sealer_is_found(provisioning: Provisioning) -> None:
    await lived(provisioning)
    await as_a_forger(provisioning, "delete from audit_unsealed where entry = 2")
    await sealed(provisioning)
    report = await workflows.verify_audit(provisioning.pool)
    assert report.findings == (AuditFinding(AuditFault.NEVER_SEALED, 2),)


async def test_a_chain_cut_at_its_end_is_told_from_the_head_noted_elsewhere(provisioning: Provisioning) -> None:
    await lived(provisioning)
    await sealed(provisioning)
    noted = (await workflows.verify_audit(provisioning.pool)).head
    assert (await workflows.verify_audit(provisioning.pool, noted)).findings == ()
    await as_a_forger(
        provisioning,
        "delete from audit_seals where position = (select max(position) from audit_seals)",
        "delete from audit_entries where not exists"
        " (select from audit_seals where audit_seals.entry = audit_entries.entry)",
    )
    assert (await workflows.verify_audit(provisioning.pool)).findings == ()
    report = await workflows.verify_audit(provisioning.pool, noted)
    assert report.findings == (AuditFinding(AuditFault.HEAD_DIFFERS, noted.position),)
    other = replace(noted, position=1)
    assert (await workflows.verify_audit(provisioning.pool, other)).findings != ()


async def test_sealers_and_writers_at_once_leave_one_chain_without_a_gap(provisioning: Provisioning) -> None:
    numbers = [receipt_number(2018, 200 + number) for number in range(24)]

    async def write(part: list[str]) -> None:
        for number in part:
            await provisioning.approve(an_event(an_approval(receipt_number=number)))

    async def seal() -> None:
        for _ in range(20):
            await workflows.seal_audit(provisioning.pool)

    await asyncio.gather(write(list(numbers[:12])), write(list(numbers[12:])), seal(), seal())
    await sealed(provisioning)
    report = await workflows.verify_audit(provisioning.pool)
    ((entries,),) = await provisioning.rows("select count(*) from audit_entries")
    assert (report.sealed, report.findings) == (entries, ())


@pytest.mark.parametrize("table", ["audit_entries", "audit_seals"])
@pytest.mark.parametrize("statement", ["delete from {}", "truncate {} cascade", "update {} set entry = entry + 1"])
async def test_the_audit_cannot_be_rewritten_even_by_its_owner(
    provisioning: Provisioning, table: str, statement: str
) -> None:
    await lived(provisioning)
    await sealed(provisioning)
    with pytest.raises(asyncpg.PostgresError, match=r"keeps every row|can only be updated to DEFAULT"):
        await provisioning.pool.execute(statement.format(table))
