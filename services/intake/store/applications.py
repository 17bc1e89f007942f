"""Applications and the content of each revision."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import asyncpg

from services.intake.domain.application import Application, ApplicationStatus, Content
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.runtime.database import Connection

_COLUMNS = """
    receipt_number, form_token, kind, status, revision, applicant_office_code, office_code, received_at, received_on,
    requested_start_date, confirmed_start_date, start_date_note, completed_on, system_setting_deadline,
    system_setting_completed_on, viewable_from, viewable_until, window_closed_at, mailbox_ids_issued,
    mailbox_ids_abolished, mailbox_ids_reissued, started_on, withdrawal_requested_at, withdrawn_at, voided_at,
    void_reason_code, void_note, ended_at, contact_erased_at
"""


async def next_receipt_numbers(db: Connection, year: int, count: int) -> list[int]:
    """The year's next serials, from 1. A sequence: nothing is locked, and a number given back is a gap (section 6)."""
    rows = await db.fetch(
        """
        select nextval(format('receipt_numbers_%s', $1::integer)::regclass) as serial
        from generate_series(1, $2::integer)
        """,
        year,
        count,
    )
    return [row["serial"] for row in rows]


async def lift_receipt_numbers(db: Connection, year: int, serial: int) -> None:
    """Give no number of the year up to this serial any more; a sequence never goes back."""
    await db.execute(
        """
        select count(nextval(numbers))
        from (select format('receipt_numbers_%s', $1::integer)::regclass as numbers) as year,
            generate_series(1, greatest($2::integer - coalesce(pg_sequence_last_value(numbers), 0), 0))
        """,
        year,
        serial,
    )


async def find_receipt_number_of_form(db: Connection, form_token: UUID, office_code: str) -> ReceiptNumber | None:
    """The receipt number that this form has already led to (E31)."""
    return _receipt_number(
        await db.fetchval(
            "select receipt_number from applications where form_token = $1 and applicant_office_code = $2",
            form_token,
            office_code,
        )
    )


async def find_open_receipt_number(db: Connection, office_code: str) -> ReceiptNumber | None:
    """The office's mailbox application that is still on its way (E7)."""
    # The states stand here word for word: only so can the planner use `applications_one_open`.
    return _receipt_number(
        await db.fetchval(
            """
            select receipt_number from applications
            where office_code = $1 and kind = 'mailbox_change'
                and status in ('received', 'under_review', 'clarification')
            """,
            office_code,
        )
    )


async def insert_revision(db: Connection, content: Content) -> None:
    """The content of one revision, frozen."""
    await db.execute(
        "insert into application_revisions (receipt_number, revision, content) values ($1, $2, $3)",
        content.receipt_number,
        content.revision,
        content.model_dump(mode="json", exclude_none=True),
    )


async def find_application(db: Connection, receipt_number: str, office_code: str) -> Application | None:
    """The application, if the office may see it, as its applicant or as the office it is about.

    An unknown number and a foreign one look the same.
    """
    row = await db.fetchrow(
        f"""
        select {_COLUMNS} from applications where receipt_number = $1 and $2 in (applicant_office_code, office_code)
        """,  # noqa: S608  a constant list of columns
        receipt_number,
        office_code,
    )
    return _application(row) if row else None


async def lock_application(db: Connection, receipt_number: str, office_code: str) -> Application | None:
    """The office's application, its row locked: whoever wants to move it queues here."""
    row = await db.fetchrow(
        f"""
        select {_COLUMNS} from applications where receipt_number = $1 and $2 in (applicant_office_code, office_code)
        for no key update
        """,  # noqa: S608  a constant list of columns
        receipt_number,
        office_code,
    )
    return _application(row) if row else None


async def list_applications(
    db: Connection, office_code: str, statuses: Sequence[ApplicationStatus], after: str | None, at_most: int
) -> list[Application]:
    """A page of what the office applied for and what was applied for on its behalf, newest first (S10).

    `after` is the last receipt number of the page before. Two index scans, each no longer than the page.
    """
    rows = await db.fetch(
        f"""
        with reached as (select received_at, receipt_number from applications where receipt_number = $3),
        own as (
            select {_COLUMNS} from applications
            where applicant_office_code = $1 and status = any($2::text[])
                and ($3::text is null or (received_at, receipt_number) < (select * from reached))
            order by received_at desc, receipt_number desc limit $4
        ), made_by_sisters as (
            select {_COLUMNS} from applications
            where office_code = $1 and office_code <> applicant_office_code and status = any($2::text[])
                and ($3::text is null or (received_at, receipt_number) < (select * from reached))
            order by received_at desc, receipt_number desc limit $4
        )
        select * from (select * from own union all select * from made_by_sisters) as both_lists
        order by received_at desc, receipt_number desc limit $4
        """,  # noqa: S608  a constant list of columns
        office_code,
        [status.value for status in statuses],
        after,
        at_most,
    )
    return [_application(row) for row in rows]


async def list_in_clarification(db: Connection, office_code: str) -> list[Application]:
    """The office's applications that wait for an answer, locked."""
    rows = await db.fetch(
        f"""
        select {_COLUMNS} from applications where office_code = $1 and status = 'clarification'
        order by receipt_number for no key update
        """,  # noqa: S608  a constant list of columns
        office_code,
    )
    return [_application(row) for row in rows]


async def find_closed_office_in_clarification(db: Connection, today: date) -> OfficeCode | None:
    """An office whose closing day has come and that still has an application waiting for its answer."""
    office_code: OfficeCode | None = await db.fetchval(
        """
        select applications.office_code from applications join contracts using (office_code)
        where applications.status = 'clarification' and (contracts.register->>'closed_on')::date <= $1 limit 1
        """,
        today,
    )
    return office_code


async def lock_applications(
    db: Connection, receipt_numbers: Sequence[ReceiptNumber]
) -> dict[ReceiptNumber, Application]:
    """The applications by receipt number, locked in one order; unknown numbers are missing."""
    rows = await db.fetch(
        f"""
        select {_COLUMNS} from applications where receipt_number = any($1::text[])
        order by receipt_number for no key update
        """,  # noqa: S608  a constant list of columns
        list(receipt_numbers),
    )
    return {application.receipt_number: application for application in map(_application, rows)}


async def update_applications(db: Connection, applications: Sequence[Application]) -> None:
    """Write the state, the revision, and what the other services decided."""
    await db.executemany(
        """
        update applications set
            status = $2, revision = $3, requested_start_date = $4, confirmed_start_date = $5, start_date_note = $6,
            completed_on = $7, system_setting_deadline = $8, system_setting_completed_on = $9, viewable_from = $10,
            viewable_until = $11, window_closed_at = $12, mailbox_ids_issued = $13, mailbox_ids_abolished = $14,
            mailbox_ids_reissued = $15, started_on = $16, withdrawal_requested_at = $17, withdrawn_at = $18,
            voided_at = $19, void_reason_code = $20, void_note = $21, ended_at = $22
        where receipt_number = $1
        """,
        [_outcome(application) for application in applications],
    )


async def find_content(db: Connection, receipt_number: str, revision: int) -> Content | None:
    """What a revision says."""
    content = await db.fetchval(
        "select content from application_revisions where receipt_number = $1 and revision = $2",
        receipt_number,
        revision,
    )
    return _content(content) if content else None


async def find_latest_content(db: Connection, office_code: str) -> Content | None:
    """The office's latest registered form, unless its contact has been erased: the next one starts with it (B14)."""
    content = await db.fetchval(
        """
        select revised.content from applications
        join application_revisions as revised using (receipt_number, revision)
        where applications.applicant_office_code = $1 and applications.contact_erased_at is null
        order by applications.received_at desc, applications.receipt_number desc limit 1
        """,
        office_code,
    )
    return _content(content) if content else None


def _content(stored: dict[str, object]) -> Content:
    return (ApplicationCorrected if "corrected_at" in stored else ApplicationReceived).model_validate(stored)


def _receipt_number(found: str | None) -> ReceiptNumber | None:
    return ReceiptNumber(found) if found else None


def _outcome(application: Application) -> tuple[object, ...]:
    return (
        application.receipt_number,
        application.status.value,
        application.revision,
        application.requested_start_date,
        application.confirmed_start_date,
        application.start_date_note,
        application.completed_on,
        application.system_setting_deadline,
        application.system_setting_completed_on,
        application.viewable_from,
        application.viewable_until,
        application.window_closed_at,
        list(application.mailbox_ids_issued),
        list(application.mailbox_ids_abolished),
        list(application.mailbox_ids_reissued),
        application.started_on,
        application.withdrawal_requested_at,
        application.withdrawn_at,
        application.voided_at,
        application.void_reason_code,
        application.void_note,
        application.ended_at,
    )


def _application(row: asyncpg.Record) -> Application:
    values = dict(row)
    return Application(
        **{
            **values,
            "receipt_number": ReceiptNumber(values["receipt_number"]),
            "kind": ApplicationKind(values["kind"]),
            "status": ApplicationStatus(values["status"]),
            "applicant_office_code": OfficeCode(values["applicant_office_code"]),
            "office_code": OfficeCode(values["office_code"]),
            "mailbox_ids_issued": tuple(MailboxId(text) for text in values["mailbox_ids_issued"]),
            "mailbox_ids_abolished": tuple(MailboxId(text) for text in values["mailbox_ids_abolished"]),
            "mailbox_ids_reissued": tuple(MailboxId(text) for text in values["mailbox_ids_reissued"]),
        }
    )
