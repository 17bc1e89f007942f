"""Receiving an application, its before/after, and what events may make of its state."""

import hashlib
from datetime import UTC, date, datetime

from services.intake.domain.application import (
    OPEN_STATUSES,
    ApplicationStatus,
    Receipt,
    receive,
)
from services.intake.domain.asked import Asked, asked_by
from services.intake.domain.difference import canonical_json, diff_sha256, difference_asked, difference_of
from services.intake.domain.mailboxes import MailboxState, current_mailboxes, serials_left
from shared.contracts.event_data import MailboxKind
from shared.contracts.people import PasswordReissue
from shared.kernel.identifiers import MailboxId, ReceiptNumber
from tests.builders import NOW, OFFICE, OPENING_MAILBOX, a_contract, a_mailbox, numbered_id
from tests.unit.intake.builders import a_box, checked

RECEIPT_OF_TEST = Receipt(ReceiptNumber("180001A"), numbered_id(7), OFFICE, NOW, date(2018, 10, 24))


def test_a_received_application_says_what_the_form_said() -> None:
    form = checked(add_smtp_pop3="2", add_edifact="1", abolish=(OPENING_MAILBOX,))

    application, received = receive(
        form, a_contract(contract_version=4), asked_by(form, [a_mailbox()]), RECEIPT_OF_TEST
    )

    assert application.status is ApplicationStatus.RECEIVED
    assert application.form_token == numbered_id(7)
    assert (received.receipt_number, received.revision) == ("180001A", 1)
    assert received.received_on == date(2018, 10, 24)
    assert received.review_starts_on == date(2018, 10, 24)
    assert received.contract_version == 4
    assert received.contact == form.contact
    assert received.system_administrator.email == "kanri-taro@naccs.example"
    assert received.warnings == ["added_not_total"]
    change = received.mailbox_change
    assert change is not None
    assert (change.add_smtp_pop3, change.add_edifact, change.abolish) == (2, 1, [OPENING_MAILBOX])
    assert change.mailboxes_before == [a_mailbox()]


def test_the_receipt_date_is_the_date_in_japan() -> None:
    midnight_in_japan = datetime(2018, 12, 31, 15, 0, tzinfo=UTC)
    receipt = Receipt(ReceiptNumber("190001A"), numbered_id(7), OFFICE, midnight_in_japan, date(2019, 1, 4))

    application, _ = receive(checked(), a_contract(), asked_by(checked(), [a_mailbox()]), receipt)

    assert application.received_on == date(2019, 1, 1)


def test_page_and_event_have_one_digest() -> None:
    form = checked(add_smtp_pop3="1")
    shown = difference_of([a_mailbox()], add_smtp_pop3=1, add_edifact=0, abolish=())

    _, received = receive(form, a_contract(), asked_by(form, [a_mailbox()]), RECEIPT_OF_TEST)

    assert received.diff_sha256 == diff_sha256(shown)
    assert received.mailbox_change is not None
    assert diff_sha256(difference_asked(received.mailbox_change)) == received.diff_sha256


def test_the_digest_is_that_of_the_canonical_json() -> None:
    difference = difference_of([a_mailbox()], add_smtp_pop3=1, add_edifact=0, abolish=())
    expected = (
        '{"edifact":{"after":{"added":0,"count":0,"kept":[]},"before":{"count":0,"mailbox_ids":[]}},'
        '"smtp_pop3":{"after":{"added":1,"count":2,"kept":["NAC00101"]},'
        '"before":{"count":1,"mailbox_ids":["NAC00101"]}}}'
    )

    assert canonical_json(difference) == expected
    assert diff_sha256(difference) == hashlib.sha256(expected.encode()).hexdigest()


def test_the_order_of_mailboxes_does_not_change_the_digest() -> None:
    boxes = [a_mailbox("NAC00101"), a_mailbox("NAC00103"), a_mailbox("NAC00102", MailboxKind.EDIFACT)]

    digests = {
        diff_sha256(difference_of(order, add_smtp_pop3=0, add_edifact=0, abolish=[MailboxId("NAC00103")]))
        for order in (boxes, boxes[::-1])
    }

    assert len(digests) == 1


def test_before_and_after_count_each_kind_alone() -> None:
    boxes = [a_mailbox("NAC00101"), a_mailbox("NAC00102"), a_mailbox("NAC00103", MailboxKind.EDIFACT)]

    difference = difference_of(boxes, add_smtp_pop3=3, add_edifact=0, abolish=[MailboxId("NAC00102")])

    smtp, edifact = difference.of(MailboxKind.SMTP_POP3), difference.of(MailboxKind.EDIFACT)
    assert (smtp.count_before, smtp.count_after, smtp.ids_kept) == (2, 4, ("NAC00101",))
    assert (edifact.count_before, edifact.count_after) == (1, 1)


def test_the_digest_of_a_reissue_is_that_of_its_mailboxes_in_any_order() -> None:
    ids = [MailboxId("NAC00102"), MailboxId("NAC00101")]
    expected = '{"password_reissue":["NAC00101","NAC00102"]}'

    digests = {Asked(password_reissue=PasswordReissue(mailbox_ids=order)).sha256 for order in (ids, ids[::-1])}

    assert digests == {hashlib.sha256(expected.encode()).hexdigest()}


def test_a_completed_application_is_no_longer_open() -> None:
    assert ApplicationStatus.REVIEW_COMPLETED not in OPEN_STATUSES


def test_a_mailbox_reads_as_what_it_is_on_the_day() -> None:
    day = date(2018, 11, 1)

    assert a_box(active_from=date(2018, 11, 2)).state_on(day) is MailboxState.NOT_STARTED
    assert a_box(active_from=day).state_on(day) is MailboxState.ACTIVE
    assert a_box(abolished_on=date(2018, 11, 2)).state_on(day) is MailboxState.ABOLITION_DECIDED
    assert a_box(abolished_on=day).state_on(day) is MailboxState.ABOLISHED


def test_what_is_issued_and_not_started_counts_and_what_is_given_up_does_not() -> None:
    boxes = [a_box("NAC00103", active_from=date(2030, 1, 1)), a_box("NAC00102", abolished_on=date(2030, 1, 1)), a_box()]

    assert [box.mailbox_id for box in current_mailboxes(boxes)] == ["NAC00101", "NAC00103"]
    assert serials_left(boxes) == 96
    assert serials_left([]) == 99
