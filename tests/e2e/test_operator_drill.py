"""An operator's drill on a whole running stack: poison arrives, is found, replayed in vain, and discarded."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.stack import LocalStack
from shared.contracts.envelope import Record
from shared.contracts.event_data import format_instant
from shared.contracts.golden import golden_example
from shared.runtime.ids import new_uuid7
from tests.component.notifier.hook_receiver import a_receiver, is_genuine
from tests.e2e.test_local_stack import Answer
from tests.e2e.test_operator_commands import Command
from tests.topic_reader import committed_lag
from tests.town import until

RECEIVED = golden_example("nss.application.received.v1", "one_mailbox").record
REQUESTED = golden_example("nss.application.withdrawal-requested.v1", "with_reason").record
OPENED = golden_example("nss.review.opened.v1", "first_revision").record
NUMBER = "269998A"
UNKNOWN_OFFICE = "ZZZ999"
"""Of an office without a contract, review makes nothing that could come in between."""
POISON_ID = "01a23ac6-3d00-7861-95da-08cb102d1dff"
PATIENCE_SECONDS = 120
REASON = ("--reason", "drill")
LONG_AGO = timedelta(days=3)
"""Longer than any next step may take."""


@pytest.fixture(scope="module")
def typed(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """An operator who has logged in."""
    command = Command(stack, tmp_path_factory.mktemp("operator"))
    command.variables["NSS_OPERATOR"] = "operator-1"
    command.log_in_as("operator")
    return command


def about(record: Record, number: str, event_id: str, *, ce_time: str | None = None, **changes: Any) -> Record:
    # No number: intake would take it for proof that its database was restored.
    texts = {name: text for name, text in record.headers if name != "ce_sequence"} | {
        "ce_subject": number.encode(),
        "ce_id": event_id.encode(),
        "ce_correlationid": number.encode(),
    }
    if ce_time is not None:
        texts["ce_time"] = ce_time.encode()
    data = {**json.loads(record.value or b"{}"), "receipt_number": number, **changes}
    return replace(record, headers=list(texts.items()), value=json.dumps(data).encode())


async def put(stack: LocalStack, *records: Record) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stack.state.kafka_bootstrap)
    await producer.start()
    try:
        for record in records:
            await producer.send_and_wait(record.topic, record.value, record.key, headers=list(record.headers))
    finally:
        await producer.stop()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.3)


def listed(typed: Command, *what: str) -> list[dict[str, Any]]:
    answer = typed(*what, "--json")
    assert answer.code == 0, answer.talk
    found: list[dict[str, Any]] = json.loads(answer.data)
    return found


def types_behind(typed: Command) -> set[str]:
    """What waits behind dead letters."""
    return {row["event_type"] for row in listed(typed, "held", "list") if row["reason"] == "behind"}


def told(typed: Command, what: str) -> list[dict[str, Any]]:
    """What the services have told of operations of that type."""
    return [json.loads(line)["data"] for line in typed("watch", "operation", "--type", what).data.splitlines()]


async def test_poison_is_found_replayed_in_vain_and_discarded(stack: LocalStack, typed: Command) -> None:
    told_at = format_instant(datetime.now(UTC) - LONG_AGO)
    poison = about(RECEIVED, NUMBER, POISON_ID, ce_time=told_at, revision="many")
    await put(stack, poison, about(REQUESTED, NUMBER, POISON_ID[:-1] + "e", ce_time=told_at))
    wait_until(lambda: {row["service"] for row in listed(typed, "dlq", "list")} == {"review", "notifier"})

    dead = listed(typed, "dlq", "list", "--number", NUMBER)
    assert {(row["event_id"], row["error_code"]) for row in dead} == {(POISON_ID, "invalid-data")}
    assert listed(typed, "dlq", "list", "--number", NUMBER, "--until", "1h") == []
    wait_until(lambda: types_behind(typed) == {"nss.application.withdrawal-requested.v1"})
    wait_until(lambda: typed("dlq", "show", POISON_ID).code == 0)  # its copies travel to the topic by themselves
    shown = json.loads(typed("dlq", "show", POISON_ID).data.splitlines()[0])
    assert shown["headers"]["dlq-error-code"] == "invalid-data"
    assert (shown["data"]["contact"], shown["data"]["receipt_number"]) == ("[personal]", NUMBER)

    assert typed("dlq", "replay", "--all").code == 1, "without a reason nothing is done"
    dry = typed("dlq", "replay", "--all", *REASON, "--dry-run")
    assert "2 letter(s) would be asked to replay" in dry.data, dry.talk
    assert typed("dlq", "replay", POISON_ID, *REASON).code == 0
    wait_until(lambda: len(told(typed, "letter-replayed")) == 2)
    wait_until(lambda: len(listed(typed, "dlq", "list")) == 2)

    assert typed("dlq", "discard", "--number", NUMBER, *REASON).code == 0
    wait_until(lambda: not listed(typed, "dlq", "list", "--number", NUMBER))
    wait_until(lambda: len(told(typed, "letter-discarded")) == 2)
    outcome = told(typed, "letter-discarded")
    assert {(each["service"], each["event_id"]) for each in outcome} == {
        ("review", POISON_ID), ("notifier", POISON_ID),
    }  # fmt: skip
    assert {each["operator"] for each in outcome} == {"operator-1"}


def test_lag_and_outbox_answer_for_every_service_and_stalled_names_whom_the_discard_left_behind(typed: Command) -> None:
    services = {"intake", "review", "provisioning", "notifier"}
    assert {row["group"] for row in listed(typed, "lag")} == {f"nss.{name}" for name in {*services, "hooks"}}
    assert {row["service"] for row in listed(typed, "outbox", "list")} == services
    stalled = typed("stalled", "--since", "1h", "--json")
    assert (stalled.code, [row["receipt_number"] for row in json.loads(stalled.data)]) == (1, [NUMBER])
    told = typed("outbox", "republish", "nss.review.v1", "--since", "1h", *REASON, "--dry-run")
    assert "would be published again on nss.review.v1" in told.data, told.talk


async def test_a_receiver_of_hooks_is_added_tested_and_told_again_and_again(stack: LocalStack, typed: Command) -> None:
    async def do(*what: str) -> Answer:
        return await asyncio.to_thread(typed, "hooks", *what)

    async with a_receiver() as receiver:
        added = await do("add", "payroll", receiver.url, "--type", "nss.review.opened.v1", *REASON)
        assert added.code == 0, added.talk
        secret = added.data.strip()
        tried = await do("test", "payroll", *REASON)
        assert "payroll: delivered 200" in tried.data, tried.talk
        await put(stack, about(OPENED, "269997A", new_id(), ce_time=format_instant(datetime.now(UTC))))
        await receiver.comes(2)
        assert "being replayed" in (await do("replay", "payroll", "--since", "1h", *REASON)).data
        await receiver.comes(3)
        assert [post.data["type"] for post in receiver.received] == ["nss.hook.test", *2 * ["nss.review.opened.v1"]]
        assert all(is_genuine(post, secret, time.time()) for post in receiver.received)
        assert receiver.ids[1] == receiver.ids[2]
    log = await do("log", "payroll", "--attempts")
    assert "269997A  review.opened.v1" in log.data, log.talk
    assert "after 1 attempt(s)" in log.data


async def test_before_offsets_are_set_back_it_is_said_what_would_follow(stack: LocalStack, typed: Command) -> None:
    assert typed("topics", "diff").code == 0
    event_id = new_id()
    await put(stack, about(RECEIVED, "269996A", event_id, office_code=UNKNOWN_OFFICE))

    async def handled() -> bool | None:
        known = await fetched(stack, "select 1 from processed_events where event_id = $1", event_id)
        behind = await committed_lag(stack.state.kafka_bootstrap, "notifier")
        return (bool(known) and not behind) or None

    await until(handled, "the event to be handled, and its offset to be committed")
    harmless = typed("topics", "replay-check", "nss.notifier")
    assert harmless.code == 0, harmless.talk
    assert "events, 0 mails, 0 IDs (all of them are known there as handled)" in harmless.data
    await fetched(stack, "delete from processed_events where event_id = $1", event_id)
    refused = typed("topics", "replay-check", "nss.notifier")
    assert (refused.code, "up to 2 mails, 0 IDs (1 of them would be new there)" in refused.data) == (4, True)
    assert "do not set nss.notifier back" in refused.talk


async def fetched(stack: LocalStack, statement: str, *arguments: Any) -> list[Any]:
    """The answer of notifier's database."""
    connection = await asyncpg.connect(stack.state.databases["notifier"].app_url)
    try:
        return list(await connection.fetch(statement, *arguments))
    finally:
        await connection.close()


def new_id() -> str:
    return str(new_uuid7())


def test_hidden_fields_are_not_shown_without_a_reason(typed: Command) -> None:
    assert typed("watch", "application", "--reveal").code == 1
    assert "needs a reason" in typed("watch", "application", "--reveal").talk
