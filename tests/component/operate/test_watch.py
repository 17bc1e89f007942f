"""`nss watch` on a real broker: what it selects, what it hides, and that nobody looks at hidden fields unseen."""

import asyncio
import json
import re
from typing import Any

import pytest
from typer import style

from deploy.errors import CommandError
from deploy.operate.records import SeenRecord
from deploy.operate.watch import Selection, coloured_line_of, json_of, line_of, topics_named, watch, watch_revealed
from shared.contracts.golden import golden_example, golden_examples
from shared.contracts.topics import APPLICATION, MAIL, OPERATION
from shared.runtime.settings import KafkaSettings
from tests.component.operate.conftest import Put
from tests.topic_reader import read_topics

RECEIVED = golden_example("nss.application.received.v1", "one_mailbox")
SENT = golden_example("nss.mail.sent.v1", "m1_to_contact")
HUE = re.compile(r"\x1b\[\d*m")


class Shown:
    """What was shown, in order."""

    def __init__(self) -> None:
        self.records: list[tuple[SeenRecord, Any]] = []

    def __call__(self, record: SeenRecord, data: Any) -> None:
        self.records.append((record, data))


def personal_texts() -> set[str]:
    contact = RECEIVED.data["contact"]
    return {*contact.values(), RECEIVED.data["system_administrator"]["email"], RECEIVED.data["company_name"]}


async def test_events_are_shown_decoded_and_without_business_or_personal_values(
    broker: KafkaSettings, put: Put
) -> None:
    await put(RECEIVED.record, SENT.record)
    shown = Shown()
    assert await watch(broker, Selection([APPLICATION, MAIL]), shown) == 2
    text = "\n".join(form(*each) for each in shown.records for form in (json_of, line_of))
    assert not any(value in text for value in personal_texts())
    assert "application.received.v1" in text
    assert SENT.data["message_id"] in text
    (data,) = [data for record, data in shown.records if record.topic is APPLICATION]
    assert data["contact"] == "[personal]"
    assert data["company_name"] == "[business]"
    assert data["mailbox_change"]["add_smtp_pop3"] == 1


@pytest.mark.parametrize("example", list(golden_examples()), ids=lambda example: f"{example.event_type}-{example.case}")
def test_no_line_of_any_type_breaks(example: Any) -> None:
    topic = next(topic for topic in topics_named([example.record.topic]))
    headers = {name: value.decode() for name, value in example.record.headers}
    record = SeenRecord(topic, 0, 0, example.record.key.decode(), headers, example.record.value, 0)
    assert example.event_type.removeprefix("nss.") in line_of(record, example.data)
    assert HUE.sub("", coloured_line_of(record, example.data)) == line_of(record, example.data)
    assert json.loads(json_of(record, example.data))["data"] == example.data


@pytest.mark.parametrize(
    ("event_type", "case", "hue"),
    [("nss.application.received.v1", "one_mailbox", "cyan"), ("nss.mail.failed.v1", "", "red")],
)
def test_the_hue_of_a_line_tells_whose_event_it_is_and_red_that_something_went_wrong(
    event_type: str, case: str, hue: str
) -> None:
    example = next(each for each in golden_examples() if each.event_type == event_type and case in each.case)
    [topic] = topics_named([example.record.topic])
    headers = {name: value.decode() for name, value in example.record.headers}
    record = SeenRecord(topic, 0, 0, example.record.key.decode(), headers, example.record.value, 0)
    assert style(event_type.removeprefix("nss."), fg=hue) in coloured_line_of(record, example.data)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Selection([APPLICATION, MAIL], event_type="mail.sent"), 1),
        (Selection([APPLICATION, MAIL], office_code="NAC001"), 2),
        (Selection([APPLICATION, MAIL], office_code="XXX999"), 0),
        (Selection([APPLICATION, MAIL], receipt_number=RECEIVED.data["receipt_number"]), 2),
        (Selection([APPLICATION, MAIL], receipt_number="999999Z"), 0),
        (Selection([MAIL]), 1),
    ],
)
async def test_records_are_chosen_by_type_office_and_number(
    broker: KafkaSettings, put: Put, chosen: Selection, expected: int
) -> None:
    await put(RECEIVED.record, SENT.record)
    assert await watch(broker, chosen, Shown()) == expected


async def test_following_shows_what_comes_later(broker: KafkaSettings, put: Put) -> None:
    shown: asyncio.Queue[str | None] = asyncio.Queue()

    def show(record: SeenRecord, _data: Any) -> None:
        shown.put_nowait(record.event_type)

    watching = asyncio.create_task(watch(broker, Selection([MAIL], follow=True), show))
    await asyncio.sleep(0.5)
    await put(SENT.record)
    assert await asyncio.wait_for(shown.get(), 60) == "nss.mail.sent.v1"
    watching.cancel()


async def test_a_revealed_look_stands_on_the_operations_topic_with_operator_reason_and_count(
    broker: KafkaSettings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NSS_OPERATOR", "operator-01")
    await put(RECEIVED.record)
    shown = Shown()
    await watch_revealed(broker, Selection([APPLICATION]), shown, "a caller asked")
    assert shown.records[0][1]["contact"] == RECEIVED.data["contact"]
    ((_, look),) = await read_topics(broker.kafka_bootstrap, [OPERATION], broker.topic_prefix)
    data = json.loads(look.value)
    assert (data["operator"], data["reason"], data["count"]) == ("operator-01", "a caller asked", 1)
    assert data["topics"] == ["nss.application.v1"]
    assert not any(value in look.value.decode() for value in personal_texts())


async def test_nobody_looks_at_hidden_fields_unnamed(
    broker: KafkaSettings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NSS_OPERATOR", raising=False)
    await put(RECEIVED.record)
    shown = Shown()
    with pytest.raises(CommandError, match="NSS_OPERATOR"):
        await watch_revealed(broker, Selection([APPLICATION]), shown, "a reason")
    assert shown.records == []


def test_a_topic_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(CommandError, match=r"no topic is called nss\.mals; there are .*nss\.mail\.v1"):
        topics_named(["nss.mals"])
