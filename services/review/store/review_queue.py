"""The queue: narrowed, in the order of the promised answer, leafed through by position; and what stands on its rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.review.domain.claims import Claim
from services.review.domain.review import Review
from services.review.domain.review_queue import QueueFlag, QueuePosition, QueueQuery
from services.review.store.review_rows import COLUMNS, review_of
from shared.kernel.identifiers import InvalidIdentifier, ReceiptNumber, parse_receipt_number
from shared.kernel.japanese_text import narrow
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class QueueFrame:
    """Who asks, when, and what the flags mean today."""

    login: str
    now: datetime
    overdue_before: date
    registration_days: Sequence[date]


# Clauses with {} for the number of their one parameter. Only these constants and numbers ever enter a statement.
_FLAGS: Mapping[QueueFlag, str] = {
    QueueFlag.OVERDUE: "state = 'under_review' and counts_from < {}",
    QueueFlag.OFF_SCHEDULE: "requested_start_date is not null and requested_start_date <> all({}::date[])",
    QueueFlag.ISSUE_FAILED: "issue_failure is not null",
    QueueFlag.MAIL_FAILED: (
        "exists (select 1 from timeline_entries as entry where entry.receipt_number = reviews.receipt_number"
        " and entry.step = 'mail_failed')"
    ),
    QueueFlag.ABOLITION: "jsonb_array_length(mailbox_change->'abolish') > 0",
    QueueFlag.REISSUE: "kind = 'password_reissue'",
}
_RARE = frozenset({QueueFlag.ISSUE_FAILED, QueueFlag.MAIL_FAILED, QueueFlag.ABOLITION, QueueFlag.REISSUE})
"""Flags with an index of their own."""
_MINE = (
    "exists (select 1 from review_claims as claim where claim.receipt_number = reviews.receipt_number"
    " and claim.login = {} and claim.expires_at > {})"
)
_QUEUE = "select {columns} from reviews where {where} order by counts_from, receipt_number limit $3"
_UNREAD = """
    with reader as materialized (
        select coalesce((select listed_until from review_readers where login = {login}), '-infinity') as listed_until
    ), moved_since as materialized (
        select receipt_number from reviews where moved_at > (select listed_until from reader) and not exists (
            select 1 from review_reads as seen
            where seen.login = {login} and seen.receipt_number = reviews.receipt_number
                and seen.read_at >= reviews.moved_at)
    ), of_the_list as (
        select reviews.* from review_unread as listed join reviews using (receipt_number)
        where listed.login = {login} and (in_turn, listed.receipt_number) > ($1, $2) {state}
            and moved_at <= (select listed_until from reader) and {where}
        order by in_turn, listed.receipt_number limit $3
    ), of_the_moved as (
        select * from reviews where receipt_number = any(array(select receipt_number from moved_since))
            and {where} order by counts_from, receipt_number limit $3
    )
    select {columns} from (select * from of_the_list union all select * from of_the_moved) as reviews
    order by counts_from, receipt_number limit $3
"""
_IS_UNREAD = """
    case when moved_at <= coalesce((select listed_until from review_readers where login = {0}), '-infinity')
    then exists (
        select 1 from review_unread as listed
        where listed.login = {0} and listed.receipt_number = reviews.receipt_number)
    else not exists (
        select 1 from review_reads as seen
        where seen.login = {0} and seen.receipt_number = reviews.receipt_number and seen.read_at >= reviews.moved_at)
    end
"""
_NUMBER = "receipt_number = {}"
_SEARCH = "(office_code = upper({0}) or strpos(search_text, lower(normalize({0}, nfkc))) > 0)"


async def find_queue(
    db: Connection, query: QueueQuery, after: QueuePosition, frame: QueueFrame, limit: int
) -> list[Review]:
    """Applications that pass the query, the one answered for longest first, after a position."""
    clauses, values = _clauses(query, after, frame, limit)
    where, statement, login = " and ".join(clauses), _QUEUE, ""
    if query.unread and not _is_narrow(query):
        values.append(frame.login)
        statement, login = _UNREAD, f"${len(values)}"
    told = statement.format(columns=COLUMNS, where=where, state=_listed_state(query), login=login)
    return [review_of(row) for row in await db.fetch(told, *values)]


async def find_claims(db: Connection, receipt_numbers: Collection[ReceiptNumber]) -> Mapping[ReceiptNumber, Claim]:
    """The claims on the applications, those that have run out among them."""
    rows = await db.fetch(
        "select receipt_number, login, display_name, claimed_at, expires_at from review_claims"
        " where receipt_number = any($1::text[])",
        list(receipt_numbers),
    )
    return {row["receipt_number"]: Claim(*row) for row in rows}


async def lock_claim(db: Connection, receipt_number: ReceiptNumber) -> Claim | None:
    """The claim on the application; two who claim at once follow one another, also where there is none yet."""
    await db.execute("select 1 from reviews where receipt_number = $1 for no key update", receipt_number)
    row = await db.fetchrow(
        "select receipt_number, login, display_name, claimed_at, expires_at from review_claims"
        " where receipt_number = $1",
        receipt_number,
    )
    return Claim(*row) if row else None


async def upsert_claim(db: Connection, claim: Claim) -> None:
    """Keep the claim in the place of the one before. The caller holds the application's lock."""
    await db.execute(
        """
        insert into review_claims (receipt_number, login, display_name, claimed_at, expires_at)
        values ($1, $2, $3, $4, $5)
        on conflict (receipt_number) do update set
            login = excluded.login, display_name = excluded.display_name,
            claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
        """,
        claim.receipt_number,
        claim.login,
        claim.display_name,
        claim.claimed_at,
        claim.expires_at,
    )


async def delete_claim(db: Connection, receipt_number: ReceiptNumber, login: str) -> bool:
    """End that person's claim; whether there was one."""
    gone = await db.fetchval(
        "delete from review_claims where receipt_number = $1 and login = $2 returning true", receipt_number, login
    )
    return bool(gone)


async def delete_old_claims(db: Connection, before: datetime, at_most: int) -> int:
    """Forget claims that ran out before an instant; says how many."""
    rows = await db.fetch(
        """
        delete from review_claims where receipt_number in (
            select receipt_number from review_claims where expires_at < $1 limit $2 for update skip locked)
        returning receipt_number
        """,
        before,
        at_most,
    )
    return len(rows)


def _clauses(query: QueueQuery, after: QueuePosition, frame: QueueFrame, limit: int) -> tuple[list[str], list[Any]]:
    """The conditions, and the values by the numbers in them; $1 and $2 are the position, $3 the most rows."""
    values: list[Any] = [after.counts_from, after.receipt_number, limit]
    clauses = ["(counts_from, receipt_number) > ($1, $2)"]

    def add(clause: str, *added: Any) -> None:
        numbers = [f"${len(values) + place}" for place in range(1, len(added) + 1)]
        clauses.append(clause.format(*numbers))
        values.extend(added)

    if query.status.state is not None:
        add("state = {}", query.status.state.value)
    if query.office_code is not None:
        add("office_code = {}", query.office_code)
    if query.search:
        number = _receipt_number(query.search)
        add(_NUMBER if number else _SEARCH, number or query.search)
    if query.mine:
        add(_MINE, frame.login, frame.now)
    if query.flag is not None:
        add(_FLAGS[query.flag], *_flag_values(query.flag, frame))
    if query.unread and _is_narrow(query):
        add(_IS_UNREAD, frame.login)
    return clauses, values


def _is_narrow(query: QueueQuery) -> bool:
    """Whether what else is asked for leaves so few that each can be looked at; otherwise the list of unread leads."""
    return bool(query.search or query.mine or query.office_code) or query.flag in _RARE


def _receipt_number(text: str) -> ReceiptNumber | None:
    try:
        return parse_receipt_number(narrow(text).upper())
    except InvalidIdentifier:
        return None


def _listed_state(query: QueueQuery) -> str:
    """The state again, of the list, whose index it is part of; states are constants of this package."""
    return f"and in_state = '{query.status.state.value}'" if query.status.state else ""


def _flag_values(flag: QueueFlag, frame: QueueFrame) -> Sequence[Any]:
    of_flags: Mapping[QueueFlag, Any] = {
        QueueFlag.OVERDUE: frame.overdue_before,
        QueueFlag.OFF_SCHEDULE: list(frame.registration_days),
    }
    return [of_flags[flag]] if flag in of_flags else []
