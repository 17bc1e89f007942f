"""What must follow what, and by when: the table behind `nss trace` and `nss stalled`, from events alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from shared.kernel.local_time import TOKYO

SOON = timedelta(minutes=2)
"""For what a service does as soon as it reads of it."""
MAIL_TIME = timedelta(minutes=15)
JOB_TIME = timedelta(minutes=10)
"""For what a job does at midnight."""


OWNERS = {"application": "intake", "review": "review", "mailbox": "provisioning", "mail": "notifier"}
"""Who produces the events that begin so."""


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One event of an application, short type without `nss.` and major."""

    type: str
    time: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Missing:
    """A step that should have been taken: `expected` are the event types of which one would do, `mail` which mail."""

    after: str
    expected: Sequence[str]
    since: datetime
    due: datetime
    mail: str | None = None

    @property
    def words(self) -> str:
        """What is missing, for people."""
        return f"mail {self.mail} (sent, deferred or failed)" if self.mail else " or ".join(self.expected)

    @property
    def by(self) -> str:
        """Whose step it is."""
        return OWNERS[self.expected[0].partition(".")[0]]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"after": self.after, "expected": list(self.expected), "since": self.since.isoformat(),
                "due": self.due.isoformat(), "mail": self.mail, "by": self.by}  # fmt: skip


Due = Callable[[HistoryEvent], datetime | None]
"""By when the answer must be there; None where none is to come."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """After an event of type `after`, one of `expected` comes by `due`, unless one of `unless` came instead."""

    after: str
    expected: tuple[str, ...]
    due: Due
    unless: tuple[str, ...] = ()
    mail: str | None = None

    def is_met_by(self, event: HistoryEvent) -> bool:
        """Whether the event is the answer."""
        return event.type in self.expected and (self.mail is None or event.data.get("mail") == self.mail)


def missing_steps(history: Sequence[HistoryEvent], now: datetime) -> Sequence[Missing]:
    """The steps of one application that are overdue, the oldest first. `history` is in order of time."""
    found = [missing for event in history for missing in _unmet(event, history, now)]
    return sorted(found, key=lambda missing: missing.due)


def _unmet(event: HistoryEvent, history: Sequence[HistoryEvent], now: datetime) -> Iterator[Missing]:
    later = [each for each in history if each.time >= event.time and each is not event]
    for expectation in EXPECTATIONS:
        due = expectation.due(event) if expectation.after == event.type else None
        if due is None or due > now:
            continue
        if not any(expectation.is_met_by(each) or each.type in expectation.unless for each in later):
            yield Missing(event.type, expectation.expected, event.time, due, expectation.mail)


def _within(span: timedelta) -> Due:
    return lambda event: event.time + span


def _if(field: str, value: str, due: Due) -> Due:
    return lambda event: due(event) if event.data.get(field) == value else None


def _after_start(event: HistoryEvent) -> datetime | None:
    return _midnight(event.data.get("confirmed_start_date") or event.data.get("new_start_date"))


def _after_window(event: HistoryEvent) -> datetime | None:
    last_day = event.data.get("viewable_until")
    return _midnight(last_day, days=1)


def _midnight(day: str | None, days: int = 0) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(date.fromisoformat(day) + timedelta(days=days), time(), TOKYO) + JOB_TIME


ENDED = ("review.voided", "application.withdrawn", "review.withdrawal-accepted")
MAIL_OUTCOMES = ("mail.sent", "mail.deferred", "mail.failed")


def _mail(after: str, mail: str, due: Due | None = None) -> Expectation:
    return Expectation(after, MAIL_OUTCOMES, due or _within(MAIL_TIME), mail=mail)


EXPECTATIONS: tuple[Expectation, ...] = (
    Expectation("application.received", ("review.opened",), _within(SOON), ENDED),
    Expectation("application.withdrawal-requested",
                ("review.withdrawal-accepted", "review.withdrawal-refused", "application.withdrawn"), _within(SOON)),
    Expectation("review.clarification-cancel-requested",
                ("application.clarification-returned", "application.corrected", "application.withdrawn"),
                _within(SOON)),
    Expectation("review.approved",
                ("mailbox.issued", "mailbox.password-reissued", "mailbox.issue-failed"), _within(SOON)),
    Expectation("mailbox.issue-failed", ("review.issue-failed-noted",), _within(SOON)),
    Expectation("mailbox.issued", ("review.completed",), _within(SOON)),
    Expectation("mailbox.password-reissued", ("review.completed",), _within(SOON)),
    Expectation("review.completed", ("mailbox.service-started",),
                _if("kind", "mailbox_change", _after_start), (*ENDED, "review.start-date-changed")),
    Expectation("review.start-date-changed", ("mailbox.rescheduled",), _within(SOON)),
    Expectation("mailbox.rescheduled", ("mailbox.service-started",), _after_start, (*ENDED, "mailbox.rescheduled")),
    Expectation("mailbox.issued", ("mailbox.window-closed",), _after_window,
                (*ENDED, "mailbox.rescheduled", "mailbox.voided")),
    Expectation("mailbox.rescheduled", ("mailbox.window-closed",), _after_window, (*ENDED, "mailbox.rescheduled")),
    Expectation("mailbox.password-reissued", ("mailbox.window-closed",), _after_window),
    _mail("application.received", "M1"),
    _mail("review.completed", "M2", _if("kind", "mailbox_change", _within(MAIL_TIME))),
    _mail("review.clarification-requested", "M3"),
    _mail("application.corrected", "M4"),
    _mail("application.withdrawn", "M5"),
    _mail("review.withdrawal-accepted", "M5"),
    _mail("review.voided", "M6"),
    _mail("mailbox.rescheduled", "M7"),
    _mail("review.completed", "M9", _if("kind", "password_reissue", _within(MAIL_TIME))),
    _mail("review.clarification-reminded", "M10"),
    _mail("application.clarification-returned", "M11"),
    _mail("review.withdrawal-refused", "M12"),
)  # fmt: skip
"""M8 is not here: it goes out only where nobody has looked, which other events decide."""

STATES: Mapping[str, str] = {
    "application.received": "received",
    "review.opened": "under_review",
    "review.clarification-requested": "clarification",
    "application.corrected": "under_review",
    "application.clarification-returned": "under_review",
    "review.approved": "approved",
    "review.issue-failed-noted": "under_review",
    "review.completed": "review_completed",
    "mailbox.service-started": "in_service",
    "review.voided": "voided",
    "application.withdrawn": "withdrawn",
    "review.withdrawal-accepted": "withdrawn",
}
FINAL = frozenset({"voided", "withdrawn"})


def state_of(history: Sequence[HistoryEvent]) -> str:
    """The state of the application that its events tell; a final one stays."""
    state = "unknown"
    for event in history:
        if state not in FINAL:
            state = STATES.get(event.type, state)
    return state
