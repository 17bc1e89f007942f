"""Every TLS connection this system opens, against a server whose certificate is wrong: nothing is said to it.

The table of connections: each service and the command → Kafka; each service → PostgreSQL; notifier → mail server and
web hooks; review → identity provider; the command → the services. There are no others.
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.errors import CommandError
from deploy.local.certificates import Authority, Certificate
from deploy.operate.services import call
from services.notifier.mailer.connections import PoolLimits, ServerAway, SmtpConnections, SmtpServer
from services.notifier.mailer.hook_posting import Posting
from services.review.web.identity_provider import OidcClient, ProviderSettings
from services.review.workflows import RefusedByProvider
from shared.runtime.clock import SystemClock
from shared.runtime.database import DatabaseUnreachable, open_connection, open_pool
from shared.runtime.kafka import EventProducer, KafkaUnreachable, check_broker
from shared.runtime.settings import KafkaSettings
from tests.component.access.tls_listener import Opening, nothing, postgres_opening, smtp_opening, tls_listener
from tests.component.runtime.outbox_parts import until

HOST = "localhost"
PATIENCE_SECONDS = 30.0
"""Of every client: none has to wait so long, because a server that is refused is refused at once."""
ANSWERS: tuple[type[BaseException], ...] = (
    KafkaUnreachable, DatabaseUnreachable, ServerAway, RefusedByProvider, CommandError, OSError,
)  # fmt: skip
"""How a connection says that it did not come about."""
Connect = Callable[[int, Path], Coroutine[Any, Any, None]]


def kafka_at(port: int, trusted: Path) -> KafkaSettings:
    """A broker that is asked for with a login over TLS."""
    return KafkaSettings(
        kafka_bootstrap=f"{HOST}:{port}",
        kafka_security_protocol="SASL_SSL",
        kafka_security_username="nss-review",
        kafka_security_password=SecretStr("sekrit"),
        kafka_security_ca_file=trusted,
    )


async def broker_is_asked(port: int, trusted: Path) -> None:
    await check_broker(kafka_at(port, trusted), give_up_seconds=PATIENCE_SECONDS)


async def relay_publishes(port: int, trusted: Path) -> None:
    producer = EventProducer(kafka_at(port, trusted))
    try:
        await producer.start()
    finally:
        await producer.close()


def database_at(port: int, trusted: Path) -> str:
    return f"postgresql://nss_review_app:sekrit@{HOST}:{port}/nss_review?sslmode=verify-full&sslrootcert={trusted}"


async def pool_is_opened(port: int, trusted: Path) -> None:
    await open_pool(database_at(port, trusted), application_name="test", give_up_seconds=PATIENCE_SECONDS)


async def relay_reads_its_outbox(port: int, trusted: Path) -> None:
    await open_connection(database_at(port, trusted), application_name="test", give_up_seconds=PATIENCE_SECONDS)


async def hand_in(server: SmtpServer) -> None:
    await SmtpConnections(server, PoolLimits()).open()


async def mail_is_handed_in(port: int, trusted: Path) -> None:
    await hand_in(SmtpServer(HOST, port, "starttls", "nss", "sekrit", trusted, timeout_seconds=PATIENCE_SECONDS))


async def mail_is_handed_in_at_once(port: int, trusted: Path) -> None:
    await hand_in(SmtpServer(HOST, port, "implicit", "nss", "sekrit", trusted, timeout_seconds=PATIENCE_SECONDS))


async def hook_is_called(port: int, trusted: Path) -> None:
    posting = Posting(
        timeout_seconds=PATIENCE_SECONDS, private_allowed=True, trust=ssl.create_default_context(cafile=trusted)
    )
    answer = await posting.post(f"https://{HOST}:{port}/hook", {}, b"{}")
    assert answer.outcome in ("unreachable", "timeout")
    raise OSError(answer.outcome)


async def provider_is_asked(port: int, _trusted: Path) -> None:
    settings = ProviderSettings(f"https://{HOST}:{port}", "nss-review", "sekrit", "https://review.example/callback")
    await OidcClient(settings, SystemClock()).authorization_url("state", "nonce", "verifier")


async def command_calls_a_service(port: int, _trusted: Path) -> None:
    await asyncio.to_thread(
        call, "GET", f"https://{HOST}:{port}/api/v1/contracts", token="sekrit", seconds=PATIENCE_SECONDS
    )


@dataclass(frozen=True, slots=True)
class Connection:
    """One way out of a process."""

    connect: Connect
    opening: Opening = nothing


CONNECTIONS: Mapping[str, Connection] = {
    "broker": Connection(broker_is_asked),
    "relay to broker": Connection(relay_publishes),
    "database": Connection(pool_is_opened, postgres_opening),
    "relay to database": Connection(relay_reads_its_outbox, postgres_opening),
    "mail, starttls": Connection(mail_is_handed_in, smtp_opening),
    "mail, implicit": Connection(mail_is_handed_in_at_once),
    "web hook": Connection(hook_is_called),
    "identity provider": Connection(provider_is_asked),
    "command to service": Connection(command_calls_a_service),
}
each_connection = pytest.mark.parametrize("connection", CONNECTIONS.values(), ids=CONNECTIONS)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Trusted by every client of the test; those without a setting of their own take the machine's authorities."""
    made = Authority.kept_in(tmp_path / "trusted")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate_file))
    return made


def of_a_stranger(_authority: Authority, folder: Path) -> Certificate:
    return Authority.kept_in(folder / "stranger").issue("server", [HOST])


def for_another_name(authority: Authority, _folder: Path) -> Certificate:
    return authority.issue("server", ["elsewhere.example", "10.9.8.7"])


def that_has_expired(authority: Authority, _folder: Path) -> Certificate:
    return authority.issue("server", [HOST], not_after=SystemClock().now() - timedelta(minutes=5))


@each_connection
@pytest.mark.parametrize("shown", [of_a_stranger, for_another_name, that_has_expired])
async def test_nothing_is_said_to_a_server_with_a_certificate(
    connection: Connection, shown: Callable[[Authority, Path], Certificate], authority: Authority, tmp_path: Path
) -> None:
    async with tls_listener(shown(authority, tmp_path), tmp_path, connection.opening) as listener:
        with pytest.raises(ANSWERS):
            await connection.connect(listener.port, authority.certificate_file)
    assert listener.connections > 0
    assert (listener.accepted, listener.heard) == (0, [])


@each_connection
async def test_a_good_certificate_is_accepted_and_the_conversation_begins(
    connection: Connection, authority: Authority, tmp_path: Path
) -> None:
    async with tls_listener(authority.issue("server", [HOST]), tmp_path, connection.opening) as listener:
        connecting = asyncio.create_task(connection.connect(listener.port, authority.certificate_file))
        await until(lambda: listener.accepted > 0)
        connecting.cancel()
        with suppress(asyncio.CancelledError, *ANSWERS):
            await connecting


@pytest.mark.parametrize(
    ("shown", "told"),
    [(of_a_stranger, "unable to get local issuer"), (for_another_name, "Hostname mismatch"),
     (that_has_expired, "certificate has expired")],
)  # fmt: skip
async def test_a_bad_certificate_is_told_as_the_reason_at_once(
    shown: Callable[[Authority, Path], Certificate], told: str, authority: Authority, tmp_path: Path
) -> None:
    trusted, why = authority.certificate_file, f"its certificate is not trusted \\(.*{told}"
    async with tls_listener(shown(authority, tmp_path), tmp_path) as listener:
        with pytest.raises(KafkaUnreachable, match=why):
            await check_broker(kafka_at(listener.port, trusted), give_up_seconds=600)
    async with tls_listener(shown(authority, tmp_path), tmp_path, postgres_opening) as listener:
        with pytest.raises(DatabaseUnreachable, match=why):
            await open_pool(database_at(listener.port, trusted), application_name="test", give_up_seconds=600)
