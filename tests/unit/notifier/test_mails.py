"""Which event leads to which mail, to whom."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.notifier.domain.mails import (
    closing_window_mails,
    completion_mails,
    contacts_of,
    message_key,
    receipt_mails,
)
from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import ApplicationKind, EventData
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.contracts.provisioning_events import WindowClosing
from shared.contracts.review_events import MailboxCounts, ReviewCompleted
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from tests.builders import a_contact, a_system_administrator, an_application_received

NOW = datetime(2026, 10, 16, 1, 2, 3, tzinfo=UTC)
NUMBER = ReceiptNumber("260001A")
OFFICE = OfficeCode("NAC001")


def received(
    contact_email: str = "hanako@naccs.example", administrator_email: str = "kanri@naccs.example"
) -> Event[Any]:
    data = an_application_received(
        receipt_number=NUMBER,
        contact=a_contact(email=contact_email),
        system_administrator=a_system_administrator(email=administrator_email),
    )
    return event(data)


def completed(kind: ApplicationKind = ApplicationKind.MAILBOX_CHANGE) -> Event[Any]:
    return event(
        ReviewCompleted(
            receipt_number=NUMBER,
            revision=1,
            kind=kind,
            office_code=OFFICE,
            completed_at=NOW,
            completed_on=date(2026, 10, 24),
            confirmed_start_date=date(2026, 11, 4),
            start_date_changed=True,
            mailboxes_after=MailboxCounts(smtp_pop3=2, edifact=0),
        )
    )


def event(data: EventData) -> Event[Any]:
    return new_event(data, event_id=UUID(int=7), key=OFFICE, now=NOW)


def test_receipt_goes_to_contact_and_administrator() -> None:
    mails = receipt_mails(received(), NOW)

    assert [(mail.mail, mail.role, mail.address) for mail in mails] == [
        (Mail.M1, RecipientRole.CONTACT, "hanako@naccs.example"),
        (Mail.M1, RecipientRole.ADMINISTRATOR, "kanri@naccs.example"),
    ]


def test_equal_addresses_get_one_mail() -> None:
    mails = receipt_mails(received("kanri@naccs.example", "Kanri@naccs.example"), NOW)

    assert [mail.role for mail in mails] == [RecipientRole.CONTACT]


def test_administrators_copy_has_its_own_name_and_no_department() -> None:
    contact, administrator = receipt_mails(received(), NOW)

    assert (contact.facts["recipient_name"], contact.facts["department"]) == ("通関 花子", "第一営業部通関課")
    assert (administrator.facts["recipient_name"], administrator.facts["department"]) == ("管理 太郎", "")


def test_completion_of_a_reissue_is_not_told_by_the_mail_for_mailbox_changes() -> None:
    contacts = contacts_of(received().data)

    assert [mail.mail for mail in completion_mails(completed(), contacts, NOW)] == [Mail.M2, Mail.M2]
    assert completion_mails(completed(ApplicationKind.PASSWORD_REISSUE), contacts, NOW) == []


@pytest.mark.parametrize(("ever_viewed", "mails"), [(False, 2), (True, 0)])
def test_closing_window_is_only_told_when_nobody_has_looked(ever_viewed: bool, mails: int) -> None:
    closing = event(WindowClosing(receipt_number=NUMBER, viewable_until=date(2026, 11, 6), ever_viewed=ever_viewed))

    assert len(closing_window_mails(closing, contacts_of(received().data), NOW)) == mails


def test_message_key_is_stable_per_event_mail_and_role() -> None:
    first = message_key(UUID(int=1), Mail.M1, RecipientRole.CONTACT)

    assert first == message_key(UUID(int=1), Mail.M1, RecipientRole.CONTACT)
    assert first != message_key(UUID(int=1), Mail.M1, RecipientRole.ADMINISTRATOR)
    assert first != message_key(UUID(int=2), Mail.M1, RecipientRole.CONTACT)
