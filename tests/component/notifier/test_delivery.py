"""Mails from event to mail server: once each, tried again where that helps, given up where it does not."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.notifier import store
from services.notifier.domain.retry import RetryPolicy
from shared.runtime.database import transaction
from tests.component.notifier.bench import ADMINISTRATOR, CONTACT, Bench, application
from tests.component.notifier.scripted_smtp import DROP, fail_at


async def test_each_role_gets_one_mail_and_both_are_published(bench: Bench) -> None:
    await bench.handle(application())

    assert await bench.deliver() == 2
    assert await bench.deliver() == 0
    assert sorted(recipient for recipient, _ in bench.smtp.accepted) == [ADMINISTRATOR, CONTACT]
    assert await bench.states() == [("contact", "sent", 1, False), ("administrator", "sent", 1, False)]
    assert await bench.published() == ["nss.mail.sent.v1"] * 2


async def test_refusal_for_now_is_tried_again_later(bench: Bench) -> None:
    await bench.handle(application())
    bench.smtp.answer = fail_at("RCPT", "451 later")
    await bench.deliver()
    assert await bench.deliver() == 0
    assert await bench.published() == ["nss.mail.deferred.v1"] * 2

    bench.smtp.answer = lambda _said: None
    bench.clock.advance(seconds=31)
    assert await bench.deliver() == 2
    assert await bench.states() == [("contact", "sent", 2, False), ("administrator", "sent", 2, False)]


async def test_one_refused_recipient_leaves_the_other_untouched(bench: Bench) -> None:
    await bench.handle(application())
    bench.smtp.answer = lambda said: "550 unknown" if CONTACT in said else None
    await bench.deliver()

    assert await bench.states() == [("contact", "failed", 1, False), ("administrator", "sent", 1, False)]
    assert sorted(await bench.published()) == ["nss.mail.failed.v1", "nss.mail.sent.v1"]


async def test_mail_refused_for_now_for_too_long_is_given_up(bench: Bench) -> None:
    stubborn = bench.with_delivery(policy=RetryPolicy(give_up_after=timedelta(hours=4)))
    await stubborn.handle(application())
    stubborn.smtp.answer = fail_at("MAIL", "451 later")
    await stubborn.deliver_all(hours=5)

    [(_, state, attempts, _), _] = await bench.states()
    assert (state, attempts) == ("failed", 21)


async def test_mail_is_given_up_after_the_last_attempt(bench: Bench) -> None:
    impatient = bench.with_delivery(policy=RetryPolicy(most_attempts=3))
    await impatient.handle(application())
    impatient.smtp.answer = fail_at("DATA", DROP)
    await impatient.deliver_all(hours=2)

    assert await bench.states() == [("contact", "failed", 3, False), ("administrator", "failed", 3, False)]


async def test_lost_reply_repeats_the_same_message_after_ten_minutes_and_says_so(bench: Bench) -> None:
    await bench.handle(application())
    bench.smtp.answer = fail_at(".", DROP)
    await bench.deliver()
    bench.clock.advance(minutes=9)
    assert await bench.deliver() == 0

    bench.smtp.answer = lambda _said: None
    bench.clock.advance(minutes=2)
    await bench.deliver()
    assert await bench.states() == [("contact", "sent", 2, True), ("administrator", "sent", 2, True)]
    copies = [content for recipient, content in bench.smtp.accepted if recipient == CONTACT]
    assert len(copies) == 2
    assert copies[0] == copies[1]


async def test_mail_of_a_sender_that_died_is_ambiguous_and_waits_for_its_claim_to_end(bench: Bench) -> None:
    await bench.handle(application())
    now = bench.clock.now()
    async with transaction(bench.pool) as db:
        await store.claim_due_mails(db, 10, bench.delivery.seals, now, now + timedelta(minutes=10))
    assert await bench.deliver() == 0

    bench.clock.advance(minutes=11)
    assert await bench.deliver() == 2
    assert await bench.states() == [("contact", "sent", 2, True), ("administrator", "sent", 2, True)]


async def test_sender_that_wakes_up_after_its_claim_changes_and_tells_nothing(bench: Bench) -> None:
    await bench.handle(application())
    slow = bench.with_delivery(mailer=_Sleeper(bench))
    await slow.deliver()

    assert await bench.states() == [("contact", "sent", 2, True), ("administrator", "sent", 2, True)]
    assert await bench.published() == ["nss.mail.sent.v1"] * 2
    assert set(bench.arrived().values()) == {2}


class _Sleeper:
    """A mailer whose process stands still before its first mail, until others have taken its mails over."""

    def __init__(self, bench: Bench) -> None:
        self._bench, self._slept = bench, False

    async def is_ready(self) -> bool:
        return True

    async def send_mail(self, *mail: object) -> object:
        if not self._slept:
            self._slept = True
            self._bench.clock.advance(minutes=11)
            assert await self._bench.deliver() == 2
        return await self._bench.delivery.mailer.send_mail(*mail)  # type: ignore[arg-type]


async def test_senders_in_parallel_never_take_the_same_mail(bench: Bench) -> None:
    await bench.apply(20)
    many = replace(bench.delivery, batch_size=7)

    async def lane() -> int:
        return sum([await replace_delivery(bench, many).deliver() for _ in range(4)])

    counts = await asyncio.gather(*(lane() for _ in range(4)))
    assert sum(counts) == 40
    assert set(bench.arrived().values()) == {1}
    assert bench.smtp.connections <= 2


def replace_delivery(bench: Bench, delivery: object) -> Bench:
    """The same place with another delivery."""
    return replace(bench, delivery=delivery)  # type: ignore[arg-type]


async def test_limit_per_minute_is_shared_by_all_senders(bench: Bench) -> None:
    await bench.apply(20)
    limited = bench.with_delivery(mails_per_minute=15, batch_size=4)

    counts = await asyncio.gather(*(limited.deliver() for _ in range(6)))
    assert sum(counts) == 15
    assert await limited.deliver() == 0

    limited.clock.advance(minutes=1)
    assert sum([await limited.deliver() for _ in range(6)]) == 15


async def test_kept_connection_that_the_server_has_closed_costs_no_attempt(bench: Bench) -> None:
    await bench.apply(1)
    bench.smtp.answer = lambda said: DROP if said == "." and not bench.smtp.accepted else None
    await bench.deliver()
    bench.smtp.answer = fail_at("MAIL", "421 too many mails here", times=1)
    await bench.apply(1, first=2)
    await bench.deliver()

    rows = await bench.pool.fetch("select attempts, state from mails where receipt_number = '180002A'")
    assert [(row["state"], row["attempts"]) for row in rows] == [("sent", 1), ("sent", 1)]


async def test_conversation_begins_with_a_greeting_of_ours_once_per_connection(bench: Bench) -> None:
    said: list[str] = []
    bench.smtp.answer = lambda line: said.append(line.split(" ")[0])
    await bench.handle(application())
    await bench.deliver()

    assert said == ["greeting", "EHLO", "MAIL", "RCPT", "DATA", ".", "MAIL", "RCPT", "DATA", "."]


async def test_mail_that_cannot_be_made_keeps_no_other_from_leaving(bench: Bench) -> None:
    await bench.apply(2)
    await bench.pool.execute("update mails set template_version = 99 where mail_id = (select min(mail_id) from mails)")
    await bench.deliver()

    assert (await bench.counted("sent"), await bench.counted("queued")) == (3, 1)


async def test_mail_whose_key_is_gone_is_told_and_keeps_no_other_from_leaving(bench: Bench) -> None:
    await bench.apply(1)
    (bench.keys / "archive-1.key").rename(bench.keys / "gone")
    (bench.keys / "archive-2.key").touch(mode=0o600)
    (bench.keys / "archive-2.key").write_text("ab" * 32)
    seals = store.Seals(bench.keys)
    later = replace(bench.with_delivery(seals=seals), desk=replace(bench.desk, seals=seals))
    await later.apply(1, first=2)

    await later.deliver()
    assert await bench.counted("sent") == 2
    assert sorted(await bench.published()) == ["nss.mail.deferred.v1"] * 2 + ["nss.mail.sent.v1"] * 2

    await later.deliver_all(hours=5)
    assert (await bench.counted("sent"), await bench.counted("failed")) == (2, 2)


async def test_full_batches_follow_each_other_and_each_is_marked_on_its_own(bench: Bench) -> None:
    await bench.apply(5)
    waiting: list[int] = []
    small = bench.with_delivery(batch_size=4, mailer=_Counting(bench, waiting))

    assert await small.deliver() == 10
    assert waiting == [10] * 4 + [6] * 4 + [2] * 2


class _Counting:
    """Notes at every mail how many are not marked as sent."""

    def __init__(self, bench: Bench, waiting: list[int]) -> None:
        self._bench, self._waiting = bench, waiting

    async def is_ready(self) -> bool:
        return True

    async def send_mail(self, *mail: object) -> object:
        self._waiting.append(await self._bench.pool.fetchval("select count(*) from mails where state <> 'sent'"))
        return await self._bench.delivery.mailer.send_mail(*mail)  # type: ignore[arg-type]


async def test_mail_server_that_goes_away_between_batches_ends_the_row_and_costs_no_attempt(bench: Bench) -> None:
    await bench.apply(5)
    bench.smtp.answer = lambda said: "530 login" if said.startswith("MAIL") and len(bench.smtp.accepted) > 4 else None

    assert await bench.with_delivery(batch_size=4).deliver() == 5
    rows = await bench.pool.fetch("select state, attempts, count(*) from mails group by 1, 2 order by 1")
    assert [tuple(row) for row in rows] == [("queued", 0, 5), ("sent", 1, 5)]
    assert (await bench.published()).count("nss.mail.deferred.v1") == 3


async def test_sender_that_is_told_to_stop_marks_what_was_taken_and_gives_the_rest_back(bench: Bench) -> None:
    await bench.apply(3)
    stuck = asyncio.Event()
    sending = asyncio.create_task(bench.with_delivery(mailer=_StuckAt(bench, 3, stuck)).deliver())
    await stuck.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    rows = await bench.pool.fetch("select state, attempts, count(*) from mails group by 1, 2 order by 1")
    assert [tuple(row) for row in rows] == [("queued", 0, 3), ("sending", 1, 1), ("sent", 1, 2)]

    await bench.deliver_all(hours=1)
    assert set(bench.arrived().values()) == {1}
    assert (await bench.counted("sent"), len(bench.arrived())) == (6, 6)


class _StuckAt:
    """Never comes back from its mail of that number."""

    def __init__(self, bench: Bench, number: int, stuck: asyncio.Event) -> None:
        self._bench, self._left, self._stuck = bench, number, stuck

    async def is_ready(self) -> bool:
        return True

    async def send_mail(self, *mail: object) -> object:
        self._left -= 1
        if not self._left:
            self._stuck.set()
            await asyncio.Event().wait()
        return await self._bench.delivery.mailer.send_mail(*mail)  # type: ignore[arg-type]


async def test_no_text_and_no_address_stands_readable_in_the_database(bench: Bench) -> None:
    await bench.handle(application())
    await bench.deliver()
    row = await bench.pool.fetchrow("select m::text as told from mails m limit 1")

    assert row is not None
    for personal in ("naccs.example", "通関", "花子", "ナックス"):
        assert personal not in row["told"]
