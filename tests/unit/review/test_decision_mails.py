"""What a reviewer is shown of a mail before deciding is, letter by letter, what notifier sends after it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import services.notifier
from services.notifier.domain.contents import content_of, reschedule_content
from services.notifier.domain.mails import Letterhead, MailContent, contacts_of, plan_mails
from services.notifier.rendering import MailTemplates
from services.provisioning.domain.viewing_window import reissue_window, viewing_window
from services.review.domain.decision_mails import DecisionMail, mail_of, mail_of_proposal
from services.review.domain.review import (
    ApprovalForm,
    ClarificationForm,
    Moved,
    ProposedApproval,
    Review,
    StartDateForm,
    VoidForm,
    VoidReason,
    approve,
    ask,
    change_start_date,
    complete,
    complete_reissue,
    contact_of,
    void,
)
from services.review.rendering.mails import mail_text
from shared.contracts.people import MailboxChange
from shared.contracts.provisioning_events import Abolition, MailboxesIssued, MailboxesRescheduled, PasswordsReissued
from shared.contracts.review_events import MailboxCounts, StartDateChanged
from shared.kernel.local_time import local_date
from tests.builders import (
    NOW,
    OPENING_MAILBOX,
    START_DATE,
    a_mailbox,
    an_application_received,
    an_event,
    mailboxes_issued,
    numbered_id,
)
from tests.unit.review.builders import (
    LEAD,
    a_completed_review,
    a_registration_schedule,
    a_reissue_review,
    a_review,
    some_grounds,
)

PORTAL = "https://nss.example"
SCHEDULE = a_registration_schedule()
TODAY = local_date(NOW)
LETTERHEAD = Letterhead("nss@example.jp", f"{PORTAL}", "0120-000-000", "044-000-0000")
TEMPLATES = MailTemplates(Path(services.notifier.__file__).parent / "templates")
END_OF_PREVIEW = "\n──────────────────────────────\n【お問い合わせ先】"

CHANGES: dict[str, MailboxChange] = {
    "adds": MailboxChange(add_smtp_pop3=1, mailboxes_before=[a_mailbox()]),
    "gives up": MailboxChange(abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()]),
    "both": MailboxChange(add_edifact=2, abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()]),
}
FORMS = (
    ApprovalForm(1, "20181101"),
    ApprovalForm(1, "20181101", "二行の説明です。\r\n<b>そのまま</b>出ます。"),
    ApprovalForm(1, "20181108", "月次の登録日に合わせました。", system_setting_required=True),
)


def shown(review: Review, mail: DecisionMail | None) -> tuple[str, str]:
    """Subject and text as the page shows them."""
    assert mail is not None
    text = mail_text(mail, review, contact_of(an_application_received()), PORTAL)
    return text.subject, text.body


def sent(content: MailContent | None) -> tuple[str, str]:
    """Subject and text of the mail to the contact, down to the contact addresses."""
    received = an_application_received()
    [to_contact, _] = plan_mails(an_event(received), content, contacts_of(received), LETTERHEAD, NOW)
    subject, body = TEMPLATES.render(to_contact.mail, to_contact.template_version, to_contact.facts)
    before, found, _ = body.partition(END_OF_PREVIEW)
    assert found
    return subject, before


def issued_for(change: MailboxChange, start: date) -> MailboxesIssued:
    """Provisioning's answer, its window counted by its own rule."""
    until = viewing_window(SCHEDULE.calendar, NOW, start).viewable_until
    abolitions = [Abolition(mailbox_id=each, abolished_on=start) for each in change.abolish]
    adds = change.add_smtp_pop3 + change.add_edifact > 0
    nothing: dict[str, object] = {} if adds else {"mailboxes": [], "viewable_from": None, "viewable_until": None}
    return mailboxes_issued(**({"viewable_until": until, "abolitions": abolitions} | nothing))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_mail_before_an_approval_is_the_one_sent_after_it(change: MailboxChange, form: ApprovalForm) -> None:
    review = a_review(mailbox_change=change)
    approved = approve(review, form, LEAD, some_grounds(), NOW)
    assert isinstance(approved, Moved)
    start = approved.review.terms.confirmed_start_date if approved.review.terms else None
    completed = complete(approved.review, issued_for(change, start or START_DATE), NOW)
    assert completed is not None
    assert completed.announces is not None
    assert shown(review, mail_of(review, approved, SCHEDULE, TODAY)) == sent(content_of(completed.announces))


@pytest.mark.parametrize("form", FORMS)
def test_a_proposal_shows_the_mail_of_its_approval(form: ApprovalForm) -> None:
    review = a_review()
    approved = approve(review, form, LEAD, some_grounds(), NOW)
    assert isinstance(approved, Moved)
    proposal = ProposedApproval(form, "審査 次郎", "jiro", NOW)
    proposed = Moved(replace(review, proposal=proposal), None)
    expected = shown(review, mail_of(review, approved, SCHEDULE, TODAY))
    assert shown(review, mail_of(review, proposed, SCHEDULE, TODAY)) == expected
    assert shown(review, mail_of_proposal(review, proposal, SCHEDULE, TODAY)) == expected


def test_the_mail_before_a_reissue_is_the_one_sent_after_it() -> None:
    review = a_reissue_review()
    approved = approve(review, ApprovalForm(1), LEAD, some_grounds(), NOW)
    assert isinstance(approved, Moved)
    window = reissue_window(SCHEDULE.calendar, NOW)
    reissued = PasswordsReissued(
        receipt_number=review.receipt_number,
        office_code=review.office_code,
        mailbox_ids=[OPENING_MAILBOX],
        reissued_at=NOW,
        viewable_from=window.viewable_from,
        viewable_until=window.viewable_until,
    )
    completed = complete_reissue(approved.review, reissued, MailboxCounts(smtp_pop3=1, edifact=0), NOW)
    assert completed is not None
    assert completed.announces is not None
    assert shown(review, mail_of(review, approved, SCHEDULE, TODAY)) == sent(content_of(completed.announces))


@pytest.mark.parametrize("answer_by", ["", "20181107"])
def test_a_question_is_shown_as_it_is_sent(answer_by: str) -> None:
    review = a_review()
    form = ClarificationForm(1, "count_unclear", "1個の追加でよろしいでしょうか。\n<合計>ではありませんか。", answer_by)
    asked = ask(review, form, LEAD, SCHEDULE, numbered_id(1), NOW)
    assert isinstance(asked, Moved)
    assert asked.announces is not None
    assert shown(review, mail_of(review, asked, SCHEDULE, TODAY)) == sent(content_of(asked.announces))


@pytest.mark.parametrize("reason", VoidReason)
@pytest.mark.parametrize("note", ["", "お電話でのご連絡によります。"])
def test_a_void_is_shown_as_it_is_sent(reason: VoidReason, note: str) -> None:
    review = a_completed_review()
    voided = void(review, VoidForm(1, reason.value, note or "説明"), LEAD, NOW)
    assert isinstance(voided, Moved)
    assert voided.announces is not None
    assert shown(review, mail_of(review, voided, SCHEDULE, TODAY)) == sent(content_of(voided.announces))


@pytest.mark.parametrize("needs_setting", [False, True])
def test_another_start_date_is_shown_as_it_is_sent(needs_setting: bool) -> None:
    review = a_completed_review(system_setting_required=needs_setting)
    moved = change_start_date(review, StartDateForm(1, "20181108", "工事の都合です。"), LEAD, SCHEDULE, NOW)
    assert isinstance(moved, Moved)
    told = moved.announces
    assert isinstance(told, StartDateChanged)
    answered = MailboxesRescheduled(
        receipt_number=review.receipt_number,
        office_code=review.office_code,
        old_start_date=told.old_start_date,
        new_start_date=told.new_start_date,
        viewable_until=viewing_window(SCHEDULE.calendar, NOW, told.new_start_date).viewable_until,
        system_setting_deadline=told.system_setting_deadline,
    )
    assert shown(review, mail_of(review, moved, SCHEDULE, TODAY)) == sent(reschedule_content(answered, told.note))


def test_without_names_the_mail_is_addressed_to_the_contact() -> None:
    review = a_reissue_review()
    mail = mail_of_proposal(review, ProposedApproval(ApprovalForm(1), "審査 次郎", "jiro", NOW), None, TODAY)
    assert "申込担当者 様" in mail_text(mail, review, None, PORTAL).body
    assert "参照できます。" not in mail_text(mail, review, None, PORTAL).body
