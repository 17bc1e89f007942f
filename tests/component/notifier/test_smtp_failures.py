"""The mail server fails in every way at every stage: nothing is lost, nobody else gets it, no copy too many.

Every case is run with several applications at once; in full each is repeated until the counts of the fault matrix
(F11 to F14) are reached. The figures are printed.
"""

import itertools
import json
import ssl
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest

from services.notifier.domain.retry import RetryPolicy
from services.notifier.mailer import PoolLimits, SmtpMailer, SmtpServer
from tests.component.notifier.bench import ADMINISTRATOR, CONTACT, Bench, notifier_bench
from tests.component.notifier.certificates import certificate
from tests.component.notifier.scripted_smtp import DROP, RESET, SILENCE, ScriptedSmtp, fail_at, scripted_smtp
from tests.conftest import CreateDatabase

RUNS = [3, pytest.param(20, marks=pytest.mark.full)]
"""How often each case is repeated, with another number of failures each time."""
SECURE_RUNS = [1, pytest.param(20, marks=pytest.mark.full)]
Figures = dict[str, Counter[str]]
STAGES = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."]
BROKEN = [DROP, RESET, SILENCE]
OFFERS = [(), ("PIPELINING",)]
"""Commands one at a time, and in groups: every case is run both ways."""
APPLICATIONS = 2
SILENCE_SECONDS = 0.2
NO_PAUSE = (0.0, 0.0)
"""After a failed connect: the clock of these tests does not wait either."""


@pytest.fixture
def figures(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Figures]:
    """Counts by case, summed over its repetitions, shown when the test has ended."""
    counted: Figures = defaultdict(Counter)
    yield counted
    with capsys.disabled():
        print(f"\n  {request.node.name}: {json.dumps(counted)}")  # noqa: T201  the figures of the proof


@pytest.fixture
async def quick(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[Bench]:
    """A notifier that tries again without a pause."""
    async with notifier_bench(await service_database("notifier"), tmp_path / "keys", RetryPolicy()) as bench:
        mailer = SmtpMailer(SmtpServer("127.0.0.1", bench.smtp.port), PoolLimits(connections=2), NO_PAUSE)
        yield bench.with_delivery(mailer=mailer, jitter=lambda: 0.3)
        await mailer.close()


@asynccontextmanager
async def impatient(bench: Bench) -> AsyncIterator[Bench]:
    """The bench for a server that falls silent; a busy machine answers within this time."""
    server = SmtpServer("127.0.0.1", bench.smtp.port, timeout_seconds=SILENCE_SECONDS)
    mailer = SmtpMailer(server, PoolLimits(connections=2), NO_PAUSE)
    yield bench.with_delivery(mailer=mailer)
    await mailer.close()


async def everything_arrived(bench: Bench, figures: Figures, case: str = "all") -> None:
    """I6: one copy each, and at most one more for each lost reply, always with the same Message-ID and bytes."""
    arrived, lost = bench.arrived(), bench.smtp.lost_replies
    per_role = {address: sum(who == address for who, _ in arrived) for address in (CONTACT, ADMINISTRATOR)}
    figures[case].update(mails=len(arrived), copies=arrived.total(), lost_replies=lost)
    assert await bench.counted("sent") == 2 * APPLICATIONS, case
    assert per_role == {CONTACT: APPLICATIONS, ADMINISTRATOR: APPLICATIONS}, case
    assert arrived.total() == 2 * APPLICATIONS + lost, case
    assert len(set(bench.smtp.copies())) == len(arrived), case
    ambiguous = await bench.pool.fetchval("select count(*) from mails where ambiguous")
    assert ambiguous == len([copies for copies in arrived.values() if copies > 1]), case


@pytest.mark.parametrize("runs", RUNS)
async def test_refused_for_now_is_sent_later(quick: Bench, runs: int, figures: Figures) -> None:
    for stage, run in itertools.product(STAGES, range(runs)):
        await quick.clear()
        await quick.apply(APPLICATIONS)
        quick.smtp.offers = OFFERS[run % 2]
        quick.smtp.answer = fail_at(stage, f"4{run % 5}1 later", times=1 + run % 7)
        await quick.deliver_all(hours=4)
        await everything_arrived(quick, figures, stage)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("how", BROKEN)
async def test_broken_conversation_is_taken_up_again(quick: Bench, how: str, runs: int, figures: Figures) -> None:
    async with impatient(quick) if how == SILENCE else nullcontext(quick) as bench:
        for stage, run in itertools.product(STAGES, range(runs)):
            await bench.clear()
            await bench.apply(APPLICATIONS)
            bench.smtp.offers = OFFERS[run % 2]
            bench.smtp.answer = fail_at(stage, how, times=1 + run % 5)
            await bench.deliver_all(hours=4)
            await everything_arrived(bench, figures, stage)


@pytest.mark.parametrize("runs", RUNS)
async def test_refused_for_good_is_given_up_and_the_other_recipient_is_not_touched(
    quick: Bench, runs: int, figures: Figures
) -> None:
    for stage, run in itertools.product(["MAIL", "RCPT", "DATA", "."], range(runs)):
        await quick.clear()
        await quick.apply(1)
        quick.smtp.offers = OFFERS[run % 2]
        quick.smtp.answer = fail_at(stage, f"55{run % 5} never", times=1)
        await quick.deliver_all(hours=1)
        figures[stage].update(refused=1, arrived=len(quick.smtp.accepted))

        assert await quick.states() == [("contact", "failed", 1, False), ("administrator", "sent", 1, False)]
        assert [recipient for recipient, _ in quick.smtp.accepted] == [ADMINISTRATOR]


@pytest.mark.parametrize("reply", ["554 no service here", "421 come again"])
async def test_greeting_that_refuses_everybody_gives_up_no_mail(quick: Bench, reply: str, figures: Figures) -> None:
    await quick.apply(APPLICATIONS)
    quick.smtp.answer = fail_at("greeting", reply)
    await quick.deliver_all(hours=6, step_minutes=10)
    assert await quick.counted("queued") == 2 * APPLICATIONS

    quick.smtp.answer = lambda _said: None
    await quick.deliver_all(hours=1)
    await everything_arrived(quick, figures)


@asynccontextmanager
async def secured(
    bench: Bench, server: ScriptedSmtp, security: str, authority: Path, **login: str
) -> AsyncIterator[Bench]:
    """The bench with its mail server behind TLS."""
    where = SmtpServer("localhost", server.port, security, ca_file=authority, **login)  # type: ignore[arg-type]
    mailer = SmtpMailer(where, PoolLimits(connections=1), NO_PAUSE)
    yield bench.with_delivery(mailer=mailer)
    await mailer.close()


@pytest.mark.parametrize("security", ["starttls", "implicit"])
async def test_mail_goes_encrypted_to_a_server_whose_certificate_is_good(
    quick: Bench, security: str, tmp_path: Path, figures: Figures
) -> None:
    made = certificate(tmp_path, "localhost")
    async with scripted_smtp(tls=made.context(), implicit=security == "implicit", offers=("STARTTLS",)) as server:
        async with secured(quick, server, security, made.authority) as bench:
            await bench.apply(1)
            await bench.deliver_all(hours=1)
        figures["all"].update(arrived=len(server.accepted))

        assert len(server.accepted) == 2
        assert set(server.said_in_clear) <= {"EHLO", "STARTTLS"}


@pytest.mark.parametrize("runs", SECURE_RUNS)
@pytest.mark.parametrize("fault", ["stranger", "other_name", "no_tls", "tls_refused"])
async def test_mail_waits_and_never_goes_in_clear_where_tls_fails(
    quick: Bench, fault: str, runs: int, tmp_path: Path, figures: Figures
) -> None:
    made = certificate(tmp_path / "made", "elsewhere.example" if fault == "other_name" else "localhost")
    trusted = certificate(tmp_path / "trusted", "localhost") if fault == "stranger" else made
    offers = () if fault == "no_tls" else ("STARTTLS",)
    async with scripted_smtp(tls=made.context(), offers=offers) as server:
        if fault == "tls_refused":
            server.answer = fail_at("STARTTLS", "454 not now")
        for run in range(1, runs + 1):
            await quick.clear()
            async with secured(quick, server, "starttls", trusted.authority) as bench:
                await bench.apply(1)
                await bench.deliver_all(hours=5, step_minutes=15)
            assert server.connections > run
            assert await quick.counted("queued") == 2
        figures["all"].update(runs=runs, arrived=len(server.accepted), connections=server.connections)

        assert server.accepted == []
        assert not {"MAIL", "RCPT", "DATA", "AUTH"} & set(server.said_in_clear)


@pytest.mark.parametrize("runs", SECURE_RUNS)
async def test_mail_waits_while_the_login_is_refused(quick: Bench, runs: int, tmp_path: Path, figures: Figures) -> None:
    made = certificate(tmp_path, "localhost")
    async with scripted_smtp(tls=made.context(), offers=("STARTTLS", "AUTH PLAIN")) as server:
        login = {"username": "nss", "password": "wrong"}
        for _ in range(runs):
            await quick.clear()
            server.answer = fail_at("AUTH", "535 who are you")
            async with secured(quick, server, "starttls", made.authority, **login) as bench:
                await bench.apply(1)
                await bench.deliver_all(hours=5, step_minutes=15)
                assert await quick.counted("queued") == 2

                server.answer = lambda _said: None
                await bench.deliver_all(hours=1)
        figures["all"].update(runs=runs, arrived=len(server.accepted), connections=server.connections)
        assert len(server.accepted) == 2 * runs
        assert "AUTH" not in server.said_in_clear


def test_context_asks_for_todays_protocols(tmp_path: Path) -> None:
    made = certificate(tmp_path, "localhost")

    assert made.context().minimum_version >= ssl.TLSVersion.TLSv1_2
