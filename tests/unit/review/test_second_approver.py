"""Two people have to agree where the rule says so, and never one person twice."""

from dataclasses import replace

import pytest

from services.review.domain.review import (
    ApprovalForm,
    Decider,
    DecisionProblem,
    Grounds,
    Moved,
    MovedOn,
    Refused,
    Review,
    ReviewState,
    SecondApproverRule,
    approve,
    approve_as_second,
    decline_proposal,
)
from shared.contracts.people import MailboxChange
from shared.contracts.review_events import ApplicationApproved, DecidedBy
from tests.builders import NOW, OPENING_MAILBOX, a_mailbox
from tests.unit.review.builders import LEAD, REVIEWER, a_reissue_review, a_review, some_grounds

FORM = ApprovalForm(revision=1, confirmed_start_date="20181101")
SECOND_LEAD = Decider("主任 六郎", is_lead=True, decided_by=DecidedBy.REVIEWER, login="rokuro")
ABOVE_TWO = replace(some_grounds(), second_approver=SecondApproverRule(above_mailboxes=2))
FOR_LAST = replace(some_grounds(), second_approver=SecondApproverRule(for_last_mailbox=True))


def adding(count: int) -> Review:
    return a_review(mailbox_change=MailboxChange(add_smtp_pop3=count, mailboxes_before=[a_mailbox()]))


def giving_up_the_last() -> Review:
    return a_review(mailbox_change=MailboxChange(abolish=[OPENING_MAILBOX], mailboxes_before=[a_mailbox()]))


def proposed(review: Review, grounds: Grounds = ABOVE_TWO) -> Review:
    moved = approve(review, FORM, REVIEWER, grounds, NOW)
    assert isinstance(moved, Moved)
    assert (moved.review.state, moved.announces) == (ReviewState.UNDER_REVIEW, None)
    assert moved.review.proposal is not None
    return moved.review


@pytest.mark.parametrize(
    ("review", "grounds", "needs_two"),
    [
        (adding(2), ABOVE_TWO, False),
        (adding(3), ABOVE_TWO, True),
        (adding(99), some_grounds(), False),
        (giving_up_the_last(), FOR_LAST, True),
        (giving_up_the_last(), ABOVE_TWO, False),
        (adding(3), FOR_LAST, False),
        (a_reissue_review(), ABOVE_TWO, False),
    ],
)
def test_when_two_have_to_agree(review: Review, grounds: Grounds, needs_two: bool) -> None:
    moved = approve(review, FORM, REVIEWER, grounds, NOW)
    assert isinstance(moved, Moved)
    assert (moved.review.proposal is not None) is needs_two
    assert (moved.review.state is ReviewState.APPROVED) is not needs_two


def test_the_second_one_approves_what_the_first_proposed() -> None:
    moved = approve_as_second(proposed(adding(3)), 1, LEAD, ABOVE_TWO, NOW)
    assert isinstance(moved, Moved)
    assert isinstance(moved.announces, ApplicationApproved)
    assert (moved.review.state, moved.review.proposal) == (ReviewState.APPROVED, None)
    assert moved.review.terms is not None
    assert (moved.review.terms.proposed_by_login, moved.review.terms.approved_by_login) == ("jiro", "saburo")


def test_nobody_agrees_with_himself() -> None:
    by_lead = approve(adding(3), FORM, LEAD, ABOVE_TWO, NOW)
    assert isinstance(by_lead, Moved)
    assert approve_as_second(by_lead.review, 1, LEAD, ABOVE_TWO, NOW) == Refused([DecisionProblem.SAME_PERSON])
    assert isinstance(approve_as_second(by_lead.review, 1, SECOND_LEAD, ABOVE_TWO, NOW), Moved)


def test_a_proposal_is_judged_again_by_the_facts_of_the_second_decision() -> None:
    later = NOW.replace(month=11, day=1)
    refused = approve_as_second(proposed(adding(3)), 1, LEAD, ABOVE_TWO, later)
    assert refused == Refused([DecisionProblem.START_DATE_NOT_FUTURE])


def test_while_a_proposal_waits_nobody_approves_beside_it() -> None:
    assert isinstance(approve(proposed(adding(3)), FORM, SECOND_LEAD, ABOVE_TWO, NOW), MovedOn)


def test_a_declined_proposal_leaves_the_application_as_it_was() -> None:
    declined = decline_proposal(proposed(adding(3)), 1, LEAD, NOW)
    assert isinstance(declined, Moved)
    assert (declined.review.proposal, declined.announces) == (None, None)
    assert isinstance(approve_as_second(declined.review, 1, LEAD, ABOVE_TWO, NOW), MovedOn)
    assert isinstance(approve(declined.review, FORM, LEAD, ABOVE_TWO, NOW), Moved)
