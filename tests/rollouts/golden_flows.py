"""What every pair of versions has to get through: each way that an application can go without waiting for a day."""

import asyncio

from deploy.local.demo.manual_case import REVIEW_COMPLETED
from deploy.local.demo.sample_data import SampleLogin
from deploy.local.first_data import create_accounts
from deploy.operate.services import call
from tests.center import ask, decide, review_holds
from tests.town import PASSWORD, Town, register_of, staff_token, until

CORRECTED = "基幹システムの受信を分けるため。"


async def go_through(town: Town, offices: list[str]) -> None:
    """All of them, the first for an office that nobody knew before."""
    fresh, questioned, given_up, reissued = offices
    await a_new_office_reads_its_password(town, fresh)
    await a_question_is_answered(town, questioned)
    await an_application_is_withdrawn(town, given_up)
    await a_password_is_reissued(town, reissued)


async def a_new_office_reads_its_password(town: Town, office: str) -> None:
    """The register grows: every service hears of it. Form, review, IDs, mails, notice, document."""
    town.offices = [*town.offices, office]
    token = await asyncio.to_thread(staff_token, town, "operator")
    register = f"{town.urls['intake']}/api/v1/contracts"
    await asyncio.to_thread(call, "PUT", register, token=token, body=register_of(town.offices))
    await asyncio.to_thread(create_accounts, town.stack, [SampleLogin(office, PASSWORD, "office")])
    number = await town.issue(office)
    async with town.applicant(office) as client:
        assert list(await client.read_passwords(number, PASSWORD)) == [f"{office}02"]
        assert await client.print_document(number, "application-form")


async def a_question_is_answered(town: Town, office: str) -> None:
    """A question, a correction, a decision about the second revision."""
    number = await town.apply(office)
    await ask(town, number)
    await town.status_becomes(office, number, "確認事項あり")
    async with town.applicant(office) as client:
        await client.correct(number, {"reason": CORRECTED})
    await review_holds(town, number, 2)
    async with town.reviewer() as sakurako:
        await sakurako.approve(await town.case(sakurako, number), town.registration_day())
    await town.status_becomes(office, number, REVIEW_COMPLETED)


async def an_application_is_withdrawn(town: Town, office: str) -> None:
    """Given up while it is under review: asked for by the one, accepted by the other."""
    number = await town.apply(office)
    await review_holds(town, number, 1)
    async with town.applicant(office) as client:
        await client.withdraw(number, "計画が変わったため。")
    await town.status_becomes(office, number, "取下げ")

    async def look() -> bool | None:
        query = "select 1 from reviews where receipt_number = $1 and state = 'withdrawn'"
        return bool(await town.rows("review", query, number)) or None

    await until(look, f"review to let {number} go")


async def a_password_is_reissued(town: Town, office: str) -> None:
    """The other kind of application: a new password for a mailbox that is there."""
    async with town.applicant(office) as client:
        number = await client.apply_for_reissue({**town.typed(office), "mailbox_ids": f"{office}01"})
    town.shown.append(number)
    await review_holds(town, number, 1)
    await decide(town, number, "approval", {"revision": 1})
    await town.status_becomes(office, number, REVIEW_COMPLETED)
