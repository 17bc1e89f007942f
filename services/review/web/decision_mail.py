"""The mail of a decision, on the pages that show it before the decision is made."""

from collections.abc import Mapping
from typing import Any

from services.review.domain.case_file import CaseFile
from services.review.domain.decision_mails import DecisionMail
from services.review.rendering.mails import mail_text
from services.review.web.console import Visit


def mail_context(visitor: Visit, case: CaseFile, mail: DecisionMail | None) -> Mapping[str, Any]:
    """What decision_mail.html shows: the text of the mail and until when passwords can be read; None without one."""
    if mail is None:
        return {"mail": None, "viewable_until": None}
    text = mail_text(mail, case.review, case.contact, visitor.console.portal_url)
    return {"mail": text, "viewable_until": mail.facts.get("viewable_until")}
