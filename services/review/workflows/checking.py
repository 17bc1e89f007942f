"""Gathering the facts that the checks beside an application are made on."""

from collections.abc import Sequence
from datetime import date

from services.review import store
from services.review.domain.checks import CheckFacts
from services.review.domain.review import Review
from services.review.domain.schedule import Schedule
from services.review.domain.timeline import TimelineStep
from services.review.store import OpenChange
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.database import Connection


async def gather_check_facts(
    db: Connection, reviews: Sequence[Review], schedule: Schedule | None, today: date
) -> dict[ReceiptNumber, CheckFacts]:
    """The facts of the moment about each application; five statements, however many applications there are."""
    offices = {review.office_code for review in reviews}
    numbers = [review.receipt_number for review in reviews]
    contracts = await store.find_contracts(db, offices)
    mailboxes = await store.find_office_mailboxes(db, offices)
    changes = _by_office(await store.find_open_changes(db, offices))
    troubles = await store.find_mail_troubles(db, numbers)
    with_contact = await store.find_numbers_with_contact(db, numbers)
    facts = {}
    for review in reviews:
        number, office = review.receipt_number, review.office_code
        others = [change for change in changes.get(office, ()) if change.receipt_number != number]
        facts[number] = CheckFacts(
            review=review,
            contract=contracts.get(office),
            schedule=schedule,
            today=today,
            mailboxes=mailboxes[office],
            pending_additions=sum(change.approved_additions for change in others),
            twins=[change.receipt_number for change in others],
            failed_mails=troubles.get((number, TimelineStep.MAIL_FAILED), ()),
            deferred_mails=troubles.get((number, TimelineStep.MAIL_DEFERRED), ()),
            has_contact=number in with_contact,
        )
    return facts


def _by_office(changes: Sequence[OpenChange]) -> dict[OfficeCode, list[OpenChange]]:
    grouped: dict[OfficeCode, list[OpenChange]] = {}
    for change in changes:
        grouped.setdefault(change.office_code, []).append(change)
    return grouped
