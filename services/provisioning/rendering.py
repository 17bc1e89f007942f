"""The ID notice as HTML. The only place outside the vault where a password becomes text, and only while revealed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment
from starlette.responses import HTMLResponse

from services.provisioning.domain.notice import PasswordDisplay, ShownNotice
from services.provisioning.domain.ticket import TicketFault
from services.provisioning.labels import (
    MAILBOX_KIND_LABELS,
    PASSWORD_DISPLAY_LABELS,
    SYSTEM_CLASS_LABELS,
    TICKET_FAULT_TEXTS,
)
from shared.runtime.web.pages import page

FAULT_STATUS: Mapping[TicketFault, int] = {
    TicketFault.EXPIRED: 403,
    TicketFault.UNREADABLE: 403,
    TicketFault.USED_BEFORE: 409,
    TicketFault.NOT_FOUND: 404,
    TicketFault.SESSION_OVER: 401,
}


def render_id_notice(
    environment: Environment, shown: ShownNotice, back_url: str, usable_until: datetime
) -> HTMLResponse:
    """The notice as it stands now: masked, revealed, or with its window over."""
    notice = shown.notice
    return page(
        environment,
        "id_notice.html",
        notice=notice,
        system_class=SYSTEM_CLASS_LABELS[notice.system_class],
        rows=[_row(shown, index) for index in range(len(notice.mailboxes))],
        is_masked=shown.display is PasswordDisplay.MASKED,
        is_revealed=shown.display is PasswordDisplay.REVEALED,
        business_days_left=shown.business_days_left,
        display=PASSWORD_DISPLAY_LABELS[shown.display],
        usable_until=usable_until,
        back_url=back_url,
    )


def render_refusal(environment: Environment, fault: TicketFault, back_url: str) -> HTMLResponse:
    """Why the notice is not shown, and how to open it again."""
    text = TICKET_FAULT_TEXTS[fault]
    return page(environment, "refusal.html", status=FAULT_STATUS[fault], text=text, back_url=back_url)


def _row(shown: ShownNotice, index: int) -> Mapping[str, Any]:
    mailbox = shown.notice.mailboxes[index]
    password = shown.passwords.get(mailbox.mailbox_id)
    return {
        "kind": MAILBOX_KIND_LABELS[mailbox.kind],
        "mailbox_id": mailbox.mailbox_id,
        "password": password.reveal() if password else None,
    }
