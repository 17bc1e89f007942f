"""Writing down internal notes and telephone contacts; nothing here is ever published."""

from collections.abc import Sequence
from datetime import datetime

from services.review import store
from services.review.domain.audit import AuditAction, AuditEntry
from services.review.domain.notes import CaseNote, NoteForm, NoteKind, NoteProblem, write_note
from services.review.domain.staff import StaffMember
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Pool, transaction
from shared.runtime.ids import NewId

_ACTIONS = {NoteKind.NOTE: AuditAction.NOTE_ADDED, NoteKind.TELEPHONE: AuditAction.TELEPHONE_RECORDED}


async def add_note(
    pool: Pool, receipt_number: ReceiptNumber, form: NoteForm, author: StaffMember, now: datetime, new_id: NewId
) -> CaseNote | Sequence[NoteProblem] | None:
    """Keep the note beside the application, or every problem at once. None: no such number."""
    async with transaction(pool) as db:
        if await store.find_review(db, receipt_number) is None:
            return None
        note = write_note(form, receipt_number, author, new_id(), now)
        if isinstance(note, CaseNote):
            await store.insert_case_note(db, note)
            entry = AuditEntry(new_id(), now, author.login, _ACTIONS[form.kind], receipt_number)
            await store.insert_audit_entries(db, [entry])
        return note
