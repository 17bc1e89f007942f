"""Mails on their way: queued, claimed, marked, and what was tried."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.notifier.domain.fates import ClaimedMail, Fate, Letter
from services.notifier.domain.mails import PlannedMail
from services.notifier.domain.restoring import FateTold
from services.notifier.domain.retry import Tries
from services.notifier.store.seals import Seals, UnreadableSeal
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.runtime.database import Connection


async def insert_mails(db: Connection, mails: Sequence[PlannedMail], seals: Seals, now: datetime) -> None:
    """Queue mails; one that is already queued for the same event and role stays as it is (I6)."""
    if not mails:
        return
    await db.execute(
        """
        insert into mails (receipt_number, office_code, event_id, traceparent, mail, template_version, role, sealed,
            address_hash, message_key, due_at, queued_at)
        select receipt_number, office_code, event_id, traceparent, mail, template_version, role, sealed,
            address_hash, message_key, due_at, $12
        from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::text[], $8::bytea[],
            $9::bytea[], $10::text[], $11::timestamptz[])
            as planned (receipt_number, office_code, event_id, traceparent, mail, template_version, role, sealed,
                address_hash, message_key, due_at)
        on conflict (receipt_number, event_id, role) do nothing
        """,
        [m.receipt_number for m in mails],
        [m.office_code for m in mails],
        [m.event_id for m in mails],
        [m.traceparent for m in mails],
        [m.mail.value for m in mails],
        [m.template_version for m in mails],
        [m.role.value for m in mails],
        [_sealed(m, seals) for m in mails],
        [seals.hash_address(m.address) for m in mails],
        [m.message_key for m in mails],
        [m.due_at for m in mails],
        now,
    )


async def claim_due_mails(
    db: Connection, limit: int, seals: Seals, now: datetime, claimed_until: datetime
) -> list[ClaimedMail]:
    """Take mails whose attempt is due. One found in `sending` belongs to a process that died: it may have arrived."""
    rows = await db.fetch(
        """
        with due as (
            select mail_id, state from mails
            where state in ('queued', 'sending') and due_at <= $1
            order by due_at, mail_id limit $2
            for update skip locked
        )
        update mails set state = 'sending', attempts = attempts + 1, due_at = $3,
            first_tried_at = coalesce(first_tried_at, $1), ambiguous = ambiguous or due.state = 'sending'
        from due where mails.mail_id = due.mail_id
        returning mails.mail_id, receipt_number, office_code, event_id, traceparent, mail, template_version, role,
            sealed, address_hash, message_key, queued_at, attempts, attempts_before, first_tried_at, ambiguous,
            resend_id, exists (
                select from suppressions
                where suppressions.address_hash = mails.address_hash and released_at is null
            ) as suppressed
        """,
        now,
        limit,
        claimed_until,
    )
    return [_claimed(row, seals) for row in rows]


async def mark_tried(db: Connection, fates: Sequence[Fate], now: datetime) -> set[int]:
    """Store what became of claimed mails, and a line per attempt; the ids of those that were still ours.

    A claim that ran out and was taken by somebody else has another number of attempts: his outcome counts.
    """
    rows = await db.fetch(
        """
        with marked as (
            update mails set state = fate.state, due_at = coalesce(fate.due_at, mails.due_at),
                ended_at = case when fate.due_at is null then $9::timestamptz end,
                reply_code = fate.reply_code, failure_class = fate.failure,
                ambiguous = mails.ambiguous or fate.ambiguous
            from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::int[], $7::text[],
                $8::boolean[]) as fate (mail_id, attempts, state, outcome, due_at, reply_code, failure, ambiguous)
            where mails.mail_id = fate.mail_id and mails.attempts = fate.attempts and mails.state = 'sending'
            returning fate.mail_id, fate.attempts, fate.outcome, fate.reply_code, mails.resend_id
        )
        insert into mail_attempts (mail_id, attempt, ended_at, outcome, reply_code, resend_id)
        select mail_id, attempts, $9, outcome, reply_code, resend_id from marked
        returning mail_id
        """,
        [fate.mail_id for fate in fates],
        [fate.attempts for fate in fates],
        [fate.state for fate in fates],
        [fate.outcome for fate in fates],
        [fate.due_at for fate in fates],
        [fate.reply_code for fate in fates],
        [fate.failure.value if fate.failure else None for fate in fates],
        [fate.ambiguous for fate in fates],
        now,
    )
    return {row["mail_id"] for row in rows}


async def restore_mail(db: Connection, fate: FateTold, now: datetime) -> bool:
    """Write a fate that was told before the database was restored; False if there is no such mail."""
    status = await db.execute(
        """
        update mails set state = $4, failure_class = $5, attempts = greatest(attempts, $6),
            ambiguous = ambiguous or $7, ended_at = $8
        where receipt_number = $1 and event_id = $2 and role = $3
        """,
        fate.receipt_number,
        fate.event_id,
        fate.role.value,
        fate.state,
        fate.failure,
        fate.attempts,
        fate.ambiguous,
        now,
    )
    return status != "UPDATE 0"


async def put_back(db: Connection, claimed: Sequence[ClaimedMail], due_at: datetime) -> set[int]:
    """Undo the claim of mails that were not offered; the ids of those that were still ours."""
    rows = await db.fetch(
        """
        update mails set state = 'queued', attempts = mails.attempts - 1, due_at = $3,
            first_tried_at = case when mails.attempts - 1 > attempts_before then first_tried_at end
        from unnest($1::bigint[], $2::int[]) as claimed (mail_id, attempts)
        where mails.mail_id = claimed.mail_id and mails.attempts = claimed.attempts and mails.state = 'sending'
        returning mails.mail_id
        """,
        [mail.mail_id for mail in claimed],
        [mail.attempts for mail in claimed],
        due_at,
    )
    return {row["mail_id"] for row in rows}


async def lock_allowance(db: Connection, minute: datetime) -> int:
    """Mails already taken in this minute by all replicas; the row stays locked until the caller has added his."""
    taken: int = await db.fetchval(
        """
        insert into sending_minutes as known (minute, taken) values ($1, 0)
        on conflict (minute) do update set taken = known.taken
        returning taken
        """,
        minute,
    )
    return taken


async def add_to_allowance(db: Connection, minute: datetime, taken: int) -> None:
    """Count mails taken in this minute; minutes long past are forgotten."""
    await db.execute("update sending_minutes set taken = taken + $2 where minute = $1", minute, taken)
    await db.execute("delete from sending_minutes where minute < $1", minute - timedelta(hours=1))


async def erase_sealed(db: Connection, ended_before: datetime, limit: int) -> int:
    """Forget addresses and texts of mails that ended before then; how many."""
    status = await db.execute(
        """
        update mails set sealed = null, address_hash = null, address = null, facts = null
        where mail_id in (
            select mail_id from mails where sealed is not null and ended_at < $1
            order by ended_at limit $2 for update skip locked
        )
        """,
        ended_before,
        limit,
    )
    return int(status.rpartition(" ")[2])


def _sealed(mail: PlannedMail, seals: Seals) -> bytes:
    content = json.dumps([mail.address, mail.sender, mail.facts], ensure_ascii=False, separators=(",", ":"))
    return seals.seal(content.encode(), mail.message_key)


def _opened(sealed: bytes, message_key: str, seals: Seals) -> Letter | None:
    try:
        address, sender, facts = json.loads(seals.open(sealed, message_key))
    except UnreadableSeal:
        return None
    return Letter(address, sender, facts)


def _claimed(row: Any, seals: Seals) -> ClaimedMail:
    return ClaimedMail(
        mail_id=row["mail_id"],
        receipt_number=row["receipt_number"],
        office_code=row["office_code"],
        event_id=row["event_id"],
        traceparent=row["traceparent"],
        mail=Mail(row["mail"]),
        template_version=row["template_version"],
        role=RecipientRole(row["role"]),
        letter=_opened(row["sealed"], row["message_key"], seals),
        message_key=row["message_key"],
        queued_at=row["queued_at"],
        attempts=row["attempts"],
        tries=Tries(row["attempts"] - row["attempts_before"], row["first_tried_at"]),
        ambiguous=row["ambiguous"],
        suppressed=row["suppressed"],
        address_hash=row["address_hash"],
        resend_id=row["resend_id"],
    )
