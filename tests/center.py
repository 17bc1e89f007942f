"""The Center's decisions at review's API, for tests that are about what follows from them."""

import asyncio
from collections.abc import Mapping
from typing import Any

from deploy.operate.services import call
from tests.town import Town, staff_token, until

QUESTION = "メールボックスの用途をお書きください。"


async def decide(town: Town, number: str, decision: str, body: Mapping[str, Any]) -> None:
    """Order it as a reviewer."""
    token = await asyncio.to_thread(staff_token, town, "reviewer")
    url = f"{town.urls['review']}/api/v1/reviews/{number}/{decision}"
    await asyncio.to_thread(call, "POST", url, token=token, body=body)


async def ask(town: Town, number: str, revision: int = 1) -> None:
    """The reviewer asks, as soon as review knows the application."""
    async with town.reviewer() as sakurako:
        await town.case(sakurako, number)
    await decide(town, number, "clarification", {"revision": revision, "question": QUESTION, "reason_code": "other"})


async def review_holds(town: Town, number: str, revision: int) -> None:
    """Review has the application, in this revision, under review."""
    query = "select 1 from reviews where receipt_number = $1 and revision = $2 and state = 'under_review'"

    async def look() -> bool | None:
        return bool(await town.rows("review", query, number, revision)) or None

    await until(look, f"review to hold revision {revision} of {number}")
