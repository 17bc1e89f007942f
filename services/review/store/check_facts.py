"""Facts that the checks need beside the application itself, for many applications at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.review.domain.timeline import TimelineStep
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.database import Connection


@dataclass(frozen=True, slots=True)
class OpenChange:
    """A mailbox change of an office that has not been issued yet; `approved_additions` is 0 before the approval."""

    office_code: OfficeCode
    receipt_number: ReceiptNumber
    approved_additions: int


async def find_open_changes(db: Connection, office_codes: Collection[OfficeCode]) -> list[OpenChange]:
    """The offices' mailbox changes between receipt and issue (E1, E7)."""
    rows = await db.fetch(
        """
        select office_code, receipt_number,
            case when state = 'approved'
                then (mailbox_change->>'add_smtp_pop3')::int + (mailbox_change->>'add_edifact')::int
                else 0 end as approved_additions
        from reviews
        where office_code = any($1::text[]) and kind = 'mailbox_change'
            and state in ('under_review', 'clarification', 'approved')
        order by receipt_number
        """,
        list(office_codes),
    )
    return [OpenChange(row["office_code"], row["receipt_number"], row["approved_additions"]) for row in rows]


async def find_mail_troubles(
    db: Connection, receipt_numbers: Collection[ReceiptNumber]
) -> Mapping[tuple[ReceiptNumber, TimelineStep], list[str]]:
    """Codes of the mails whose last known outcome is a failure or a delay, per application (E27)."""
    rows = await db.fetch(
        """
        select receipt_number, step, mail from (
            select distinct on (receipt_number, details->>'mail', details->>'role')
                receipt_number, step, details->>'mail' as mail
            from timeline_entries
            where receipt_number = any($1::text[]) and step in ('mail_sent', 'mail_deferred', 'mail_failed')
            order by receipt_number, details->>'mail', details->>'role', occurred_at desc, event_id desc
        ) as latest
        where step <> 'mail_sent' order by receipt_number, length(mail), mail
        """,
        list(receipt_numbers),
    )
    found: dict[tuple[ReceiptNumber, TimelineStep], list[str]] = {}
    for row in rows:
        mails = found.setdefault((ReceiptNumber(row["receipt_number"]), TimelineStep(row["step"])), [])
        if row["mail"] not in mails:
            mails.append(row["mail"])
    return found


async def find_numbers_with_contact(
    db: Connection, receipt_numbers: Collection[ReceiptNumber]
) -> frozenset[ReceiptNumber]:
    """Those of the applications whose contact has not been erased."""
    rows = await db.fetch(
        "select distinct receipt_number from review_contacts where receipt_number = any($1::text[])",
        list(receipt_numbers),
    )
    return frozenset(ReceiptNumber(row["receipt_number"]) for row in rows)
