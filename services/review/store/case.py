"""What stands beside one application: its revisions, notes, and the office's other applications."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime

import asyncpg

from services.review.domain.notes import CaseNote, InternalText, NoteKind
from services.review.domain.review import Review
from services.review.domain.revisions import Revision
from services.review.store.review_rows import COLUMNS, review_of
from shared.contracts.people import MailboxChange, PasswordReissue
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.database import Connection


async def insert_revisions(db: Connection, revisions: Sequence[Revision]) -> None:
    """Keep what the form said; a revision that is known stays as it is."""
    await db.execute(
        """
        insert into review_revisions (
            receipt_number, revision, seen_at, requested_start_date, reason, mailbox_change, password_reissue, warnings)
        select receipt_number, revision, seen_at, requested_start_date, reason, mailbox_change::jsonb,
            password_reissue::jsonb, warnings::jsonb
        from unnest(
            $1::text[], $2::int[], $3::timestamptz[], $4::date[], $5::text[], $6::text[], $7::text[], $8::text[])
            as row (
            receipt_number, revision, seen_at, requested_start_date, reason, mailbox_change, password_reissue, warnings)
        on conflict (receipt_number, revision) do nothing
        """,
        [revision.receipt_number for revision in revisions],
        [revision.revision for revision in revisions],
        [revision.seen_at for revision in revisions],
        [revision.requested_start_date for revision in revisions],
        [revision.reason for revision in revisions],
        [revision.mailbox_change.model_dump_json() if revision.mailbox_change else None for revision in revisions],
        [revision.password_reissue.model_dump_json() if revision.password_reissue else None for revision in revisions],
        [json.dumps(list(revision.warnings)) for revision in revisions],
    )


async def find_revisions(db: Connection, receipt_number: ReceiptNumber) -> list[Revision]:
    """Every revision of the application, oldest first."""
    rows = await db.fetch(
        """
        select receipt_number, revision, seen_at, requested_start_date, reason, mailbox_change::text as mailbox_change,
            password_reissue::text as password_reissue, warnings::text as warnings
        from review_revisions where receipt_number = $1 order by revision
        """,
        receipt_number,
    )
    return [_revision(row) for row in rows]


async def find_reviews_of_office(
    db: Connection, office_code: OfficeCode, other_than: ReceiptNumber, limit: int
) -> list[Review]:
    """The office's other applications, the newest first."""
    rows = await db.fetch(
        f"select {COLUMNS} from reviews"  # noqa: S608
        " where office_code = $1 and receipt_number <> $2 order by received_at desc, receipt_number desc limit $3",
        office_code,
        other_than,
        limit,
    )
    return [review_of(row) for row in rows]


async def insert_case_note(db: Connection, note: CaseNote) -> None:
    """Keep a note or telephone contact."""
    await db.execute(
        """
        insert into case_notes (
            note_id, receipt_number, kind, login, display_name, written_at, called_at, spoke_with, text)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        note.note_id,
        note.receipt_number,
        note.kind.value,
        note.login,
        note.display_name,
        note.written_at,
        note.called_at,
        note.spoke_with.get_secret_value() if note.spoke_with else None,
        note.text.get_secret_value(),
    )


async def find_case_notes(db: Connection, receipt_number: ReceiptNumber) -> list[CaseNote]:
    """The application's notes and telephone contacts, oldest first."""
    rows = await db.fetch(
        """
        select note_id, receipt_number, kind, login, display_name, written_at, called_at, spoke_with, text
        from case_notes where receipt_number = $1 order by written_at, note_id
        """,
        receipt_number,
    )
    return [_note(row) for row in rows]


async def lock_ended_applications(db: Connection, ended_before: datetime, limit: int) -> list[ReceiptNumber]:
    """Applications that ended before an instant and whose contacts or notes are still kept, locked.

    A reissue ends with its review, a mailbox change with the start of the service, both also by withdrawal or void.
    """
    rows = await db.fetch(
        """
        select receipt_number from reviews
        where moved_at < $1
            and (state in ('in_service', 'withdrawn', 'voided')
                or (state = 'review_completed' and kind = 'password_reissue'))
            and (exists (select 1 from review_contacts as kept where kept.receipt_number = reviews.receipt_number)
                or exists (select 1 from case_notes as kept where kept.receipt_number = reviews.receipt_number))
        order by moved_at limit $2 for update skip locked
        """,
        ended_before,
        limit,
    )
    return [row["receipt_number"] for row in rows]


async def delete_contacts(db: Connection, receipt_numbers: Collection[ReceiptNumber]) -> None:
    """Erase whom to ask about the applications, every revision's."""
    await db.execute("delete from review_contacts where receipt_number = any($1::text[])", list(receipt_numbers))


async def delete_case_notes(db: Connection, receipt_numbers: Collection[ReceiptNumber]) -> None:
    """Erase what was written about people beside the applications."""
    await db.execute("delete from case_notes where receipt_number = any($1::text[])", list(receipt_numbers))


def _revision(row: asyncpg.Record) -> Revision:
    change, reissue = row["mailbox_change"], row["password_reissue"]
    day: date | None = row["requested_start_date"]
    return Revision(
        receipt_number=row["receipt_number"],
        revision=row["revision"],
        seen_at=row["seen_at"],
        requested_start_date=day,
        reason=row["reason"],
        mailbox_change=MailboxChange.model_validate_json(change) if change else None,
        password_reissue=PasswordReissue.model_validate_json(reissue) if reissue else None,
        warnings=tuple(json.loads(row["warnings"])),
    )


def _note(row: asyncpg.Record) -> CaseNote:
    return CaseNote(
        note_id=row["note_id"],
        receipt_number=row["receipt_number"],
        kind=NoteKind(row["kind"]),
        login=row["login"],
        display_name=row["display_name"],
        written_at=row["written_at"],
        called_at=row["called_at"],
        spoke_with=InternalText(row["spoke_with"]) if row["spoke_with"] else None,
        text=InternalText(row["text"]),
    )
