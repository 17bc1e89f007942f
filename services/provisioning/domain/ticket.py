"""Why an ID notice is not shown: stable codes for the page, the log and the metric."""

from enum import StrEnum


class NoticeFault(StrEnum):
    """What is wrong with a ticket, with the session it opened, or with us."""

    TICKET_EXPIRED = "ticket_expired"
    TICKET_FORGED = "ticket_forged"
    TICKET_UNREADABLE = "ticket_unreadable"
    TICKET_USED_BEFORE = "ticket_used_before"
    FOREIGN_OFFICE = "ticket_foreign_office"
    NOT_FOUND = "notice_not_found"
    SESSION_OVER = "notice_session_over"
    KEYS_AWAY = "notice_keys_away"


def shown_fault(fault: NoticeFault) -> NoticeFault:
    """What the reader is told: another office's application looks the same as one that does not exist."""
    return NoticeFault.NOT_FOUND if fault is NoticeFault.FOREIGN_OFFICE else fault
