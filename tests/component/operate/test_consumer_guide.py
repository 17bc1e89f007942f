"""The consumer of CONSUMERS.md, taken from the page as it stands there and run against invented events."""

import asyncio
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.operate.fake_events import line_of, plan, play
from deploy.operate.topics import TopicLayout, create_topics, delete_topics
from services.notifier.domain.hook_signatures import secret_text, signed_headers
from shared.runtime.settings import KafkaSettings

GUIDE = Path(__file__).parents[3] / "CONSUMERS.md"
APPLICATIONS = 20


def programs_of_the_guide() -> list[str]:
    return re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def code_of_the_guide() -> str:
    return programs_of_the_guide()[0]


async def consume(broker: KafkaSettings, program: Path, group: str = "first") -> str:
    """What the guide's consumer prints once this group has read everything."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(program), f"{broker.topic_prefix}{group}", stdout=asyncio.subprocess.PIPE,
        env={"NSS_KAFKA_BOOTSTRAP": broker.kafka_bootstrap, "NSS_TOPIC_PREFIX": broker.topic_prefix},
    )  # fmt: skip
    printed, _ = await asyncio.wait_for(process.communicate(), 180)
    assert process.returncode == 0
    return printed.decode().strip()


async def test_a_new_consumer_reaches_the_state_of_an_old_one_whatever_the_topics_went_through(
    broker: KafkaSettings, tmp_path: Path
) -> None:
    program = tmp_path / "consumer.py"
    program.write_text(code_of_the_guide(), encoding="utf-8")
    bad_day = broker.model_copy(update={"topic_prefix": f"bad{broker.topic_prefix}"})
    client = {"bootstrap_servers": broker.kafka_bootstrap}
    await create_topics(client, TopicLayout(bad_day.topic_prefix, partitions=2))
    try:
        await play(broker, plan([], APPLICATIONS, None, duplicates=False, unknown_fields=False))
        await play(bad_day, plan([], APPLICATIONS, None, duplicates=True, unknown_fields=True))
        old, new = await consume(broker, program), await consume(bad_day, program)
    finally:
        await delete_topics(client, bad_day.topic_prefix)
    assert re.fullmatch(r"[0-9a-f]{64} [1-9][0-9]* mailboxes", old)
    assert new == old
    assert f"«{old.partition(' ')[2]}»" in GUIDE.read_text(encoding="utf-8"), old


async def test_a_group_goes_on_where_it_ended_and_another_one_starts_from_zero(
    broker: KafkaSettings, tmp_path: Path
) -> None:
    program = tmp_path / "consumer.py"
    program.write_text(code_of_the_guide(), encoding="utf-8")
    await play(broker, plan(["one_mailbox"], 1, None, duplicates=False, unknown_fields=False))
    first = await consume(broker, program)
    assert (await consume(broker, program)).endswith(" 0 mailboxes")
    assert await consume(broker, program, "second") == first


def test_the_guides_consumer_is_as_short_as_it_says() -> None:
    lines = [line for line in code_of_the_guide().splitlines() if line.strip()]
    assert f"It is {len(lines)} lines long" in GUIDE.read_text(encoding="utf-8")


def test_the_guides_check_of_a_web_hook_takes_ours_and_nothing_else() -> None:
    page: dict[str, Any] = {}
    exec(programs_of_the_guide()[1], page)  # noqa: S102  the page's own program
    body, secret, now = b'{"id":"1"}', b"s" * 32, datetime.now(UTC)
    headers = signed_headers("1", body, [b"n" * 32, secret], now)
    assert page["is_genuine"](headers, body, secret_text(secret))
    assert not page["is_genuine"](headers, body + b" ", secret_text(secret))
    assert not page["is_genuine"](headers, body, secret_text(b"x" * 32))
    stale = signed_headers("1", body, [secret], now - timedelta(minutes=6))
    assert not page["is_genuine"](stale, body, secret_text(secret))


def test_lines_need_no_broker_and_tell_whole_records() -> None:
    lines = [
        line_of(record) for record in plan(["reissue"], 1, "XYZ999", duplicates=False, unknown_fields=False).records()
    ]
    assert any('"nss.mailbox.password-reissued.v1"' in line and "XYZ999" in line for line in lines)


async def test_inventions_never_reach_topics_without_a_prefix(broker: KafkaSettings) -> None:
    real = broker.model_copy(update={"topic_prefix": ""})
    with pytest.raises(Exception, match="topics of your own only"):
        await play(real, plan([], 1, None, duplicates=False, unknown_fields=False))
