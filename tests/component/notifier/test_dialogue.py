"""The words on one SMTP connection: in groups where the server takes them, and always in step with the replies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from services.notifier.domain.retry import Accepted, Refused, RefusedForNow, ReplyLost
from services.notifier.mailer import OutgoingMail, PoolLimits, SmtpMailer, SmtpServer
from tests.component.notifier.scripted_smtp import DROP, ScriptedSmtp, fail_at, scripted_smtp
from tests.component.runtime.outbox_parts import until

SENDER, FIRST, SECOND = "nss@naccs.example", "one@naccs.example", "two@naccs.example"
MESSAGE = b"Subject: x\r\n\r\n.a line with a dot\r\n"
GROUP = b"MAIL FROM:<nss@naccs.example>\r\nRCPT TO:<one@naccs.example>\r\nDATA\r\n"
SENT = MESSAGE.replace(b"\r\n.", b"\r\n..") + b".\r\n"
NEXT = OutgoingMail(SENDER, SECOND, MESSAGE)
TAKEN = b"250 ok\r\n"
GO_ON = b"250 ok\r\n250 ok\r\n354 go\r\n"


def mailer_to(port: int, timeout_seconds: float = 30.0) -> SmtpMailer:
    """One connection; with little patience only where a server is meant to be silent."""
    return SmtpMailer(SmtpServer("127.0.0.1", port, timeout_seconds=timeout_seconds), PoolLimits(connections=1))


@pytest.fixture
async def grouping() -> AsyncIterator[ScriptedSmtp]:
    """A server that takes commands in groups."""
    async with scripted_smtp(offers=("PIPELINING",)) as server:
        yield server


@dataclass
class Wire:
    """What came in one piece, and what is said to each piece."""

    answers: list[bytes]
    pieces: list[bytes] = field(default_factory=list)
    connections: int = 0
    answered: int = 0
    port: int = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 wire\r\n")
        while piece := await reader.read(64 * 1024):
            self.pieces.append(piece)
            answer = self.answers.pop(0) if self.answers else TAKEN
            for part in answer.split(b"|"):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            self.answered += 1
        writer.close()


@asynccontextmanager
async def wire(*answers: bytes) -> AsyncIterator[Wire]:
    """A server that answers each piece with the next of these, `|` standing for a pause."""
    heard = Wire([b"250-wire\r\n250 PIPELINING\r\n", *answers])
    server = await asyncio.start_server(heard.converse, "127.0.0.1", 0)
    heard.port = server.sockets[0].getsockname()[1]
    try:
        yield heard
    finally:
        server.close()


async def test_envelope_goes_in_one_group_where_the_server_takes_groups() -> None:
    async with wire(b"250 ok\r\n250 ok\r\n354 go\r\n") as heard:
        mailer = mailer_to(heard.port)
        assert await mailer.send_mail(SENDER, FIRST, MESSAGE) == Accepted()
        await mailer.close()

    assert heard.pieces[1:3] == [GROUP, MESSAGE.replace(b"\r\n.", b"\r\n..") + b".\r\n"]


async def test_replies_in_pieces_and_of_many_lines_are_read_one_by_one() -> None:
    async with wire(b"250-o|k\r|\n250 ok\r\n25|0 ok\r\n35|4 go\r\n", b"250-|taken\r\n250 really\r\n") as heard:
        mailer = mailer_to(heard.port, 2.0)
        assert await mailer.send_mail(SENDER, FIRST, MESSAGE) == Accepted()
        assert await mailer.send_mail(SENDER, FIRST, b"x\r\n") == RefusedForNow()
        await mailer.close()


@pytest.mark.parametrize(
    ("stage", "said", "outcome"),
    [
        ("MAIL", "451 later", RefusedForNow(451)),
        ("RCPT", "550 5.1.1 unknown", Refused(550, address_status="5.1.1")),
        ("DATA", "554 no", Refused(554)),
        (".", "452 full", RefusedForNow(452)),
    ],
)
async def test_refusal_within_a_group_leaves_the_connection_in_step(
    grouping: ScriptedSmtp, stage: str, said: str, outcome: object
) -> None:
    mailer = mailer_to(grouping.port)
    grouping.answer = fail_at(stage, said, times=1)
    assert await mailer.send_mail(SENDER, FIRST, MESSAGE) == outcome
    assert await mailer.send_mail(SENDER, SECOND, MESSAGE) == Accepted()
    await mailer.close()

    assert grouping.connections == 1
    assert grouping.accepted == [(SECOND, MESSAGE)]


async def test_server_that_wants_a_content_after_all_gets_none(grouping: ScriptedSmtp) -> None:
    mailer = mailer_to(grouping.port)
    grouping.answer = fail_at("RCPT", "550 unknown", times=1)
    await mailer.send_mail(SENDER, FIRST, MESSAGE)
    await mailer.close()

    assert (grouping.empty_contents, grouping.accepted) == (1, [])


async def test_farewell_nobody_asked_for_is_no_reply_to_the_next_mail() -> None:
    said = (b"250 ok\r\n250 ok\r\n354 go\r\n", b"250 taken\r\n|421 4.4.2 good night\r\n")
    async with wire(*said) as heard:
        mailer = mailer_to(heard.port)
        assert await mailer.send_mail(SENDER, FIRST, MESSAGE) == Accepted()
        await until(lambda: heard.answered == 3)
        heard.answers[:] = [b"250-wire\r\n250 PIPELINING\r\n", *said]
        assert await mailer.send_mail(SENDER, SECOND, MESSAGE) == Accepted()
        await mailer.close()

    assert heard.connections == 2


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (b"hello?\r\n", ReplyLost()),
        (b"2x0 taken\r\n", ReplyLost()),
        (b"354 go on\r\n", ReplyLost()),
        (b"250-" + b"x" * 40_000, ReplyLost()),
        (b"251 taken too\r\n", Accepted()),
    ],
)
async def test_only_a_refusal_after_the_content_means_that_it_was_not_taken(said: bytes, outcome: object) -> None:
    async with wire(b"250 ok\r\n250 ok\r\n354 go\r\n", said) as heard:
        mailer = mailer_to(heard.port, 0.3 if outcome == ReplyLost() else 30.0)
        assert await mailer.send_mail(SENDER, FIRST, MESSAGE) == outcome
        await mailer.close()


async def test_server_that_is_slow_at_every_step_has_the_whole_time_for_each() -> None:
    wait = b"|" * 40
    async with wire(wait + b"250 ok\r\n" + wait + b"250 ok\r\n" + wait + b"354 go\r\n") as heard:
        mailer = mailer_to(heard.port, 1.0)
        assert await mailer.send_mail(SENDER, FIRST, MESSAGE) == Accepted()
        await mailer.close()


async def test_envelope_of_the_next_mail_goes_with_the_content_before_it() -> None:
    async with wire(GO_ON, TAKEN + GO_ON, TAKEN) as heard:
        mailer = mailer_to(heard.port)
        assert await mailer.send_mail(SENDER, FIRST, MESSAGE, NEXT) == Accepted()
        assert await mailer.send_mail(*NEXT) == Accepted()
        await mailer.close()

    assert heard.pieces[1:4] == [GROUP, SENT + GROUP.replace(b"<one", b"<two"), SENT]


async def test_server_without_groups_is_told_nothing_ahead() -> None:
    async with scripted_smtp() as server:
        mailer = mailer_to(server.port)
        assert await mailer.send_mail(SENDER, FIRST, MESSAGE, NEXT) == Accepted()
        assert server.said_in_clear[1:] == ["MAIL", "RCPT", "DATA"]
        assert await mailer.send_mail(*NEXT) == Accepted()
        await mailer.close()

    assert (server.connections, len(server.accepted)) == (1, 2)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
async def test_refusal_said_ahead_is_that_of_the_next_mail_alone(grouping: ScriptedSmtp, stage: str) -> None:
    mailer = mailer_to(grouping.port)
    said = iter([None, "550 5.1.1 unknown"])
    grouping.answer = lambda line: next(said, None) if line.startswith(stage) else None
    assert await mailer.send_mail(SENDER, FIRST, MESSAGE, NEXT) == Accepted()
    assert await mailer.send_mail(*NEXT) == Refused(550, address_status="5.1.1")
    assert await mailer.send_mail(*NEXT) == Accepted()
    await mailer.close()

    assert grouping.connections == 1
    assert grouping.accepted == [(FIRST, MESSAGE), (SECOND, MESSAGE)]


@pytest.mark.parametrize(("said", "outcome"), [("452 full", RefusedForNow(452)), (DROP, ReplyLost())])
async def test_content_that_is_not_taken_takes_nothing_said_ahead_with_it(
    grouping: ScriptedSmtp, said: str, outcome: object
) -> None:
    mailer = mailer_to(grouping.port)
    grouping.answer = fail_at(".", said, times=1)
    assert await mailer.send_mail(SENDER, FIRST, MESSAGE, NEXT) == outcome
    assert await mailer.send_mail(*NEXT) == Accepted()
    await mailer.close()

    assert grouping.connections == 2
    assert [recipient for recipient, _ in grouping.accepted].count(SECOND) == 1


@pytest.mark.parametrize("said", [b"503 nested MAIL\r\n", b"500 what?\r\n", b""])
async def test_server_that_loses_what_is_said_ahead_is_told_one_mail_after_the_other(said: bytes) -> None:
    hello = b"250-wire\r\n250 PIPELINING\r\n"
    async with wire(GO_ON, TAKEN + said, hello, GO_ON, TAKEN, GO_ON, TAKEN) as heard:
        mailer = mailer_to(heard.port, 1.0)
        assert await mailer.send_mail(SENDER, FIRST, MESSAGE, NEXT) == Accepted()
        assert await mailer.send_mail(*NEXT, NEXT) == Accepted()
        assert await mailer.send_mail(*NEXT, NEXT) == Accepted()
        await mailer.close()

    assert heard.connections == 2
    assert sum(b".\r\nMAIL FROM" in piece for piece in heard.pieces) == 1


async def test_connection_that_waits_for_a_mail_that_never_comes_serves_no_other(grouping: ScriptedSmtp) -> None:
    mailer = mailer_to(grouping.port)
    assert await mailer.send_mail(SENDER, FIRST, MESSAGE, NEXT) == Accepted()
    assert await mailer.send_mail(SENDER, FIRST, MESSAGE, NEXT) == Accepted()
    await mailer.close()

    assert grouping.connections == 2
    assert grouping.accepted == [(FIRST, MESSAGE), (FIRST, MESSAGE)]


async def test_refused_content_ends_the_connection_before_what_was_said_ahead_is_answered() -> None:
    async with wire(GO_ON, b"452 full\r\n||" + GO_ON, b"250-wire\r\n250 PIPELINING\r\n", GO_ON, TAKEN) as heard:
        mailer = mailer_to(heard.port)
        assert await mailer.send_mail(SENDER, FIRST, MESSAGE, NEXT) == RefusedForNow(452)
        assert await mailer.send_mail(*NEXT) == Accepted()
        await mailer.close()

    assert b"RSET\r\n" not in heard.pieces
