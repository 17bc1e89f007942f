"""Mails of golden examples, made by notifier's own code for whoever wants to read them."""

from dataclasses import dataclass
from pathlib import Path

from deploy.errors import CommandError
from services.notifier import rendering, workflows
from services.notifier.domain.mails import Letterhead, message_id
from services.notifier.rendering import Envelope, MailTemplates
from services.notifier.workflows import NoSuchSample
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.runtime.clock import SystemClock

TEMPLATES = Path(__file__).resolve().parents[2] / "services" / "notifier" / "templates"
HELP_DESK, CONTRACT_SECTION = "0120-794-550", "044-520-6266"


@dataclass(frozen=True, slots=True)
class ExampleMail:
    """One mail as its reader sees it, and as it travels."""

    subject: str
    body: str
    message: bytes


def example_mail(mail: str, case: str | None, role: str, sender: str, portal_url: str) -> ExampleMail:
    """The mail of an example event. Raises CommandError."""
    now = SystemClock().now()
    letterhead = Letterhead(sender, portal_url, HELP_DESK, CONTRACT_SECTION)
    try:
        planned = workflows.preview_mail(Mail(mail), case, RecipientRole(role), letterhead, now)
    except NoSuchSample as problem:
        raise CommandError(str(problem)) from problem
    subject, body = MailTemplates(TEMPLATES).render(mail, planned.template_version, planned.facts)
    thread = f"application.{planned.receipt_number}"
    envelope = Envelope(sender, planned.address, message_id(planned.message_key, sender), thread, now)
    return ExampleMail(subject, body, rendering.build_message(subject, body, envelope))
