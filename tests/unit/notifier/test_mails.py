"""Which event leads to which mail, to whom."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notifier.domain.contents import content_of, ends_application, reschedule_content
from services.notifier.domain.mails import contacts_of, is_too_old_to_tell, message_key, plan_mails, recipients
from services.notifier.domain.samples import EXAMPLES
from shared.contracts.event_data import ApplicationKind
from shared.contracts.golden import golden_example, golden_examples
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.contracts.registry import EVENT_MODELS
from tests.builders import (
    NOW,
    a_contact,
    a_system_administrator,
    an_application_received,
    an_event,
    review_completed,
    service_started,
    window_closing,
)
from tests.unit.notifier.sample import LETTERHEAD

LEADS_TO = {
    "nss.application.received.v1": Mail.M1,
    "nss.review.completed.v1": Mail.M2,
    "nss.review.clarification-requested.v1": Mail.M3,
    "nss.application.corrected.v1": Mail.M4,
    "nss.application.withdrawn.v1": Mail.M5,
    "nss.review.withdrawal-accepted.v1": Mail.M5,
    "nss.review.voided.v1": Mail.M6,
    "nss.mailbox.window-closing.v1": Mail.M8,
    "nss.review.clarification-reminded.v1": Mail.M10,
    "nss.application.clarification-returned.v1": Mail.M11,
    "nss.review.withdrawal-refused.v1": Mail.M12,
}


def planned(contact_email: str = "hanako@naccs.example", administrator_email: str = "kanri@naccs.example") -> Any:
    data = an_application_received(
        contact=a_contact(email=contact_email), system_administrator=a_system_administrator(email=administrator_email)
    )
    return plan_mails(an_event(data), content_of(data), contacts_of(data), LETTERHEAD, NOW)


def test_every_event_leads_to_the_mail_of_the_catalogue_and_no_other_event_to_any() -> None:
    found = {}
    for example in golden_examples():
        content = content_of(EVENT_MODELS[example.event_type].model_validate(example.data))
        if content is not None and content.mail is not Mail.M9:
            found[example.event_type] = content.mail

    assert found == LEADS_TO


def test_every_mail_of_the_catalogue_has_an_example() -> None:
    assert set(EXAMPLES) == set(Mail)
    for event_type, case in EXAMPLES.values():
        assert golden_example(event_type, case).event_type == event_type


def test_mail_goes_to_contact_and_administrator() -> None:
    assert [(mail.mail, mail.role, mail.address) for mail in planned()] == [
        (Mail.M1, RecipientRole.CONTACT, "hanako@naccs.example"),
        (Mail.M1, RecipientRole.ADMINISTRATOR, "kanri@naccs.example"),
    ]


def test_equal_addresses_get_one_mail() -> None:
    assert [mail.role for mail in planned("kanri@naccs.example", "Kanri@naccs.example")] == [RecipientRole.CONTACT]


def test_administrators_copy_has_its_own_name_and_no_department() -> None:
    contact, administrator = planned()

    assert (contact.facts["recipient_name"], contact.facts["department"]) == ("通関 花子", "第一営業部通関課")
    assert (administrator.facts["recipient_name"], administrator.facts["department"]) == ("管理 太郎", "")


@pytest.mark.parametrize(
    ("kind", "mail"), [(ApplicationKind.MAILBOX_CHANGE, Mail.M2), (ApplicationKind.PASSWORD_REISSUE, Mail.M9)]
)
def test_completion_is_told_by_the_mail_of_its_kind(kind: ApplicationKind, mail: Mail) -> None:
    content = content_of(review_completed(kind=kind))

    assert content is not None
    assert content.mail is mail


@pytest.mark.parametrize(("ever_viewed", "told"), [(False, True), (True, False)])
def test_closing_window_is_only_told_when_nobody_has_looked(ever_viewed: bool, told: bool) -> None:
    assert (content_of(window_closing(ever_viewed=ever_viewed)) is not None) is told


def test_moved_start_date_is_told_with_its_reason() -> None:
    event_type, case = EXAMPLES[Mail.M7]
    data: Any = EVENT_MODELS[event_type].model_validate(golden_example(event_type, case).data)

    assert reschedule_content(data, "ご要望のため").facts["note"] == "ご要望のため"


def test_nobody_is_written_to_whose_data_are_erased() -> None:
    contacts = contacts_of(an_application_received())

    assert len(recipients(contacts)) == 2
    assert recipients(type(contacts)(**{**_fields(contacts), "erased": True})) == ()


def test_message_key_is_stable_per_event_mail_and_role() -> None:
    first = message_key(UUID(int=1), Mail.M1, RecipientRole.CONTACT)

    assert first == message_key(UUID(int=1), Mail.M1, RecipientRole.CONTACT)
    assert first != message_key(UUID(int=1), Mail.M1, RecipientRole.ADMINISTRATOR)
    assert first != message_key(UUID(int=1), Mail.M2, RecipientRole.CONTACT)
    assert first != message_key(UUID(int=2), Mail.M1, RecipientRole.CONTACT)


def test_history_that_is_read_again_is_not_mailed_about() -> None:
    event = an_event(review_completed())

    assert not is_too_old_to_tell(event, NOW + timedelta(days=29), timedelta(days=30))
    assert is_too_old_to_tell(event, NOW + timedelta(days=31), timedelta(days=30))


def test_application_ends_with_its_start_or_its_reissue() -> None:
    assert ends_application(service_started())
    assert ends_application(review_completed(kind=ApplicationKind.PASSWORD_REISSUE))
    assert not ends_application(review_completed())
    assert not ends_application(an_application_received())


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}
