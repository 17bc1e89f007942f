"""Intake killed with -9 in the middle of its work: all of it or nothing."""

import asyncio
import os
import signal
import subprocess
import sys

from deploy.local.databases import with_database
from services.intake.store.tokens import ApiAnswer
from tests.component.intake.conftest import Intake
from tests.component.intake.test_posting_desk import a_post, counts, receive, token_of

PROCESS = """
import asyncio, sys
from services.intake.domain.office_facts import FormRules
from services.intake.workflows.desk import PostingDesk
from shared.runtime.database import open_pool
from shared.runtime.ids import new_uuid7
from tests.builders import FixedClock
from tests.component.intake.test_posting_desk import a_post

async def main(url, tokens):
    desk = PostingDesk(await open_pool(url, application_name="killed"), FixedClock(), new_uuid7, FormRules())
    await asyncio.gather(*(desk.receive(a_post(token, office)) for office, token in tokens))

asyncio.run(main(sys.argv[1], [each.split("=") for each in sys.argv[2:]]))
"""


async def test_a_process_killed_before_the_commit_has_done_nothing_and_the_same_posts_pass(
    intake: Intake, postgres_dsn: str
) -> None:
    tokens = {office: await token_of(intake, office) for office in ("KOB002", "OSK003", "TYO004")}
    before = await counts(intake)
    url = with_database(postgres_dsn, await intake.pool.fetchval("select current_database()"))
    armed = os.environ | {"NSS_FAILPOINT": "intake.between-receipt-and-commit"}
    command = [sys.executable, "-c", PROCESS, url, *map("=".join, tokens.items())]
    killed = await asyncio.to_thread(subprocess.run, command, env=armed, timeout=180)

    assert killed.returncode == -signal.SIGKILL
    assert await counts(intake) == before
    answers = await receive(intake, *(a_post(token, office) for office, token in tokens.items()))
    assert [type(each) for each in answers] == [ApiAnswer] * 3
