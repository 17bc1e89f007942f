"""Queries that compare the ledger with the topic, and that write what a restored ledger lacks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.provisioning.domain.books import BookApplication, BookLine
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber, office_of_mailbox, serial_of_mailbox
from shared.runtime.database import Connection


async def find_checkpoints(db: Connection) -> dict[int, int]:
    """Per partition, up to which offset the ledger has been found to hold what the topic says."""
    rows = await db.fetch("select partition, next_offset from ledger_checkpoints")
    return {row["partition"]: row["next_offset"] for row in rows}


async def upsert_checkpoints(db: Connection, offsets: Mapping[int, int]) -> None:
    """Move the checkpoints."""
    await db.execute(
        """
        insert into ledger_checkpoints (partition, next_offset)
        select partition, next_offset from unnest($1::integer[], $2::bigint[]) as given (partition, next_offset)
        on conflict (partition) do update set next_offset = excluded.next_offset
        """,
        list(offsets),
        list(offsets.values()),
    )


async def upsert_ledger_check(
    db: Connection, is_current: bool, findings: Sequence[Mapping[str, str]], now: datetime
) -> None:
    """Remember the outcome of the latest comparison."""
    await db.execute(
        """
        insert into ledger_checks (singleton, is_current, checked_at, behind) values (true, $1, $2, $3)
        on conflict (singleton) do update
        set is_current = excluded.is_current, checked_at = excluded.checked_at, behind = excluded.behind
        """,
        is_current,
        now,
        list(findings),
    )


async def find_subjects_behind(db: Connection, sequences: Mapping[str, int]) -> Sequence[str]:
    """Subjects of which the topic has a higher sequence number than this database has ever given."""
    rows = await db.fetch(
        """
        select given.subject
        from unnest($1::text[], $2::bigint[]) as given (subject, sequence)
        left join event_sequences as known on known.subject = given.subject
        where coalesce(known.last_sequence, 0) < given.sequence
        order by given.subject
        """,
        list(sequences),
        list(sequences.values()),
    )
    return [row["subject"] for row in rows]


async def raise_sequences(db: Connection, sequences: Mapping[str, int]) -> None:
    """Let no number be given a second time; sorted subjects, because their rows are locked."""
    subjects = sorted(sequences)
    await db.execute(
        """
        insert into event_sequences as known (subject, last_sequence)
        select subject, sequence from unnest($1::text[], $2::bigint[]) as given (subject, sequence)
        on conflict (subject) do update set last_sequence = greatest(known.last_sequence, excluded.last_sequence)
        """,
        subjects,
        [sequences[subject] for subject in subjects],
    )


async def find_unpublished(db: Connection, mailbox_ids: Sequence[MailboxId]) -> Sequence[MailboxId]:
    """Those of the issued IDs whose application has nothing waiting in the outbox."""
    if not mailbox_ids:
        return []
    rows = await db.fetch(
        """
        select mailbox_id
        from mailboxes
        where mailbox_id = any($1)
          and not exists (select from event_outbox where event_outbox.subject = mailboxes.receipt_number)
        order by mailbox_id
        """,
        mailbox_ids,
    )
    return [MailboxId(row["mailbox_id"]) for row in rows]


async def find_unpublished_of_others(
    db: Connection, limit: int, office_codes: Sequence[OfficeCode]
) -> Sequence[MailboxId]:
    """Issued IDs of offices other than those, where nothing of the application waits in the outbox."""
    rows = await db.fetch(
        """
        select mailbox_id
        from mailboxes
        where cause = 'issued' and office_code <> all($1)
          and not exists (select from event_outbox where event_outbox.subject = mailboxes.receipt_number)
        order by mailbox_id
        limit $2
        """,
        office_codes,
        limit,
    )
    return [MailboxId(row["mailbox_id"]) for row in rows]


async def insert_unknown_offices(db: Connection, office_codes: Sequence[OfficeCode]) -> None:
    """A row for offices whose contract is not known yet: version 0, which every contract replaces."""
    await db.execute(
        """
        insert into offices (office_code, contract_version, company_abbreviation, system_class, customs, billing_code,
                             highest_serial)
        select office_code, 0, left(office_code, 3), 'common', '', '', 0
        from unnest($1::text[]) as given (office_code)
        on conflict (office_code) do nothing
        """,
        office_codes,
    )


async def raise_highest_serials(db: Connection, mailbox_ids: Iterable[MailboxId]) -> None:
    """Lift the counters of offices locked before to the highest serial among the IDs."""
    highest: dict[OfficeCode, int] = {}
    for mailbox_id in mailbox_ids:
        office_code = office_of_mailbox(mailbox_id)
        highest[office_code] = max(serial_of_mailbox(mailbox_id), highest.get(office_code, 0))
    await db.execute(
        """
        update offices
        set highest_serial = greatest(offices.highest_serial, given.highest_serial)
        from unnest($1::text[], $2::smallint[]) as given (office_code, highest_serial)
        where offices.office_code = given.office_code
        """,
        list(highest),
        list(highest.values()),
    )


async def restore_issues(db: Connection, applications: Sequence[BookApplication], notice_days: Sequence[date]) -> None:
    """Write applications as the topic tells them; `notice_days` has one day per application."""
    await db.executemany(
        """
        insert into issues (receipt_number, revision, office_code, kind, start_date, issued_at, viewable_until,
            closing_notice_on, started_at, voided_at, office_closed_at, first_viewed_at, closing_announced_at,
            window_closed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (receipt_number) do update
        set start_date = excluded.start_date, viewable_until = excluded.viewable_until,
            closing_notice_on = excluded.closing_notice_on, started_at = excluded.started_at,
            voided_at = excluded.voided_at, office_closed_at = excluded.office_closed_at,
            first_viewed_at = excluded.first_viewed_at, closing_announced_at = excluded.closing_announced_at,
            window_closed_at = excluded.window_closed_at
        """,
        [_issue(application, day) for application, day in zip(applications, notice_days, strict=True)],
    )


async def restore_reissued_mailboxes(db: Connection, receipt_number: ReceiptNumber, ids: Sequence[MailboxId]) -> None:
    """Write which mailboxes a reissue gave a new password."""
    await db.execute(
        """
        insert into reissued_mailboxes (receipt_number, line, mailbox_id)
        select $1, line, mailbox_id from unnest($2::text[]) with ordinality as given (mailbox_id, line)
        on conflict do nothing
        """,
        receipt_number,
        ids,
    )


async def restore_mailboxes(db: Connection, lines: Sequence[BookLine], grace_days: int, now: datetime) -> None:
    """Write IDs as the topic tells them: a row that is there moves on, one that is missing is entered.

    An opening mailbox that is missing is not entered here: its contract brings it.
    """
    await db.executemany(
        """
        insert into mailboxes (mailbox_id, office_code, serial, kind, cause, receipt_number, line, status, active_from,
            entered_at, started_at, abolition_receipt_number, abolished_on, ended_at, end_cause, content_erasable_from,
            change, changed_at)
        values ($1, $2, $3, $4, 'issued', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::date + $16::integer,
            'repaired', $17)
        on conflict (mailbox_id) do update
        set status = excluded.status, active_from = excluded.active_from, started_at = excluded.started_at,
            abolition_receipt_number = excluded.abolition_receipt_number, abolished_on = excluded.abolished_on,
            ended_at = excluded.ended_at, end_cause = excluded.end_cause,
            content_erasable_from = excluded.content_erasable_from, change = excluded.change,
            changed_at = excluded.changed_at
        """,
        [_mailbox(line, grace_days, now) for line in lines if line.kind is not None],
    )
    await db.executemany(
        """
        update mailboxes
        set status = $2, abolition_receipt_number = $3, abolished_on = $4, ended_at = $5, end_cause = $6,
            content_erasable_from = $7::date + $8::integer, change = 'repaired', changed_at = $9
        where mailbox_id = $1
        """,
        [_opening_mailbox(line, grace_days, now) for line in lines if line.kind is None],
    )


def _issue(application: BookApplication, notice_day: date) -> tuple[Any, ...]:
    return (
        application.receipt_number,
        application.revision,
        application.office_code,
        application.kind.value,
        application.start_date,
        application.issued_at,
        application.viewable_until,
        notice_day if application.viewable_until else None,
        application.started_at,
        application.voided_at,
        application.office_closed_at,
        application.first_viewed_at,
        application.closing_announced_at,
        application.window_closed_at,
    )


def _mailbox(line: BookLine, grace_days: int, now: datetime) -> tuple[Any, ...]:
    return (
        line.mailbox_id,
        office_of_mailbox(line.mailbox_id),
        serial_of_mailbox(line.mailbox_id),
        line.kind.value if line.kind else None,
        line.receipt_number,
        line.line,
        line.status.value,
        line.active_from,
        line.entered_at,
        line.started_at,
        line.abolition_receipt_number,
        line.abolished_on,
        line.ended_at,
        line.end_cause.value if line.end_cause else None,
        line.ended_on,
        grace_days,
        now,
    )


def _opening_mailbox(line: BookLine, grace_days: int, now: datetime) -> tuple[Any, ...]:
    return (
        line.mailbox_id,
        line.status.value,
        line.abolition_receipt_number,
        line.abolished_on,
        line.ended_at,
        line.end_cause.value if line.end_cause else None,
        line.ended_on,
        grace_days,
        now,
    )
