"""How many mailboxes an office has and would have: what the mailbox page shows beside its fields (S7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.intake.domain.difference import difference_of
from services.intake.domain.form import ApplicationForm
from services.intake.domain.form_errors import Problems
from services.intake.domain.form_fields import read_count
from services.intake.domain.mailboxes import current_mailboxes
from services.intake.domain.office_facts import OfficeFacts
from shared.kernel.identifiers import MailboxId


@dataclass(frozen=True, slots=True)
class KindCount:
    """Mailboxes of one kind now and afterwards; None where what was typed says nothing yet."""

    before: int
    after: int | None


def counts_of(form: ApplicationForm, facts: OfficeFacts, *, is_wrong: bool) -> Mapping[str, KindCount]:
    """By kind. `is_wrong`: the page has errors, so that nothing can be said about afterwards."""
    ignored = Problems()
    difference = difference_of(
        current_mailboxes(facts.mailboxes),
        add_smtp_pop3=read_count("add_smtp_pop3", form.add_smtp_pop3, ignored),
        add_edifact=read_count("add_edifact", form.add_edifact, ignored),
        abolish=[MailboxId(each) for each in form.abolish],
    )
    return {
        entry.kind.value: KindCount(entry.count_before, None if is_wrong else entry.count_after)
        for entry in difference.kinds
    }
