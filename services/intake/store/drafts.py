"""Drafts: the typed text of a form on its way to registration, one row per form token."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain.form import ApplicationForm
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Draft:
    """A saved form that has not been registered."""

    form_token: UUID
    saved_at: datetime


async def upsert_draft(
    db: Connection, form_token: UUID, office_code: str, form: ApplicationForm, now: datetime, expires_at: datetime
) -> bool:
    """Keep what was typed; False when the token belongs to another office's draft."""
    stored = await db.fetchval(
        """
        insert into drafts (form_token, office_code, typed, saved_at, expires_at)
        values ($1, $2, $3, $4, $5)
        on conflict (form_token) do update
            set typed = excluded.typed, saved_at = excluded.saved_at, expires_at = excluded.expires_at
            where drafts.office_code = excluded.office_code
        returning form_token
        """,
        form_token,
        office_code,
        asdict(form),
        now,
        expires_at,
    )
    return stored is not None


async def find_draft(db: Connection, form_token: UUID, office_code: str, now: datetime) -> ApplicationForm | None:
    """The office's own draft, if it has not expired."""
    typed = await db.fetchval(
        "select typed from drafts where form_token = $1 and office_code = $2 and expires_at > $3",
        form_token,
        office_code,
        now,
    )
    return _form(typed) if typed else None


async def list_drafts(db: Connection, office_code: str, now: datetime, at_most: int) -> list[Draft]:
    """The office's drafts, latest first."""
    rows = await db.fetch(
        """
        select form_token, saved_at from drafts where office_code = $1 and expires_at > $2
        order by saved_at desc limit $3
        """,
        office_code,
        now,
        at_most,
    )
    return [Draft(row["form_token"], row["saved_at"]) for row in rows]


async def lock_draft(db: Connection, form_token: UUID, office_code: str, now: datetime) -> ApplicationForm | None:
    """The office's own draft, its row locked: a form registered many times at once queues here."""
    typed = await db.fetchval(
        "select typed from drafts where form_token = $1 and office_code = $2 and expires_at > $3 for update",
        form_token,
        office_code,
        now,
    )
    return _form(typed) if typed else None


async def delete_draft(db: Connection, form_token: UUID) -> None:
    """The draft has become an application."""
    await db.execute("delete from drafts where form_token = $1", form_token)


async def delete_expired_drafts(db: Connection, now: datetime, at_most: int) -> int:
    """Delete drafts nobody came back to; returns how many."""
    rows = await db.fetch(
        """
        delete from drafts where form_token in (
            select form_token from drafts where expires_at <= $1 limit $2 for update skip locked
        ) returning form_token
        """,
        now,
        at_most,
    )
    return len(rows)


def _form(typed: dict[str, object]) -> ApplicationForm:
    known = {name: value for name, value in typed.items() if name in ApplicationForm.__dataclass_fields__}
    abolish = known.pop("abolish", ())
    assert isinstance(abolish, list | tuple)
    texts = {name: str(value) for name, value in known.items()}
    return ApplicationForm(**texts, abolish=tuple(str(mailbox_id) for mailbox_id in abolish))
