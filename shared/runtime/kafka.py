"""How to reach Kafka: security settings for every client, a bounded check at start, and the relay's producer."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from aiokafka import AIOKafkaClient, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    GroupLoadInProgressError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from faststream.security import BaseSecurity, SASLScram256, SASLScram512

from shared.runtime.settings import KafkaSettings

CONNECT_SECONDS = 10.0
RETRY_SECONDS = 0.5
CLOSE_SECONDS = 3.0
HANDSHAKE_SECONDS = 2.0
METADATA_MAX_AGE_MS = 60_000
REQUEST_TIMEOUT_MS = 10_000

BATCH_BYTES = 256 * 1024
REQUEST_BYTES = 1_000_000
"""Above every record the outbox accepts, below the broker's default limit of 1,048,588 bytes for a batch."""


MISSING_RIGHTS = (TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError)
"""The broker knows the user and says no; trying again helps only once somebody has given the right."""


class KafkaUnreachable(RuntimeError):
    """No broker answered in time; the message is one line and says what to check."""


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments of every aiokafka client: address, security, fresh metadata."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": settings.kafka_security_protocol,
        "metadata_max_age_ms": METADATA_MAX_AGE_MS,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = _tls(settings)
    if settings.kafka_security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.kafka_security_mechanism,
            "sasl_plain_username": settings.kafka_security_username,
            "sasl_plain_password": settings.kafka_security_password.get_secret_value(),
        }
    return options


def broker_security(settings: KafkaSettings) -> BaseSecurity | None:
    """The same as a FastStream broker's `security=`; None for plain text."""
    protocol = settings.kafka_security_protocol
    if protocol == "PLAINTEXT":
        return None
    context = _tls(settings) if protocol.endswith("SSL") else None
    if not protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context, use_ssl=True)
    scram = SASLScram512 if settings.kafka_security_mechanism == "SCRAM-SHA-512" else SASLScram256
    return scram(
        username=settings.kafka_security_username,
        password=settings.kafka_security_password.get_secret_value(),
        ssl_context=context,
        use_ssl=context is not None,
    )


async def check_broker(settings: KafkaSettings, *, give_up_seconds: float) -> None:
    """Return once a broker has accepted a connection. Raises KafkaUnreachable when the time is up."""
    deadline = time.monotonic() + give_up_seconds
    while True:
        try:
            await _connect_once(settings, max(deadline - time.monotonic(), RETRY_SECONDS))
            return
        except (KafkaError, OSError) as error:
            if distrust := await _distrust(settings):
                raise KafkaUnreachable(distrust) from error
            if time.monotonic() + RETRY_SECONDS >= deadline:
                raise KafkaUnreachable(unreachable_line(settings, error, give_up_seconds)) from error
        await asyncio.sleep(RETRY_SECONDS)


def unreachable_line(settings: KafkaSettings, error: BaseException, seconds: float | None = None) -> str:
    """One line for logs and for the end of the process; `seconds` is how long it was tried."""
    tried = f" within {seconds:.0f} s" if seconds else ""
    line = f"Kafka at {settings.kafka_bootstrap} could not be reached{tried} ({type(error).__name__})"
    if settings.kafka_security_protocol.startswith("SASL"):
        user = settings.kafka_security_username
        return f"{line}: no broker there, or a wrong password for user {user}, which looks the same"
    return f"{line}: check NSS_KAFKA_BOOTSTRAP and that the broker runs"


def refused_line(settings: KafkaSettings, error: BaseException, what: str) -> str:
    """One line for a broker that answers and says no to `what`."""
    line = f"{what}: {type(error).__name__}"
    if not isinstance(error, MISSING_RIGHTS):
        return line
    user = settings.kafka_security_username or "without a login"
    return f"{line}: user {user} lacks a right on the broker; `nss topics diff` shows which, `nss access apply` gives"


async def committed_offsets(
    admin: AIOKafkaAdminClient, group: str, partitions: Sequence[TopicPartition]
) -> Mapping[TopicPartition, int]:
    """Where the group reads next, by partition; negative where it has committed nothing. Raises KafkaError.

    The client library passes over what the broker says of the group as a whole: that its coordinator still loads, after
    a restart of the broker, looks like an answer about no partition.
    """
    told = await admin.list_consumer_group_offsets(group, partitions=list(partitions))
    if any(partition not in told for partition in partitions):
        raise GroupLoadInProgressError(f"the broker does not know yet what {group} has committed")
    return {partition: told[partition].offset for partition in partitions}


class EventProducer:
    """The relay's producer: idempotent, every replica acknowledges, and closed in bounded time.

    Once a send has failed it must not be used again: its sequence numbers may be out of step with the broker's.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises KafkaUnreachable; close it in that case, too."""
        producer = AIOKafkaProducer(
            **client_options(self._settings),
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
        )
        self._producer = producer
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await producer.start()
        except (KafkaError, OSError) as error:
            raise KafkaUnreachable(unreachable_line(self._settings, error)) from error

    async def send(
        self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> "asyncio.Future[Any]":
        """Put one record behind those sent before; the future ends with the broker's acknowledgement."""
        assert self._producer is not None
        future = await self._producer.send(topic, value=value, key=key, headers=headers)
        return cast("asyncio.Future[Any]", future)

    async def close(self) -> None:
        """Cut the connection in bounded time; what was not acknowledged is not flushed, for it is sent again later.

        The library's own stop flushes, and with the broker away it never returns.
        """
        producer, self._producer = self._producer, None
        if producer is None:
            return
        producer._closed = True
        sender = getattr(producer._sender, "sender_task", None)
        if sender is not None:
            sender.cancel()
        with contextlib.suppress(KafkaError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await producer.client.close()
        if sender is not None:
            await asyncio.wait([sender], timeout=CLOSE_SECONDS)


async def _connect_once(settings: KafkaSettings, seconds: float) -> None:
    client = AIOKafkaClient(**client_options(settings))
    try:
        async with asyncio.timeout(seconds):
            await client.bootstrap()
    finally:
        await client.close()


async def _distrust(settings: KafkaSettings) -> str | None:
    """Why no broker's certificate is trusted, where that is the reason: the client library shows it as no answer."""
    if not settings.kafka_security_protocol.endswith("SSL"):
        return None
    host, _, port = settings.kafka_bootstrap.split(",")[0].rpartition(":")
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            _, writer = await asyncio.open_connection(host, int(port), ssl=_tls(settings))
    except ssl.SSLCertVerificationError as error:
        told = error.verify_message or "it does not fit"
        return f"Kafka at {settings.kafka_bootstrap}: its certificate is not trusted ({told})"
    except (OSError, ValueError):
        return None
    writer.close()
    return None


def _tls(settings: KafkaSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.kafka_security_ca_file)
