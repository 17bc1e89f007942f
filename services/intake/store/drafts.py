"""Drafts: the typed text of a form on its way to registration, one row per form token."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.intake.domain.form import ApplicationForm
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class Draft:
    """A saved form that has not been registered; `corrects` names the application it is to correct."""

    form_token: UUID
    form: ApplicationForm
    saved_at: datetime
    expires_at: datetime
    corrects: ReceiptNumber | None = None


_COLUMNS = "form_token, typed, saved_at, expires_at, corrects"


async def insert_draft(db: Connection, office_code: str, draft: Draft) -> bool:
    """A new draft; one that is there already stays. False when the token belongs to another office's draft."""
    await db.execute(
        """
        insert into drafts (form_token, office_code, typed, saved_at, expires_at, corrects)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (form_token) do nothing
        """,
        draft.form_token,
        office_code,
        asdict(draft.form),
        draft.saved_at,
        draft.expires_at,
        draft.corrects,
    )
    owner = await db.fetchval("select office_code from drafts where form_token = $1", draft.form_token)
    return bool(owner == office_code)


async def open_correction_draft(db: Connection, office_code: str, draft: Draft) -> None:
    """A new draft of a correction; one that is there already goes to this office as it was typed, unless it expired."""
    await db.execute(
        """
        insert into drafts (form_token, office_code, typed, saved_at, expires_at, corrects)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (form_token) do update set
            office_code = excluded.office_code,
            typed = case when drafts.expires_at > excluded.saved_at then drafts.typed else excluded.typed end,
            saved_at = excluded.saved_at,
            expires_at = excluded.expires_at
        where drafts.corrects = excluded.corrects
        """,
        draft.form_token,
        office_code,
        asdict(draft.form),
        draft.saved_at,
        draft.expires_at,
        draft.corrects,
    )


async def update_draft(db: Connection, office_code: str, draft: Draft) -> None:
    """Keep what was typed."""
    await db.execute(
        """
        update drafts set typed = $3, saved_at = $4, expires_at = $5 where form_token = $1 and office_code = $2
        """,
        draft.form_token,
        office_code,
        asdict(draft.form),
        draft.saved_at,
        draft.expires_at,
    )


async def find_draft(db: Connection, form_token: UUID, office_code: str, now: datetime) -> Draft | None:
    """The office's own draft, if it has not expired."""
    row = await db.fetchrow(
        f"select {_COLUMNS} from drafts where form_token = $1 and office_code = $2 and expires_at > $3",  # noqa: S608
        form_token,
        office_code,
        now,
    )
    return _draft(row) if row else None


async def list_drafts(db: Connection, office_code: str, now: datetime, at_most: int) -> list[Draft]:
    """The office's drafts, latest first."""
    rows = await db.fetch(
        f"""
        select {_COLUMNS} from drafts where office_code = $1 and expires_at > $2
        order by saved_at desc limit $3
        """,  # noqa: S608  a constant list of columns
        office_code,
        now,
        at_most,
    )
    return [_draft(row) for row in rows]


async def lock_draft(db: Connection, form_token: UUID, office_code: str, now: datetime) -> Draft | None:
    """The office's own draft, its row locked: a form registered many times at once queues here."""
    row = await db.fetchrow(
        f"""
        select {_COLUMNS} from drafts where form_token = $1 and office_code = $2 and expires_at > $3 for update
        """,  # noqa: S608  a constant list of columns
        form_token,
        office_code,
        now,
    )
    return _draft(row) if row else None


async def delete_draft(db: Connection, form_token: UUID) -> None:
    """The draft has become an application."""
    await db.execute("delete from drafts where form_token = $1", form_token)


async def discard_draft(db: Connection, form_token: UUID, office_code: str) -> None:
    """The office throws its draft away."""
    await db.execute("delete from drafts where form_token = $1 and office_code = $2", form_token, office_code)


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


def _draft(row: asyncpg.Record) -> Draft:
    corrects = row["corrects"]
    return Draft(
        form_token=row["form_token"],
        form=_form(row["typed"]),
        saved_at=row["saved_at"],
        expires_at=row["expires_at"],
        corrects=ReceiptNumber(corrects) if corrects else None,
    )


def _form(typed: dict[str, Any]) -> ApplicationForm:
    # A draft of an older release may lack fields, one of a newer release may have more.
    known = {name: value for name, value in typed.items() if name in ApplicationForm.__dataclass_fields__}
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}
    return ApplicationForm(**values)
