"""Previews: any golden event that leads to a mail can be looked at as that mail, and what cannot is told by name."""

from contextlib import suppress

import pytest

from services.notifier.domain.mails import PlannedMail
from services.notifier.domain.samples import EXAMPLES
from services.notifier.workflows import NoSuchSample, preview_mail
from shared.contracts.golden import golden_example, golden_examples
from shared.contracts.notifier_events import Mail, RecipientRole
from tests.unit.notifier.sample import LETTERHEAD, NOW, sample, text_of

EVENTS = {event_type for event_type, _ in EXAMPLES.values()}
CASES = [(each.event_type, each.case) for each in golden_examples() if each.event_type in EVENTS]


def shown(event_type: str, case: str, role: RecipientRole) -> list[PlannedMail]:
    """The golden event as each mail that its type may lead to."""
    found = []
    for mail in (mail for mail, (own_type, _) in EXAMPLES.items() if own_type == event_type):
        with suppress(NoSuchSample):
            found.append(preview_mail(mail, case, role, LETTERHEAD, NOW))
    return found


@pytest.mark.parametrize("role", RecipientRole)
@pytest.mark.parametrize(("event_type", "case"), CASES)
def test_every_golden_event_shows_its_one_mail(event_type: str, case: str, role: RecipientRole) -> None:
    if golden_example(event_type, case).data.get("ever_viewed"):
        assert shown(event_type, case, role) == []
        return
    [planned] = shown(event_type, case, role)
    subject, body = text_of(planned)
    assert subject.startswith("【NSS】")
    assert planned.receipt_number in body


def test_every_mail_can_be_looked_at_without_naming_a_case() -> None:
    assert {sample(mail).mail for mail in Mail} == set(Mail)


def test_unknown_case_is_told_with_those_there_are() -> None:
    with pytest.raises(NoSuchSample, match=r"has no case nothing; it has .*never_viewed"):
        preview_mail(Mail.M8, "nothing", RecipientRole.CONTACT, LETTERHEAD, NOW)


def test_preview_of_a_moved_start_date_has_the_reason_of_the_event_that_moved_it() -> None:
    assert "変更の理由　　　　　　:お客様のご要望により、利用開始日を変更いたしました。" in text_of(sample(Mail.M7))[1]
