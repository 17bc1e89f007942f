"""Applications under review and whom to ask about them."""

import json
from collections.abc import Collection, Mapping, Sequence

from services.review.domain.review import ApplicationContact, Review, ReviewState
from services.review.store.open_decisions import open_values
from services.review.store.review_rows import COLUMNS, content_values, issued_values, review_of, terms_values
from shared.contracts.people import Contact, SystemAdministratorAddress
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection

# The f-strings below put in COLUMNS only, a constant of this package: no value from outside ever enters a statement.


async def insert_reviews(db: Connection, reviews: Sequence[Review]) -> None:
    """Add newly opened reviews; a receipt number that exists already is an error."""
    await db.execute(
        """
        insert into reviews (
            receipt_number, office_code, applicant_office_code, kind, state, revision, company_name, office_name,
            received_at, received_on, review_starts_on, contract_version, requested_start_date, reason,
            warnings, mailbox_change, password_reissue, opened_at, moved_at)
        select receipt_number, office_code, applicant_office_code, kind, state, revision, company_name, office_name,
            received_at, received_on, review_starts_on, contract_version, requested_start_date, reason,
            warnings::jsonb, mailbox_change::jsonb, password_reissue::jsonb, opened_at, opened_at
        from unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[],
            $9::timestamptz[], $10::date[], $11::date[], $12::int[], $13::date[], $14::text[],
            $15::text[], $16::text[], $17::text[], $18::timestamptz[])
            as row (
            receipt_number, office_code, applicant_office_code, kind, state, revision, company_name, office_name,
            received_at, received_on, review_starts_on, contract_version, requested_start_date, reason,
            warnings, mailbox_change, password_reissue, opened_at)
        """,
        [review.receipt_number for review in reviews],
        [review.office_code for review in reviews],
        [review.applicant_office_code for review in reviews],
        [review.kind.value for review in reviews],
        [review.state.value for review in reviews],
        [review.revision for review in reviews],
        [review.company_name for review in reviews],
        [review.office_name for review in reviews],
        [review.received_at for review in reviews],
        [review.received_on for review in reviews],
        [review.review_starts_on for review in reviews],
        [review.contract_version for review in reviews],
        [review.requested_start_date for review in reviews],
        [review.reason for review in reviews],
        [json.dumps(list(review.warnings)) for review in reviews],
        [review.mailbox_change.model_dump_json() if review.mailbox_change else None for review in reviews],
        [review.password_reissue.model_dump_json() if review.password_reissue else None for review in reviews],
        [review.opened_at for review in reviews],
    )


async def insert_contacts(db: Connection, contacts: Sequence[ApplicationContact]) -> None:
    """Keep whom to ask, one row per revision."""
    await db.execute(
        """
        insert into review_contacts (receipt_number, revision, contact, system_administrator)
        select receipt_number, revision, contact::jsonb, system_administrator::jsonb
        from unnest($1::text[], $2::int[], $3::text[], $4::text[])
            as row (receipt_number, revision, contact, system_administrator)
        """,
        [contact.receipt_number for contact in contacts],
        [contact.revision for contact in contacts],
        [contact.contact.model_dump_json(exclude_none=True) for contact in contacts],
        [contact.system_administrator.model_dump_json() for contact in contacts],
    )


async def update_reviews(db: Connection, reviews: Sequence[Review]) -> None:
    """Write what a move may change: state, mover, approval, result. The caller holds the rows' locks."""
    await db.execute(
        """
        update reviews set
            state = row.state, moved_at = row.moved_at, moved_by = row.moved_by, issue_failure = row.issue_failure,
            approved_at = row.approved_at, approved_by = row.approved_by, decided_by = row.decided_by,
            confirmed_start_date = row.confirmed_start_date, start_date_note = row.start_date_note,
            system_setting_required = row.system_setting_required,
            system_setting_deadline = row.system_setting_deadline,
            calendar_version = row.calendar_version, schedule_version = row.schedule_version,
            completed_on = row.completed_on, mailbox_ids_issued = row.mailbox_ids_issued::jsonb,
            viewable_until = row.viewable_until,
            approved_by_login = row.approved_by_login, proposed_by = row.proposed_by,
            proposed_by_login = row.proposed_by_login, setting_completed_on = row.setting_completed_on,
            clarification = row.clarification::jsonb, clarification_asked_at = row.clarification_asked_at,
            clarification_reminded_at = row.clarification_reminded_at, proposal = row.proposal::jsonb,
            void_reason = row.void_reason, void_note = row.void_note, paused_days = row.paused_days
        from unnest(
            $1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[],
            $6::timestamptz[], $7::text[], $8::text[], $9::date[], $10::text[], $11::boolean[], $12::date[],
            $13::int[], $14::int[], $15::text[], $16::text[], $17::text[], $18::date[],
            $19::date[], $20::text[], $21::date[],
            $22::text[], $23::timestamptz[], $24::timestamptz[], $25::text[], $26::text[], $27::text[], $28::int[])
            as row (
            receipt_number, state, moved_at, moved_by, issue_failure,
            approved_at, approved_by, decided_by, confirmed_start_date, start_date_note, system_setting_required,
            system_setting_deadline, calendar_version, schedule_version, approved_by_login, proposed_by,
            proposed_by_login, setting_completed_on, completed_on, mailbox_ids_issued, viewable_until,
            clarification, clarification_asked_at, clarification_reminded_at, proposal, void_reason, void_note,
            paused_days)
        where reviews.receipt_number = row.receipt_number
        """,
        [review.receipt_number for review in reviews],
        [review.state.value for review in reviews],
        [review.moved_at for review in reviews],
        [review.moved_by for review in reviews],
        [review.issue_failure for review in reviews],
        *zip(*(terms_values(review) for review in reviews), strict=True),
        *zip(*(issued_values(review) for review in reviews), strict=True),
        *zip(*(open_values(review) for review in reviews), strict=True),
    )


async def update_contents(db: Connection, reviews: Sequence[Review]) -> None:
    """Write what a correction may change; the automatic policy looks at the application anew."""
    await db.execute(
        """
        update reviews set
            revision = row.revision, company_name = row.company_name, office_name = row.office_name,
            contract_version = row.contract_version, requested_start_date = row.requested_start_date,
            reason = row.reason, warnings = row.warnings::jsonb, mailbox_change = row.mailbox_change::jsonb,
            password_reissue = row.password_reissue::jsonb, policy_declined_under = null
        from unnest(
            $1::text[], $2::int[], $3::text[], $4::text[], $5::int[], $6::date[], $7::text[], $8::text[], $9::text[],
            $10::text[])
            as row (
            receipt_number, revision, company_name, office_name, contract_version, requested_start_date, reason,
            warnings, mailbox_change, password_reissue)
        where reviews.receipt_number = row.receipt_number
        """,
        *zip(*(content_values(review) for review in reviews), strict=True),
    )


async def find_review(db: Connection, receipt_number: ReceiptNumber) -> Review | None:
    """The application as it stands."""
    row = await db.fetchrow(f"select {COLUMNS} from reviews where receipt_number = $1", receipt_number)  # noqa: S608
    return review_of(row) if row else None


async def lock_review(db: Connection, receipt_number: ReceiptNumber) -> Review | None:
    """The application, its row locked until the transaction ends, so that two decisions follow one another (E29)."""
    row = await db.fetchrow(
        f"select {COLUMNS} from reviews where receipt_number = $1 for update",  # noqa: S608
        receipt_number,
    )
    return review_of(row) if row else None


async def lock_reviews(db: Connection, receipt_numbers: Collection[ReceiptNumber]) -> Mapping[ReceiptNumber, Review]:
    """The known applications, locked in one order, so that two batches cannot deadlock."""
    rows = await db.fetch(
        f"select {COLUMNS} from reviews where receipt_number = any($1::text[])"  # noqa: S608
        " order by receipt_number for update",
        list(receipt_numbers),
    )
    return {review.receipt_number: review for review in map(review_of, rows)}


async def lock_oldest_reviews(db: Connection, limit: int, schedule_version: int) -> list[Review]:
    """The oldest under review, locked, but for those the policy left to a person under this schedule or others hold."""
    rows = await db.fetch(
        f"select {COLUMNS} from reviews"  # noqa: S608
        " where state = 'under_review' and coalesce(policy_declined_under, 0) < $2"
        " order by review_starts_on, receipt_number limit $1 for update skip locked",
        limit,
        schedule_version,
    )
    return [review_of(row) for row in rows]


async def mark_left_to_person(
    db: Connection, receipt_numbers: Collection[ReceiptNumber], schedule_version: int
) -> None:
    """Remember that the policy would not decide these under this schedule."""
    await db.execute(
        "update reviews set policy_declined_under = $2 where receipt_number = any($1::text[])",
        list(receipt_numbers),
        schedule_version,
    )


async def count_reviews(db: Connection, states: Collection[ReviewState]) -> Mapping[ReviewState, int]:
    """How many applications are in each of the states; meant for the open ones, which are few."""
    rows = await db.fetch(
        "select state, count(*) as reviews from reviews where state = any($1::text[]) group by state",
        [state.value for state in states],
    )
    return dict.fromkeys(states, 0) | {ReviewState(row["state"]): row["reviews"] for row in rows}


async def find_contact(db: Connection, receipt_number: ReceiptNumber, revision: int) -> ApplicationContact | None:
    """Whom to ask about the revision; None once it has been erased."""
    row = await db.fetchrow(
        """
        select contact::text as contact, system_administrator::text as system_administrator
        from review_contacts where receipt_number = $1 and revision = $2
        """,
        receipt_number,
        revision,
    )
    if row is None:
        return None
    return ApplicationContact(
        receipt_number,
        revision,
        Contact.model_validate_json(row["contact"]),
        SystemAdministratorAddress.model_validate_json(row["system_administrator"]),
    )
