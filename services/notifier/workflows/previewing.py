"""Mails made of golden examples: looked at, or sent to somebody who wants to see one arrive."""

from datetime import datetime
from typing import cast
from uuid import UUID

from services.notifier.domain.mails import Letterhead, PlannedMail
from services.notifier.domain.samples import EXAMPLES, sample_mails
from shared.contracts.envelope import new_event
from shared.contracts.golden import GoldenExample, example_path, golden_example
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.notifier_events import Mail, RecipientRole
from shared.contracts.registry import EVENT_MODELS

REASON_GIVEN_BY = "nss.review.start-date-changed.v1"


class NoSuchSample(LookupError):
    """There is no such example, or it leads to no such mail; the message says which there are."""


def preview_mail(
    mail: Mail, case: str | None, role: RecipientRole, letterhead: Letterhead, now: datetime
) -> PlannedMail:
    """The mail that a golden example leads to, to one role; `case` None is the best one. Raises NoSuchSample."""
    event_type, best = EXAMPLES[mail]
    try:
        example = golden_example(event_type, case or best)
    except FileNotFoundError:
        cases = ", ".join(sorted(path.stem for path in example_path(event_type, best).parent.glob("*.json")))
        raise NoSuchSample(f"{event_type} has no case {case}; it has {cases}") from None
    found = [planned for planned in _mails_of(example, letterhead, now) if planned.mail is mail]
    if not found:
        raise NoSuchSample(f"case {example.case} of {event_type} leads to no {mail.value}")
    return next((planned for planned in found if planned.role is role), found[0])


def _mails_of(example: GoldenExample, letterhead: Letterhead, now: datetime) -> list[PlannedMail]:
    headers = {name: value.decode() for name, value in example.record.headers}
    data = EVENT_MODELS[example.event_type].model_validate(example.data)
    event = new_event(data, event_id=UUID(headers["ce_id"]), key=example.record.key.decode(), now=now)
    reason = _reason_of(headers.get("ce_causationid"))
    return sample_mails(event, _application_of(event.subject), reason, letterhead, now)


def _reason_of(event_id: str | None) -> str:
    """Why the example's start date moves; empty where the event that caused it is no such move."""
    examples = (
        golden_example(REASON_GIVEN_BY, path.stem) for path in example_path(REASON_GIVEN_BY, "").parent.iterdir()
    )
    found = (each for each in examples if ("ce_id", (event_id or "").encode()) in each.record.headers)
    return next((str(each.data["note"]) for each in found), "")


def _application_of(receipt_number: str) -> ApplicationReceived:
    """The example application of that number, else the first one."""
    event_type, best = EXAMPLES[Mail.M1]
    folder = example_path(event_type, best).parent
    examples = [golden_example(event_type, best), *(golden_example(event_type, path.stem) for path in folder.iterdir())]
    chosen = next((each for each in examples if each.data["receipt_number"] == receipt_number), examples[0])
    return cast(ApplicationReceived, EVENT_MODELS[event_type].model_validate(chosen.data))
