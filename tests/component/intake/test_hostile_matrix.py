"""Each hostile string in each text field of the form and of the register: literal on page, paper and mail, or refused.

The cells come from the form's own table of fields. The normal run takes every string once and every field twice.
"""

import email
import email.policy
import io
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx2
import pypdf
import pytest

from services.intake.domain.steps import FIELDS, TICKED
from services.notifier.domain.contents import content_of
from services.notifier.domain.mails import contacts_of, plan_mails
from shared.contracts.event_data import EventData
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.notifier_events import RecipientRole
from shared.kernel.japanese_text import widen
from tests.builders import NOW, TYPED, a_contract, an_event
from tests.builders.moving import application_voided, clarification_requested
from tests.component.intake.conftest import Intake, fill_in, hidden, register, start_draft
from tests.component.intake.hostile import HOSTILE, page_of
from tests.unit.notifier.sample import LETTERHEAD, PRESS, claimed

TEXT_FIELDS = tuple(dict.fromkeys(name for names in FIELDS.values() for name in names if name not in TICKED))
ON_PAPER = frozenset({"reason"})
IN_MAIL = frozenset({"family_name", "given_name", "department"})
IN_REGISTER = ("company_name", "office_name", "office_address", "head_office_address", "representative", "price_plan")
"""What operators register; on paper stand company, office and its address, in mails company and office."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One string in one field."""

    field: str
    text: str

    @property
    def stored(self) -> str:
        """What an accepted form keeps of it."""
        return self.text.strip() if self.field in ON_PAPER else widen(self.text)


CELLS = [Cell(field, text) for text in HOSTILE for field in TEXT_FIELDS]
SOME = [Cell(TEXT_FIELDS[number % len(TEXT_FIELDS)], text) for number, text in enumerate(HOSTILE)]
MATRIX = [SOME, pytest.param(CELLS, marks=pytest.mark.full)]


def test_the_matrix_has_every_text_field_and_thirty_strings() -> None:
    assert len(set(HOSTILE)) >= 30
    assert {cell.field for cell in SOME} == set(TEXT_FIELDS)
    assert {"reason", "family_name", "department", "phone", "email", "office_code", "add_edifact"} <= set(TEXT_FIELDS)


@pytest.mark.parametrize("cells", MATRIX, ids=["some", "all"])
async def test_every_string_in_every_field_of_the_form(intake: Intake, cells: list[Cell]) -> None:
    seen: Counter[str] = Counter()
    browsers = await browsers_of(intake, {cell.field for cell in cells})
    for cell in cells:
        office, browser = browsers[cell.field]
        draft = (await start_draft(browser)).rpartition("/")[0]
        answer = await fill_in(browser, f"{draft}/items", {**TYPED, "office_code": office, cell.field: cell.text})
        if answer.status_code == 303:
            await expect_literal_everywhere(intake, browser, draft, cell)
            seen["registered"] += 1
        else:
            shown = page_of(answer).values
            assert shown.get(cell.field, cell.text).lstrip("\n") == cell.text or cell.field == "office_code", cell
            assert cell.field in answer.text, cell
            seen["refused"] += 1
    # No more mails and no more paper than forms that were taken.
    assert len(await intake.events_of(ApplicationReceived)) == seen["registered"]
    assert seen.total() == len(cells)
    assert min(seen["registered"], seen["refused"]) >= 5, seen


async def browsers_of(intake: Intake, fields: set[str]) -> dict[str, tuple[str, httpx2.AsyncClient]]:
    """An office for each field, because one office may not send as many forms an hour as all cells need."""
    browsers = {}
    for number, field in enumerate(sorted(fields), 100):
        office = f"FLD{number}"
        await intake.register_office(a_contract(office_code=office))
        browsers[field] = office, await intake.logged_in(office)
    return browsers


async def expect_literal_everywhere(intake: Intake, browser: httpx2.AsyncClient, draft: str, cell: Cell) -> None:
    """Registered: the check page, the status page, the application form and both mails show what was typed."""
    check = await browser.get(f"{draft}/check")
    assert cell.stored in page_of(check).seen, cell
    fields = {name: hidden(check.text, name) for name in ("form_token", "diff_sha256")}
    number = (await browser.post("/applications", data=fields)).headers["location"].split("/")[2]

    page = page_of(await browser.get(f"/applications/{number}"))
    assert cell.stored in page.seen or cell.field.endswith("_kana"), cell
    paper = await paper_of(browser, number)
    assert cell.field not in ON_PAPER or "".join(cell.stored.split()) in paper, cell
    received = ApplicationReceived.model_validate((await intake.events_of(ApplicationReceived))[-1])
    for mail in mails_of(received, received):
        expected = cell.field in IN_MAIL and mail.role is RecipientRole.CONTACT
        assert not expected or cell.stored in mail.body, cell
        assert mail.is_plain, cell
    await intake.consume(an_event(application_voided(receipt_number=number)))


@pytest.mark.parametrize("texts", [HOSTILE[::10], pytest.param(HOSTILE, marks=pytest.mark.full)], ids=["some", "all"])
async def test_every_string_in_the_register_and_in_what_the_center_writes(
    intake: Intake, texts: tuple[str, ...]
) -> None:
    for number, text in enumerate(texts, 100):
        office = f"HST{number}"
        names = dict.fromkeys(IN_REGISTER, text)
        await intake.register_office(a_contract(office_code=office, **names))
        browser = await intake.logged_in(office)
        receipt_number = await register(browser, office_code=office)
        question, note = f"問{text}", f"記{text}"
        asked = clarification_requested(
            receipt_number=receipt_number, clarification_id=intake.parts.new_id(), question=question
        )
        await intake.consume(an_event(asked))

        for tab in ("office", "outline"):
            assert text in page_of(await browser.get(f"/contract/{tab}")).seen, text
        for path in ("", "/clarification"):
            assert question in page_of(await browser.get(f"/applications/{receipt_number}{path}")).seen, text
        # The register refuses what no font has; where it came in otherwise, paper shows that something stood there.
        printed = "".join(text.split()).replace("\u202e", "〓")
        assert (await paper_of(browser, receipt_number)).count(printed) >= 3, text

        received = ApplicationReceived.model_validate((await intake.events_of(ApplicationReceived))[-1])
        voided = application_voided(receipt_number=receipt_number, reason_code="other", note=note)
        await intake.consume(an_event(voided))
        assert note in page_of(await browser.get(f"/applications/{receipt_number}")).seen, text
        for told, words in ((received, text), (asked, question), (voided, note)):
            mails = mails_of(received, told)
            assert {mail.role for mail in mails} == set(RecipientRole)
            for mail in mails:
                assert words in mail.body, (type(told), text)
                assert mail.is_plain, (type(told), text)


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as its reader's program takes it apart."""

    role: RecipientRole
    headers: dict[str, str]
    body: str

    @property
    def is_plain(self) -> bool:
        """Text alone, to one address, with no header that was typed by somebody."""
        smuggled = {"Bcc", "Cc", "Set-Cookie"} & set(self.headers)
        return self.headers["Content-Type"].startswith("text/plain") and "," not in self.headers["To"] and not smuggled


def mails_of(received: ApplicationReceived, told: EventData) -> list[ReadMail]:
    """The mails the notifier makes of an event about that application, to both addressees."""
    planned = plan_mails(an_event(told), content_of(told), contacts_of(received), LETTERHEAD, NOW)
    return [read_mail(each.role, PRESS.message_of(claimed(each))) for each in planned]


def read_mail(role: RecipientRole, message: bytes) -> ReadMail:
    """Headers and text."""
    read: Any = email.message_from_bytes(message, policy=email.policy.default)
    return ReadMail(role, {name: str(value) for name, value in read.items()}, read.get_content())


async def paper_of(browser: httpx2.AsyncClient, receipt_number: str) -> str:
    """The application form's text without white space."""
    answer = await browser.get(f"/applications/{receipt_number}/documents/application-form")
    assert answer.status_code == 200, answer.text
    return "".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages).split())
