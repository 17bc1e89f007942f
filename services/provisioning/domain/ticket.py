"""Why an ID notice is not opened. An application of another office looks the same as one that does not exist."""

from enum import StrEnum


class TicketFault(StrEnum):
    """What is wrong with the ticket, or with the session it opened."""

    EXPIRED = "expired"
    UNREADABLE = "unreadable"
    USED_BEFORE = "used_before"
    NOT_FOUND = "not_found"
    SESSION_OVER = "session_over"
