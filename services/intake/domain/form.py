"""The application form: typed text in, a checked form or every error at once out; page and API share this validator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.intake.domain.change_items import ChangeItem, check_items
from services.intake.domain.form_errors import FormErrorCode, FormErrors, Problems
from services.intake.domain.form_fields import (
    read_count,
    read_email,
    read_katakana,
    read_office_code,
    read_phone,
    read_reason,
    read_start_date,
    read_wide,
)
from services.intake.domain.form_warnings import FormWarning, MailboxWish, start_warning, warnings_for
from services.intake.domain.mailboxes import MailboxState, OfficeMailbox, current_mailboxes, serials_left
from services.intake.domain.office_facts import OfficeFacts
from shared.contracts.event_data import ApplicationKind, MailboxKind
from shared.contracts.intake_events import ContractPublished, ProcessingMode
from shared.contracts.people import Contact
from shared.kernel.identifiers import MailboxId, OfficeCode

NAME_LENGTH = 20
KANA_LENGTH = 30
DEPARTMENT_LENGTH = 30

KINDS = frozenset(ApplicationKind)
_COUNT_FIELDS = {MailboxKind.SMTP_POP3: "add_smtp_pop3", MailboxKind.EDIFACT: "add_edifact"}


@dataclass(frozen=True, slots=True)
class ApplicationForm:
    """What the applicant typed, exactly. `start_date_choice` is a date of the schedule, or `other`, or empty.

    `kind` says which fields count: a password reissue has `mailbox_ids` and no date, a change all the others.
    """

    office_code: str = ""
    start_date_choice: str = ""
    requested_start_date: str = ""
    reason: str = ""
    family_name: str = ""
    given_name: str = ""
    family_name_kana: str = ""
    given_name_kana: str = ""
    department: str = ""
    title: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""
    email_again: str = ""
    add_smtp_pop3: str = ""
    add_edifact: str = ""
    abolish: tuple[str, ...] = ()
    kind: str = ApplicationKind.MAILBOX_CHANGE
    items: tuple[str, ...] = (ChangeItem.MAILBOX_COUNT,)
    mailbox_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedForm:
    """A form without errors, normalised. Warnings are what the check page shows; none of them refuses anything."""

    kind: ApplicationKind
    office_code: OfficeCode
    requested_start_date: date | None
    """None for a password reissue."""
    reason: str
    contact: Contact
    add_smtp_pop3: int
    add_edifact: int
    abolish: tuple[MailboxId, ...]
    mailbox_ids: tuple[MailboxId, ...]
    """Mailboxes that get a new password; empty for a change."""
    warnings: tuple[FormWarning, ...]


def check_form(form: ApplicationForm, facts: OfficeFacts) -> CheckedForm | FormErrors:
    """Normalise and check every field (domain rules 7a), then what the office asks for; all errors in page order."""
    problems = Problems(facts.find_unprintable)
    kind = _read_kind(form.kind, facts, problems)
    office_code = read_office_code(form.office_code, facts, problems)
    is_change = kind is ApplicationKind.MAILBOX_CHANGE
    if is_change:
        check_items(form.items, problems)
    start_date = (
        read_start_date(form.start_date_choice, form.requested_start_date, facts, problems) if is_change else None
    )
    reason = read_reason(form.reason, problems)
    contact = _check_contact(form, problems)
    wish = _read_wish(form, facts, problems) if is_change else MailboxWish({}, ())
    mailbox_ids = () if is_change else _check_reissue(form.mailbox_ids, facts, problems)
    if problems.errors or contact is None:
        return FormErrors(tuple(problems.errors))
    return CheckedForm(
        kind=kind,
        office_code=office_code,
        requested_start_date=start_date,
        reason=reason,
        contact=contact,
        add_smtp_pop3=wish.added.get(MailboxKind.SMTP_POP3, 0),
        add_edifact=wish.added.get(MailboxKind.EDIFACT, 0),
        abolish=wish.abolish,
        mailbox_ids=mailbox_ids,
        warnings=_warnings(start_date, facts, wish),
    )


def _read_kind(typed: str, facts: OfficeFacts, problems: Problems) -> ApplicationKind:
    if typed not in KINDS:
        problems.add("kind", FormErrorCode.KIND_UNKNOWN)
        return ApplicationKind.MAILBOX_CHANGE
    kind = ApplicationKind(typed)
    if facts.corrects is not None and kind is not facts.corrects.kind:
        problems.add("kind", FormErrorCode.KIND_CANNOT_CHANGE)
    return kind


def _warnings(start_date: date | None, facts: OfficeFacts, wish: MailboxWish) -> tuple[FormWarning, ...]:
    if start_date is None:
        return ()
    start = start_warning(facts.schedule, start_date, facts.today)
    return warnings_for(start, facts.contract, current_mailboxes(facts.mailboxes), wish)


def _read_wish(form: ApplicationForm, facts: OfficeFacts, problems: Problems) -> MailboxWish:
    added = {
        MailboxKind.SMTP_POP3: read_count("add_smtp_pop3", form.add_smtp_pop3, problems),
        MailboxKind.EDIFACT: read_count("add_edifact", form.add_edifact, problems),
    }
    wish = MailboxWish(added, _check_abolish(form.abolish, facts.mailboxes, problems))
    if not problems.has(*_COUNT_FIELDS.values(), "abolish"):
        _check_wish(wish, facts, problems)
    return wish


def _check_contact(form: ApplicationForm, problems: Problems) -> Contact | None:
    seen = len(problems.errors)
    contact = {
        "family_name": read_wide("family_name", form.family_name, NAME_LENGTH, problems),
        "given_name": read_wide("given_name", form.given_name, NAME_LENGTH, problems),
        "family_name_kana": read_katakana("family_name_kana", form.family_name_kana, KANA_LENGTH, problems),
        "given_name_kana": read_katakana("given_name_kana", form.given_name_kana, KANA_LENGTH, problems),
        "department": read_wide("department", form.department, DEPARTMENT_LENGTH, problems, required=False),
        "title": read_wide("title", form.title, DEPARTMENT_LENGTH, problems, required=False),
        "phone": read_phone("phone", form.phone, problems),
        "fax": read_phone("fax", form.fax, problems, required=False),
        "email": read_email(form.email, form.email_again, problems),
    }
    return Contact.model_validate(contact) if len(problems.errors) == seen else None


def _check_abolish(
    ticked: Sequence[str], mailboxes: Sequence[OfficeMailbox], problems: Problems
) -> tuple[MailboxId, ...]:
    known = {box.mailbox_id: box for box in mailboxes}
    chosen = []
    for mailbox_id in sorted(set(ticked)):
        box = known.get(MailboxId(mailbox_id))
        if box is None:
            problems.add("abolish", FormErrorCode.MAILBOX_UNKNOWN)
        elif box.abolished_on is not None:
            problems.add("abolish", FormErrorCode.MAILBOX_ALREADY_ABOLISHED, mailbox_id=box.mailbox_id)
        else:
            chosen.append(box.mailbox_id)
    return tuple(chosen)


def _check_reissue(ticked: Sequence[str], facts: OfficeFacts, problems: Problems) -> tuple[MailboxId, ...]:
    """Mailboxes that exist today, also before their first day (E24)."""
    known = {box.mailbox_id: box for box in facts.mailboxes}
    chosen = sorted(set(ticked))
    if not chosen:
        problems.add("mailbox_ids", FormErrorCode.MAILBOX_NOT_CHOSEN)
    for mailbox_id in chosen:
        box = known.get(MailboxId(mailbox_id))
        if box is None:
            problems.add("mailbox_ids", FormErrorCode.MAILBOX_UNKNOWN)
        elif box.state_on(facts.today) is MailboxState.ABOLISHED:
            problems.add("mailbox_ids", FormErrorCode.MAILBOX_NOT_IN_USE, mailbox_id=box.mailbox_id)
    return tuple(MailboxId(each) for each in chosen)


def _check_wish(wish: MailboxWish, facts: OfficeFacts, problems: Problems) -> None:
    asked = {kind: count for kind, count in wish.added.items() if count}
    if not asked and not wish.abolish:
        problems.add("add_smtp_pop3", FormErrorCode.NOTHING_ASKED)
    for kind in asked:
        if not _has_mode(facts.contract, kind, facts.today):
            problems.add(_COUNT_FIELDS[kind], FormErrorCode.MODE_NOT_CONTRACTED)
    left = serials_left(facts.mailboxes)
    if sum(asked.values()) > left:
        problems.add(_COUNT_FIELDS[next(iter(asked))], FormErrorCode.IDS_EXHAUSTED, remaining=left)


def _has_mode(contract: ContractPublished, kind: MailboxKind, today: date) -> bool:
    mode = ProcessingMode(kind.value)
    return any(user.processing_mode is mode and user.started_on <= today for user in contract.users)
