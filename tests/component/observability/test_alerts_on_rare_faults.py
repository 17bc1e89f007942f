"""The rest of the alerts on a stack of their own: rights that are taken away, wrong clocks, and what people do.

The receivers of hooks come last: before the first post nobody has posted for ten minutes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.local.demo.browser import UnexpectedPage
from deploy.operate.services import call
from services.provisioning.store.audit import SEALERS_LOCK
from shared.contracts.topics import ServiceName
from shared.kernel.local_time import TOKYO
from shared.runtime.event_relay import LEADER_LOCK
from tests.component.notifier.hook_receiver import a_receiver
from tests.component.observability.conftest import Watcher, move_clock, put, received, superuser
from tests.town import PASSWORD, Town, staff_token, until

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("scraped")]

MORE_THAN_THE_BRAKE_BEARS = 20
SLOW_DATABASE = """
    create schema faulty;
    create function faulty.clock_timestamp() returns timestamptz language sql
        as $$ select pg_catalog.clock_timestamp() - interval '90 s' $$;
    grant usage on schema faulty to public
"""
NOBODY_POSTS = """
    create function refuse() returns trigger language plpgsql as $$ begin raise 'a fault'; end $$;
    create trigger nobody_posts before update on hook_deliveries
        for each row when (new.state = 'sending') execute function refuse()
"""
TOLD = "nss.application.received.v1"


def role_of(town: Town, service: ServiceName) -> str:
    """As whom the service works in its database."""
    return str(urlsplit(town.databases[service]).username)


@asynccontextmanager
async def without(town: Town, service: ServiceName, right: str, table: str) -> AsyncIterator[None]:
    """The service may not do that to one of its tables, until the block ends."""
    role = role_of(town, service)
    async with superuser(town, service) as connection:
        await connection.execute(f'revoke {right} on {table} from "{role}"')
        try:
            yield
        finally:
            await connection.execute(f'grant {right} on {table} to "{role}"')


async def test_pages_whose_tables_are_away(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssRequestsFail") == []
    async with superuser(town, "intake") as connection:
        await connection.execute("alter table office_accounts rename to accounts_away")
        for _ in range(20):
            with suppress(UnexpectedPage):
                async with town.applicant(town.offices[2]):
                    pass
            await asyncio.sleep(0.2)
        await watcher.until_firing("NssRequestsFail", service="intake")
        await connection.execute("alter table accounts_away rename to office_accounts")


async def test_an_outbox_that_nobody_may_publish(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssRelayWithoutLeader") == []
    async with superuser(town, "review") as connection:
        taking = asyncio.create_task(connection.execute("select pg_advisory_lock($1)", LEADER_LOCK))
        await asyncio.sleep(1)
        async with superuser(town, "review") as other:
            await other.execute(
                "select pg_terminate_backend(pid) from pg_locks join pg_database on pg_database.oid = database"
                " where locktype = 'advisory' and granted and objid = $1 and datname = current_database()",
                LEADER_LOCK,
            )
        await taking
        await watcher.until_firing("NssRelayWithoutLeader", service="review")
    await watcher.until_silent("NssRelayWithoutLeader")


async def test_somebody_who_looks_at_id_notices_again_and_again(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssNoticesReadUnusually") == []
    number = await town.issue(town.offices[3])
    async with town.applicant(town.offices[3]) as client:
        for _ in range(10):
            await client.open_id_notice(number, PASSWORD)
    await watcher.until_firing("NssNoticesReadUnusually", service="provisioning")


async def test_accounts_of_the_mail_server_that_are_not_the_ledgers(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssAccountsDrift") == []
    drift, token = f"{town.urls['provisioning']}/operate/v1/drift", staff_token(town, "operator")
    told = await asyncio.to_thread(call, "POST", drift, token=token, body={"accounts": []})
    assert told["findings"]
    await watcher.until_firing("NssAccountsDrift", service="provisioning")


async def test_an_audit_that_nobody_seals(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssAuditUnsealed") == []
    async with superuser(town, "provisioning") as connection:
        await connection.execute("select pg_advisory_lock($1)", SEALERS_LOCK)
        await connection.execute(
            "select write_audit_entry(now(), 'fault', 'drill', '{}'::jsonb) from generate_series(1, 1001)"
        )
        await watcher.until_firing("NssAuditUnsealed", service="provisioning")
    await watcher.until_silent("NssAuditUnsealed")


async def test_mails_that_nobody_may_send(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssMailsLate") == []
    async with without(town, "notifier", "update", "mails"):
        number = await town.apply(town.offices[4])

        async def queued() -> bool | None:
            return bool(await town.rows("notifier", "select 1 from mails where receipt_number = $1", number)) or None

        await until(queued, "notifier to queue the mails")
        await move_clock(town, minutes=6)
        await watcher.until_firing("NssMailsLate", service="notifier")
    await watcher.until_silent("NssMailsLate")


async def test_a_topic_most_of_whose_records_fail(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssTopicBraked") == []
    for number in range(MORE_THAN_THE_BRAKE_BEARS):
        await put(town, received(f"2698{number:02}A", revision="many"))
    await watcher.until_firing("NssTopicBraked", service="review", topic="nss.application.v1")
    # The brake tries again by itself, and a restart forgets it.
    for service in ("review", "notifier"):
        await asyncio.to_thread(town.stack.restart_service, service)
    await watcher.until_silent("NssTopicBraked")


async def order(town: Town, path: str, **fields: Any) -> None:
    """An operator's order about receivers of hooks."""
    url, token = f"{town.urls['notifier']}/operate/v1/hooks{path}", staff_token(town, "operator")
    await asyncio.to_thread(call, "POST", url, token=token, body={"reason": "a fault", **fields})


async def queued_posts(town: Town, name: str) -> int:
    """How many posts wait for the receiver."""
    [row] = await town.rows(
        "notifier",
        "select count(*) from hook_deliveries join hooks using (hook_id) where name = $1"
        " and hook_deliveries.state in ('queued', 'sending')",
        name,
    )
    return int(row["count"])


async def waits_for(town: Town, name: str) -> None:
    """Until a post waits for the receiver."""

    async def look() -> bool | None:
        return bool(await queued_posts(town, name)) or None

    await until(look, f"a post for {name}")


async def test_posts_that_nobody_may_make(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssHooksNotPosted") == []
    async with a_receiver() as receiver:
        await order(town, "", name="payroll", url=receiver.url, event_types=[TOLD])
        async with superuser(town, "notifier") as connection:
            await connection.execute(NOBODY_POSTS)
            await town.apply(town.offices[5])
            await waits_for(town, "payroll")
            await move_clock(town, minutes=6)
            await watcher.until_firing("NssHooksNotPosted", service="notifier")
            await connection.execute("drop trigger nobody_posts on hook_deliveries")
        await receiver.comes(1)
    await watcher.until_silent("NssHooksNotPosted")


async def test_a_receiver_that_does_not_answer_and_is_given_up(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssHookReceiverAway") == []
    await town.apply(town.offices[6])
    await waits_for(town, "payroll")
    await move_clock(town, minutes=61)
    await watcher.until_firing("NssHookReceiverAway", service="notifier", hook="payroll")
    assert await watcher.firing("NssHookPostsFailed") == []
    await move_clock(town, hours=24)
    await watcher.until_firing("NssHookPostsFailed", service="notifier", outcome="unreachable")
    await watcher.until_silent("NssHookReceiverAway")


async def test_a_receiver_that_is_paused_and_forgotten(town: Town, watcher: Watcher) -> None:
    await order(town, "/payroll/pause")
    await town.apply(town.offices[7])
    await waits_for(town, "payroll")
    assert await watcher.firing("NssHookPaused") == []
    await move_clock(town, hours=25)
    await watcher.until_firing("NssHookPaused", service="notifier", hook="payroll")


async def test_events_that_are_not_read_for_hooks(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssHooksNotRead") == []
    async with without(town, "notifier", "insert", "hook_deliveries"):
        await put(town, received("269993A"), seconds_ago=400)
        await watcher.until_firing("NssHooksNotRead", service="notifier", topic="nss.application.v1")
    await watcher.until_silent("NssHooksNotRead")


async def test_a_database_whose_clock_is_wrong_when_a_setting_is_missed(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssVoidMissed") == []
    start = await a_start_that_needs_a_setting(town, town.offices[8])
    async with superuser(town, "review") as connection:
        await connection.execute(SLOW_DATABASE)
        await connection.execute(f'alter role "{role_of(town, "review")}" set search_path = faulty, public, pg_catalog')
        await asyncio.to_thread(town.stack.restart_service, "review")
        await watcher.until_firing("NssClocksDiffer", service="review")
        await town.move_clock(datetime.combine(start, time(12), TOKYO))
        await watcher.until_firing("NssVoidMissed", service="review")
        await connection.execute(f'alter role "{role_of(town, "review")}" reset search_path')
    await asyncio.to_thread(town.stack.restart_service, "review")
    await watcher.until_silent("NssClocksDiffer")


async def a_start_that_needs_a_setting(town: Town, office: str) -> date:
    """An application confirmed for a day before which a system setting is due; that day."""
    number, day = await town.apply(office), town.registration_day(after=2)
    async with town.reviewer() as client:
        await town.case(client, number)
    approval = f"{town.urls['review']}/api/v1/reviews/{number}/approval"
    body = {"revision": 1, "confirmed_start_date": day.isoformat(), "note": "設定を待ちます。",
            "acknowledged": [], "system_setting_required": True}  # fmt: skip
    await asyncio.to_thread(call, "POST", approval, token=staff_token(town, "reviewer"), body=body)
    await town.status_becomes(office, number, "審査終了")
    return day


async def test_texts_of_mails_that_nobody_may_erase(town: Town, watcher: Watcher) -> None:
    assert await watcher.firing("NssMailTextsKept") == []
    number = await town.apply(town.offices[9])

    async def sent() -> bool | None:
        done = await town.rows("notifier", "select 1 from mails where receipt_number = $1 and state = 'sent'", number)
        return bool(done) or None

    await until(sent, "a mail whose text is kept")
    async with without(town, "notifier", "update", "mails"):
        await move_clock(town, days=93)
        await watcher.until_firing("NssMailTextsKept", service="notifier")
    # The job comes round every ten minutes, and at a start.
    await asyncio.to_thread(town.stack.restart_service, "notifier")
    await watcher.until_silent("NssMailTextsKept")
