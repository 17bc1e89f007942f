"""A question answered, taken back and withdrawn from, and new passwords for an old mailbox, over all four services."""

from tests.center import QUESTION, ask, decide, review_holds
from tests.town import Town, until

ASKED, TAKEN_BACK, GIVEN_UP, REISSUED = "TST007", "TST008", "TST009", "TST006"
CORRECTED = "基幹システムの受信を分けるため。"


async def test_a_question_is_answered_by_a_correction_and_the_mailbox_is_issued(town: Town) -> None:
    number = await town.apply(ASKED)
    await ask(town, number)
    page = await town.status_becomes(ASKED, number, "確認事項あり")
    assert QUESTION in page.text

    async with town.applicant(ASKED) as client:
        assert await client.correct(number, {"reason": CORRECTED}) == number
    await review_holds(town, number, 2)
    async with town.reviewer() as sakurako:
        case = await town.case(sakurako, number)
        assert CORRECTED in case.text
        await sakurako.approve(case, town.registration_day())

    page = await town.status_becomes(ASKED, number, "審査終了", telling=f"{ASKED}02")
    assert "修正内容を受け付けました" in page.text


async def test_a_question_taken_back_costs_the_applicant_nothing(town: Town) -> None:
    number = await town.apply(TAKEN_BACK)
    await ask(town, number)
    await town.status_becomes(TAKEN_BACK, number, "確認事項あり")
    [question] = await town.rows(
        "intake", "select clarification_id from clarifications where receipt_number = $1", number
    )

    await decide(town, number, "clarification/cancellation", {"clarification_id": str(question["clarification_id"])})

    page = await town.status_becomes(TAKEN_BACK, number, "審査中")
    assert "確認事項を取り消しました" in page.text
    await review_holds(town, number, 1)


async def test_an_application_is_given_up_under_review_and_out_of_a_question(town: Town) -> None:
    first = await town.apply(GIVEN_UP)
    async with town.applicant(GIVEN_UP) as client:
        await client.withdraw(first, "計画が変わったため。")
    await town.status_becomes(GIVEN_UP, first, "取下げ")

    second = await town.apply(GIVEN_UP)
    await ask(town, second)
    await town.status_becomes(GIVEN_UP, second, "確認事項あり")
    async with town.applicant(GIVEN_UP) as client:
        await client.withdraw(second)
        assert await client.status(second) == "取下げ"

    query = "select state from reviews where receipt_number = any($1::text[]) and state = 'withdrawn'"

    async def look() -> bool | None:
        return len(await town.rows("review", query, [first, second])) == 2 or None

    await until(look, "review to let both go")


async def test_an_old_mailbox_gets_a_new_password(town: Town) -> None:
    async with town.applicant(REISSUED) as client:
        number = await client.apply_for_reissue({**town.typed(REISSUED), "mailbox_ids": f"{REISSUED}01"})
    town.shown.append(number)
    async with town.reviewer() as sakurako:
        await town.case(sakurako, number)
    await decide(town, number, "approval", {"revision": 1})

    page = await town.status_becomes(REISSUED, number, "審査終了", telling="パスワードを再発行しました")
    assert "ID通知内容" in page.text
