"""The ID notice as HTML. The only place outside the vault where a password becomes text, and only while revealed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment
from starlette.responses import HTMLResponse

from services.provisioning.domain.notice import PasswordDisplay, PastView, ShownMailbox, ShownNotice
from services.provisioning.domain.ticket import NoticeFault, shown_fault
from services.provisioning.labels import (
    MAILBOX_KIND_LABELS,
    NOTICE_ACTION_LABELS,
    NOTICE_FAULT_TEXTS,
    PASSWORD_DISPLAY_LABELS,
    SYSTEM_CLASS_LABELS,
)
from shared.runtime.web.pages import page

FAULT_STATUS: Mapping[NoticeFault, int] = {
    NoticeFault.TICKET_EXPIRED: 403,
    NoticeFault.TICKET_FORGED: 403,
    NoticeFault.TICKET_UNREADABLE: 403,
    NoticeFault.TICKET_USED_BEFORE: 409,
    NoticeFault.NOT_FOUND: 404,
    NoticeFault.SESSION_OVER: 401,
    NoticeFault.KEYS_AWAY: 503,
}


@dataclass(frozen=True, slots=True)
class NoticeLinks:
    """Where the page leads in intake's portal."""

    back: str
    reissue: str


def render_id_notice(
    environment: Environment, shown: ShownNotice, links: NoticeLinks, usable_until: datetime, pressed: str
) -> HTMLResponse:
    """The notice as it stands now. `pressed` is the mailbox whose button was pressed: the focus returns to it."""
    notice = shown.notice
    return page(
        environment,
        "id_notice.html",
        notice=notice,
        system_class=SYSTEM_CLASS_LABELS[notice.system_class],
        rows=[_row(row, pressed) for row in shown.rows],
        past_views=[_past_view(view) for view in notice.past_views],
        is_open=shown.is_open,
        masked=shown.ids(PasswordDisplay.MASKED),
        revealed=shown.ids(PasswordDisplay.REVEALED),
        business_days_left=shown.business_days_left,
        labels={display.value: label for display, label in PASSWORD_DISPLAY_LABELS.items()},
        usable_until=usable_until,
        links=links,
    )


def render_refusal(environment: Environment, fault: NoticeFault, links: NoticeLinks) -> HTMLResponse:
    """Why the notice is not shown, its stable code, and how to open it again."""
    told = shown_fault(fault)
    text = NOTICE_FAULT_TEXTS[told]
    return page(environment, "refusal.html", status=FAULT_STATUS[told], text=text, code=told.value, links=links)


def _row(row: ShownMailbox, pressed: str) -> Mapping[str, Any]:
    return {
        "kind": MAILBOX_KIND_LABELS[row.mailbox.kind],
        "mailbox_id": row.mailbox.mailbox_id,
        "display": row.display.value,
        "state": PASSWORD_DISPLAY_LABELS[row.display],
        "password": row.password.reveal() if row.password else None,
        "reissued_by": row.mailbox.reissued_by,
        "is_pressed": row.mailbox.mailbox_id == pressed,
    }


def _past_view(view: PastView) -> Mapping[str, Any]:
    return {
        "at": view.viewed_at,
        "office": view.acting_office,
        "action": NOTICE_ACTION_LABELS[view.action],
        "mailboxes": view.revealed,
    }
