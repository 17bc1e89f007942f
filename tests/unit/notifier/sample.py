"""Mails of golden examples as they go out, for tests."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from services.notifier.domain.fates import ClaimedMail, Letter
from services.notifier.domain.mails import Letterhead, PlannedMail
from services.notifier.domain.retry import Tries
from services.notifier.domain.samples import EXAMPLES
from services.notifier.rendering import MailTemplates
from services.notifier.workflows import MailPress, NoSuchSample, preview_mail
from shared.contracts.golden import example_path
from shared.contracts.notifier_events import Mail, RecipientRole

TEMPLATES_FOLDER = Path("services/notifier/templates")
TEMPLATES = MailTemplates(TEMPLATES_FOLDER)
PRESS = MailPress(TEMPLATES)
LETTERHEAD = Letterhead("nss@naccs.example", "https://nss.naccs.example", "0120-794-550", "044-520-6266")
NOW = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)

LONGEST_NAMES = {
    "company_name": "髙﨑𠮷①㈱" + "海" * 65,
    "office_name": "第" + "一" * 69,
    "department": "部" * 30,
    "recipient_name": f"{'𠮷' * 20}\u3000{'髙' * 20}",
}
"""As long as the register and the form allow."""


def all_samples() -> Iterator[tuple[str, PlannedMail]]:
    """Every mail of every golden example, with a name that tells mail, case and role."""
    for mail, (event_type, best) in EXAMPLES.items():
        for path in sorted(example_path(event_type, best).parent.glob("*.json")):
            for role in RecipientRole:
                try:
                    planned = preview_mail(mail, path.stem, role, LETTERHEAD, NOW)
                except NoSuchSample:
                    continue
                yield f"{mail.value}.{path.stem}.{role.value}", planned
    yield "M2.longest_names.contact", replace(sample(Mail.M2), facts={**sample(Mail.M2).facts, **LONGEST_NAMES})
    yield "M1.no_department.contact", replace(sample(Mail.M1), facts={**sample(Mail.M1).facts, "department": ""})


def claimed(planned: PlannedMail) -> ClaimedMail:
    """The mail as its sender takes it."""
    return ClaimedMail(
        mail_id=1,
        receipt_number=planned.receipt_number,
        office_code=planned.office_code,
        event_id=UUID(int=1),
        traceparent=None,
        mail=planned.mail,
        template_version=planned.template_version,
        role=planned.role,
        letter=Letter(planned.address, planned.sender, planned.facts),
        message_key=planned.message_key,
        queued_at=NOW,
        attempts=1,
        tries=Tries(1, NOW),
        ambiguous=False,
        suppressed=False,
        address_hash=b"",
        resend_id=None,
    )


def sample(mail: Mail, case: str | None = None, role: RecipientRole = RecipientRole.CONTACT) -> PlannedMail:
    """One mail of a golden example."""
    return preview_mail(mail, case, role, LETTERHEAD, NOW)


def text_of(planned: PlannedMail) -> tuple[str, str]:
    """Subject and body."""
    return TEMPLATES.render(planned.mail.value, planned.template_version, planned.facts)
