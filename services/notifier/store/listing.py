"""Mails as operators see them: codes and states, no address and no text; and what operators did."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifier.domain.filters import MailFilter
from shared.runtime.database import Connection


async def find_mails(db: Connection, wanted: MailFilter, after: int, limit: int) -> list[Mapping[str, Any]]:
    """Mails with an id above `after`, in the order of their ids."""
    rows = await db.fetch(
        """
        select mail_id, receipt_number, office_code, mail, template_version, role, state, attempts, ambiguous,
            failure_class, reply_code, queued_at, case when state in ('queued', 'sending') then due_at end as due_at,
            ended_at, sealed is not null as kept
        from wanted_mails($1, $2, $3, $4, $5, $6, $7, $8)
        where mail_id > $9
        order by mail_id limit $10
        """,
        *wanted.arguments(),
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def find_attempts(db: Connection, mail_ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """Every attempt and report of these mails."""
    rows = await db.fetch(
        """
        select mail_id, attempt, ended_at, outcome, reply_code, status, resend_id from mail_attempts
        where mail_id = any($1::bigint[]) order by mail_id, attempt, ended_at
        """,
        mail_ids,
    )
    return [dict(row) for row in rows]


async def queue_resends(
    db: Connection, wanted: MailFilter, resend_id: UUID, limit: int, now: datetime
) -> list[Mapping[str, Any]]:
    """Queue ended mails again, except those this resend has had already or whose text is gone; their ids."""
    rows = await db.fetch(
        """
        with chosen as (
            select mail_id from mails
            where mail_id in (select mail_id from wanted_mails($1, $2, $3, $4, $5, $6, $7, $8))
                and state in ('sent', 'failed') and sealed is not null and resend_id is distinct from $9
            order by mail_id limit $10 for update skip locked
        )
        update mails set state = 'queued', due_at = $11, ended_at = null, failure_class = null, reply_code = null,
            attempts_before = attempts, first_tried_at = null, resend_id = $9
        from chosen where mails.mail_id = chosen.mail_id
        returning mails.mail_id, receipt_number, mail, role
        """,
        *wanted.arguments(),
        resend_id,
        limit,
        now,
    )
    return [dict(row) for row in rows]


async def count_resendable(db: Connection, wanted: MailFilter, resend_id: UUID) -> int:
    """How many mails the resend would still queue."""
    count: int = await db.fetchval(
        """
        select count(*) from wanted_mails($1, $2, $3, $4, $5, $6, $7, $8)
        where state in ('sent', 'failed') and sealed is not null and resend_id is distinct from $9
        """,
        *wanted.arguments(),
        resend_id,
    )
    return count


async def insert_operator_action(
    db: Connection,
    action_id: UUID,
    operator: str,
    action: str,
    reason: str,
    details: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep who did what, and why."""
    await db.execute(
        """
        insert into operator_actions (action_id, done_at, operator, action, reason, details)
        values ($1, $2, $3, $4, $5, $6)
        """,
        action_id,
        now,
        operator,
        action,
        reason,
        details,
    )
