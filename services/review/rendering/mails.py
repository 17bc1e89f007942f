"""The text of the mail that a decision leads to, before it is made.

Notifier words and sends mails; the texts here are what it says from its first line to the contact addresses, and a test
renders both. The first line of a template is the subject.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.review import labels
from services.review.domain.decision_mails import DecisionMail
from services.review.domain.review import ApplicationContact, Review

TEMPLATES = Path(__file__).parents[1] / "templates"


@dataclass(frozen=True, slots=True)
class MailText:
    """Subject, and the body down to the contact addresses."""

    subject: str
    body: str


def mail_text(mail: DecisionMail, review: Review, contact: ApplicationContact | None, portal_url: str) -> MailText:
    """The mail to the application's contact; without names where they are erased or not to be shown."""
    person = contact.contact if contact else None
    letter: Mapping[str, Any] = {
        "company_name": review.company_name,
        "office_name": review.office_name,
        "department": (person.department or "") if person else "",
        "recipient_name": f"{person.family_name} {person.given_name}" if person else labels.CONTACT_PERSON,
        "receipt_number": review.receipt_number,
        "received_on": review.received_on,
        "link": f"{portal_url.rstrip('/')}/login?next=/applications/{review.receipt_number}",
    }
    subject, _, body = _ENVIRONMENT.get_template(f"mails/{mail.mail}.txt").render(letter, **mail.facts).partition("\n")
    return MailText(subject, body)


def _environment() -> Environment:
    # Mails are plain text; the page that shows one escapes it as a whole.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["kanji_date"] = _kanji_date
    return environment


def _kanji_date(day: date) -> str:
    return day.strftime(labels.MAIL_DATE)


_ENVIRONMENT = _environment()
