"""The contract register, the mailboxes of each office, and the registration schedule."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import asyncpg

from services.intake.domain.mailboxes import OfficeMailbox
from services.intake.store.tokens import ApiAnswer
from shared.contracts.event_data import MailboxKind
from shared.contracts.intake_events import ContractPublished
from shared.contracts.review_events import SchedulePublished
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.runtime.database import Connection

NO_KEYS: Mapping[OfficeCode, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class OfficeRecord:
    """What intake keeps of an office: contract, every mailbox ever issued, the mailbox application on its way (E7)."""

    contract: ContractPublished
    mailboxes: Sequence[OfficeMailbox]
    open_receipt_number: ReceiptNumber | None
    hour_filled_at: datetime | None = None
    """When the oldest of as many applications as fill an hour was received; None while there is room for another."""
    answer: ApiAnswer | None = None
    """What the post was answered whose idempotency key was asked for with the office."""


async def find_contract(db: Connection, office_code: str) -> ContractPublished | None:
    """The office's contract."""
    row = await db.fetchrow("select register from contracts where office_code = $1", office_code)
    return ContractPublished.model_validate(row["register"]) if row else None


async def lock_contract(db: Connection, office_code: str) -> ContractPublished | None:
    """The office's contract, its row locked: registrations of one office queue here."""
    row = await db.fetchrow("select register from contracts where office_code = $1 for no key update", office_code)
    return ContractPublished.model_validate(row["register"]) if row else None


async def upsert_contract(db: Connection, contract: ContractPublished, now: datetime) -> bool:
    """Store this version; False when the stored one is as new or newer."""
    stored = await db.fetchval(
        """
        with newest as (
            insert into contracts (office_code, contract_version, register, updated_at, published_at)
            values ($1, $2, $3, $4, $4)
            on conflict (office_code) do update
                set contract_version = excluded.contract_version, register = excluded.register,
                    updated_at = excluded.updated_at, published_at = excluded.published_at
                where contracts.contract_version < excluded.contract_version
            returning office_code, contract_version, register, updated_at
        )
        insert into contract_versions (office_code, contract_version, register, decided_at)
        select office_code, contract_version, register, updated_at from newest
        returning contract_version
        """,
        contract.office_code,
        contract.contract_version,
        contract.model_dump(mode="json", exclude_none=True),
        now,
    )
    return stored is not None


async def lock_contracts(db: Connection, office_codes: Sequence[str]) -> frozenset[OfficeCode]:
    """Lock the contracts, in one order: registrations of an office queue here. Offices without one are missing."""
    rows = await db.fetch(
        """
        select office_code from contracts where office_code = any($1::text[])
        order by office_code for no key update
        """,
        office_codes,
    )
    return frozenset(OfficeCode(row["office_code"]) for row in rows)


async def lock_free_contracts(db: Connection, office_codes: Sequence[str]) -> frozenset[OfficeCode]:
    """The same without waiting: contracts that somebody else holds are missing, too."""
    rows = await db.fetch(
        """
        select office_code from contracts where office_code = any($1::text[])
        order by office_code for no key update skip locked
        """,
        office_codes,
    )
    return frozenset(OfficeCode(row["office_code"]) for row in rows)


async def find_offices(
    db: Connection,
    office_codes: Collection[str],
    hour_ago: datetime,
    most_per_hour: int,
    keys: Mapping[OfficeCode, str] = NO_KEYS,
) -> tuple[dict[OfficeCode, OfficeRecord], SchedulePublished | None]:
    """The offices' records and the schedule in one look: what every form is checked against.

    `most_per_hour` applications of one office since `hour_ago` leave no room for another (`hour_filled_at`); `keys` are
    the idempotency keys of programs' posts, at most one per office.
    """
    # The open states stand here word for word: only so can the planner use `applications_one_open`.
    rows = await db.fetch(
        """
        select office_code, register::text,
            array(
                select (mailbox_id, office_code, kind, active_from, abolished_on, issued_by)
                from mailboxes where mailboxes.office_code = contracts.office_code order by mailbox_id
            ) as boxes,
            (
                select receipt_number from applications
                where applications.office_code = contracts.office_code and kind = 'mailbox_change'
                    and status in ('received', 'under_review', 'clarification')
            ) as open_receipt_number,
            (
                select received_at from applications
                where applicant_office_code = contracts.office_code and received_at > $3
                order by received_at desc offset $4 limit 1
            ) as hour_filled_at,
            request_sha256, api_answers.status, body,
            case when row_number() over () = 1 then (select published::text from schedule) end as schedule
        from unnest($1::text[], $2::text[]) as asked (office_code, idempotency_key)
        join contracts using (office_code)
        left join api_answers using (office_code, idempotency_key)
        """,
        list(office_codes),
        [keys.get(OfficeCode(office_code)) for office_code in office_codes],
        hour_ago,
        most_per_hour - 1,
    )
    schedule = rows[0]["schedule"] if rows else None
    return (
        {OfficeCode(row["office_code"]): _office_record(row) for row in rows},
        _parse_schedule(schedule) if schedule else None,
    )


@lru_cache(maxsize=1)
def _parse_schedule(published: str) -> SchedulePublished:
    """It changes twice a year and is read with every form."""
    return SchedulePublished.model_validate_json(published)


async def insert_mailboxes(db: Connection, mailboxes: Sequence[OfficeMailbox]) -> None:
    """Add mailboxes; one that is known already stays as it is."""
    await db.execute(
        """
        insert into mailboxes (mailbox_id, office_code, kind, active_from, abolished_on, issued_by)
        select mailbox_id, office_code, kind, active_from, abolished_on, issued_by
        from unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::date[], $6::text[])
            as new (mailbox_id, office_code, kind, active_from, abolished_on, issued_by)
        on conflict (mailbox_id) do nothing
        """,
        [box.mailbox_id for box in mailboxes],
        [box.office_code for box in mailboxes],
        [box.kind.value for box in mailboxes],
        [box.active_from for box in mailboxes],
        [box.abolished_on for box in mailboxes],
        [box.issued_by for box in mailboxes],
    )


async def abolish_mailboxes(db: Connection, abolitions: Sequence[tuple[MailboxId, date]]) -> None:
    """Note from which day each mailbox is closed; the earliest decided day stays."""
    await db.execute(
        """
        update mailboxes set abolished_on = least(mailboxes.abolished_on, decided.abolished_on)
        from unnest($1::text[], $2::date[]) as decided (mailbox_id, abolished_on)
        where mailboxes.mailbox_id = decided.mailbox_id
        """,
        [mailbox_id for mailbox_id, _ in abolitions],
        [abolished_on for _, abolished_on in abolitions],
    )


async def find_schedule(db: Connection) -> SchedulePublished | None:
    """The newest schedule, or None before the first has come."""
    published = await db.fetchval("select published from schedule")
    return SchedulePublished.model_validate(published) if published else None


async def upsert_schedule(db: Connection, schedule: SchedulePublished) -> None:
    """Keep the schedule if it is newer than the stored one."""
    await db.execute(
        """
        insert into schedule (schedule_version, published) values ($1, $2)
        on conflict (only_row) do update
            set schedule_version = excluded.schedule_version, published = excluded.published
            where schedule.schedule_version < excluded.schedule_version
        """,
        schedule.schedule_version,
        schedule.model_dump(mode="json", exclude_none=True),
    )


def _office_record(row: asyncpg.Record) -> OfficeRecord:
    names = ("mailbox_id", "office_code", "kind", "active_from", "abolished_on", "issued_by")
    open_number = row["open_receipt_number"]
    return OfficeRecord(
        contract=ContractPublished.model_validate_json(row["register"]),
        mailboxes=[_mailbox(dict(zip(names, box, strict=True))) for box in row["boxes"]],
        open_receipt_number=ReceiptNumber(open_number) if open_number else None,
        hour_filled_at=row["hour_filled_at"],
        answer=ApiAnswer(row["request_sha256"], row["status"], row["body"]) if row["body"] is not None else None,
    )


def _mailbox(row: asyncpg.Record | Mapping[str, Any]) -> OfficeMailbox:
    return OfficeMailbox(
        mailbox_id=MailboxId(row["mailbox_id"]),
        office_code=OfficeCode(row["office_code"]),
        kind=MailboxKind(row["kind"]),
        active_from=row["active_from"],
        abolished_on=row["abolished_on"],
        issued_by=ReceiptNumber(row["issued_by"]) if row["issued_by"] else None,
    )
