"""Erasing what may not be kept for ever."""

from datetime import datetime
from typing import Any

from shared.runtime.database import Connection


async def erase_contacts(
    db: Connection, ended_before: datetime, now: datetime, at_most: int, replacement: dict[str, Any]
) -> int:
    """Overwrite the people in every revision of applications that ended before; returns how many applications.

    `replacement` holds the parts of a revision's content that name people, without them.
    """
    rows = await db.fetch(
        """
        with due as (
            select receipt_number from applications
            where ended_at < $1 and contact_erased_at is null
            order by ended_at limit $3 for no key update skip locked
        ), erased as (
            update application_revisions set content = content || $4::jsonb
            from due where application_revisions.receipt_number = due.receipt_number
        )
        update applications set contact_erased_at = $2
        from due where applications.receipt_number = due.receipt_number returning applications.receipt_number
        """,
        ended_before,
        now,
        at_most,
        replacement,
    )
    return len(rows)


async def forget_contract_versions(
    db: Connection, superseded_before: datetime, now: datetime, at_most: int, replacement: dict[str, Any]
) -> int:
    """Forget versions that were superseded before and whose applications' people are erased; returns how many.

    One that no application was made on is deleted; in the others the people are overwritten. `replacement` holds
    the parts of a register that name people, without them.
    """
    forgotten: int = await db.fetchval(
        """
        with due as (
            select office_code, contract_version, is_used from contract_versions superseded
            cross join lateral (
                select count(*) > 0 as is_used, bool_or(contact_erased_at is null) as is_recent
                from applications join application_revisions using (receipt_number)
                -- Found by the office that applied, or by the sister office it is about: both have an index.
                where applications.office_code = superseded.office_code
                    and (applicant_office_code = superseded.office_code or office_code <> applicant_office_code)
                    and (content ->> 'contract_version')::integer = superseded.contract_version
            ) applied
            where people_erased_at is null and decided_at < $1 and is_recent is not true and exists (
                select 1 from contract_versions newer
                where newer.office_code = superseded.office_code
                    and newer.contract_version > superseded.contract_version and newer.decided_at < $1
            )
            order by decided_at limit $3 for update of superseded skip locked
        ), deleted as (
            delete from contract_versions using due
            where not is_used and contract_versions.office_code = due.office_code
                and contract_versions.contract_version = due.contract_version
        ), erased as (
            update contract_versions set register = register || $4::jsonb, people_erased_at = $2 from due
            where is_used and contract_versions.office_code = due.office_code
                and contract_versions.contract_version = due.contract_version
        )
        select count(*) from due
        """,
        superseded_before,
        now,
        at_most,
        replacement,
    )
    return forgotten
