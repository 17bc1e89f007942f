"""New applications of programs: any number of posts in one transaction, each with its own answer and one effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake import store
from services.intake.domain.form import ApplicationForm
from services.intake.domain.office_facts import FormRules
from services.intake.domain.sister_offices import offices_named
from services.intake.store.tokens import ApiAnswer, Key
from services.intake.workflows.applications import Accepted, Registered, Submission, accept, register
from services.intake.workflows.office_facts import Books, open_books
from services.intake.workflows.programs import (
    KeyReused,
    Tell,
    TokenUnknown,
    answer_of,
    digest_of_token,
    same_answer,
)
from services.intake.workflows.refusals import (
    FormRefused,
    OfficeNotRegistered,
    OpenApplicationExists,
    TooManyApplications,
)
from shared.kernel.identifiers import OfficeCode
from shared.runtime.database import Connection
from shared.runtime.failpoints import reach
from shared.runtime.ids import NewId

RECEIVED = 201
REFUSALS = (FormRefused, KeyReused, OfficeNotRegistered, OpenApplicationExists, TooManyApplications)


@dataclass(frozen=True, slots=True)
class Post:
    """A form that a program sends whole: token, key, digest of everything it asks, and how to word the answer."""

    token: str
    idempotency_key: str
    request_sha256: bytes
    form: ApplicationForm
    tell: Tell
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """A post whose office is known."""

    post: Post
    caller: OfficeCode

    @property
    def key(self) -> Key:
        """Under which its answer is kept."""
        return self.caller, self.post.idempotency_key

    @property
    def offices(self) -> Sequence[OfficeCode]:
        """Those whose records decide about it."""
        return offices_named(self.caller, self.post.form.office_code)


Outcome = ApiAnswer | Exception
"""What became of a post; the exceptions are refusals."""
Outcomes = dict[int, Outcome]
"""By the place of the post."""


async def receive_together(
    db: Connection, posts: Sequence[Post], rules: FormRules, now: datetime, new_id: NewId
) -> Outcomes:
    """Receive what can be received now; a post is missing whose office somebody holds, or has one before it."""
    hashes = [digest_of_token(post.token) for post in posts]
    callers, locked = await store.find_callers_and_lock_free(db, hashes, now)
    outcomes, called = _call(posts, hashes, callers)
    sisters = {office for each in called.values() for office in each.offices} - set(callers.values())
    free = {*locked, *(await store.lock_free_contracts(db, sorted(sisters)) if sisters else ())}
    ready = {}
    for place, each in called.items():
        if free.issuperset(each.offices):
            free.difference_update(each.offices)
            ready[place] = each
    return outcomes | await _receive(db, ready, rules, now, new_id)


async def receive_alone(db: Connection, post: Post, rules: FormRules, now: datetime, new_id: NewId) -> Outcome:
    """Receive one post, waiting for whoever holds its office."""
    hashes = [digest_of_token(post.token)]
    outcomes, called = _call([post], hashes, await store.find_callers(db, hashes, now))
    await store.lock_contracts(db, [office for each in called.values() for office in each.offices])
    return (outcomes | await _receive(db, called, rules, now, new_id))[0]


def _call(
    posts: Sequence[Post], hashes: Sequence[bytes], callers: Mapping[bytes, OfficeCode]
) -> tuple[Outcomes, dict[int, Called]]:
    unknown: Outcomes = {place: TokenUnknown() for place, digest in enumerate(hashes) if digest not in callers}
    places = [place for place in range(len(posts)) if place not in unknown]
    return unknown, {place: Called(posts[place], callers[hashes[place]]) for place in places}


async def _receive(
    db: Connection, posts: Mapping[int, Called], rules: FormRules, now: datetime, new_id: NewId
) -> Outcomes:
    """Posts of different offices, all of them locked: decide each, write what is accepted, word the answers."""
    if not posts:
        return {}
    offices = sorted({office for each in posts.values() for office in each.offices})
    keys = {each.caller: each.post.idempotency_key for each in posts.values()}
    books = await open_books(db, offices, rules, now, keys)

    decisions = {place: _decide(each, books, new_id) for place, each in posts.items()}

    accepted = {place: each for place, each in decisions.items() if isinstance(each, Accepted)}
    outcomes: Outcomes = {place: each for place, each in decisions.items() if not isinstance(each, Accepted)}

    def answer(registered: Sequence[Registered]) -> list[tuple[Key, ApiAnswer]]:
        answers = []
        for place, (application, received) in zip(accepted, registered, strict=True):
            post = posts[place].post
            outcomes[place] = answer = answer_of(post.request_sha256, RECEIVED, post.tell(application, received))
            answers.append((posts[place].key, answer))
        return answers

    await register(db, list(accepted.values()), now, new_id, answer)
    reach("intake.between-receipt-and-commit")
    return outcomes


def _decide(called: Called, books: Books, new_id: NewId) -> Accepted | Outcome:
    post, record = called.post, books.offices.get(called.caller)
    try:
        if record and (answer := record.answer):
            return same_answer(answer, post.request_sha256)
        return accept(Submission(called.caller, new_id(), post.form, traceparent=post.traceparent), books)
    except REFUSALS as refusal:
        return refusal
