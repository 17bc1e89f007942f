"""P15: the share of mails that the mail server has within 10 s of their event, at half the load that can be borne.

The real service in a process of its own, with a real broker. Events come at instants fixed beforehand; a mail's wait
counts from the intended instant to its arrival at the sink. `python -m tests.benchmarks.mail_waits [--seconds N]`.
"""

import argparse
import asyncio
import os
import random
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from aiokafka import AIOKafkaProducer

from deploy.local import processes
from deploy.local.kafka import NAME as KAFKA
from deploy.local.keys import ensure_keys
from deploy.local.ports import LOOPBACK, choose_ports
from deploy.local.postgres import NAME as POSTGRES
from deploy.local.probes import says_yes
from deploy.operate.topics import TopicLayout, create_topics, delete_topics
from services.notifier.domain.mails import message_key
from shared.contracts.envelope import to_record
from shared.contracts.notifier_events import Mail, RecipientRole
from tests.benchmarks.mail_sink import MailSink, running_sink
from tests.benchmarks.mail_speed import SENDER, MailRound, measure_mail_speed, notifier_database, received
from tests.benchmarks.servers import servers

ROOT = Path(__file__).resolve().parents[2]
SECONDS, WITHIN_SECONDS, LOAD = 20.0, 10.0, 0.5
AT_LEAST = 0.999
WARM_UP, FIRST_MEASURED = 20.0, 101
NEVER = [float("inf")]
PATIENCE_SECONDS, READY_SECONDS = 60.0, 60.0


@dataclass(frozen=True, slots=True)
class MailWaits:
    """Seconds from the event to the mail server; a mail that never came has waited for ever."""

    seconds: Sequence[float]

    @property
    def share_in_time(self) -> float:
        """P15."""
        return sum(wait <= WITHIN_SECONDS for wait in self.seconds) / len(self.seconds)

    def percentile(self, share: float) -> float:
        """The wait that this share does not exceed."""
        return sorted(self.seconds)[min(int(share * len(self.seconds)), len(self.seconds) - 1)]


async def measure_mail_waits(dsn: str, bootstrap: str, applications_per_second: float, seconds: float) -> MailWaits:
    """One run at that rate; each application leads to two mails."""
    prefix, client = f"mails{secrets.token_hex(4)}.", {"bootstrap_servers": bootstrap}
    await create_topics(client, TopicLayout(prefix=prefix))
    try:
        with TemporaryDirectory(prefix="nss-bench-") as folder, running_sink(Path(folder)) as sink:
            async with notifier_database(dsn) as url, _notifier(url, bootstrap, prefix, sink, Path(folder)):
                # A consumer that has just started joins its group first; that is no wait of an applicant.
                await _arrivals(sink, await _send_events(bootstrap, prefix, WARM_UP, 1.0))
                intended = await _send_events(bootstrap, prefix, applications_per_second, seconds, FIRST_MEASURED)
                arrivals = await _arrivals(sink, intended)
                return MailWaits([arrivals.get(key, NEVER)[0] - instant for key, instant in intended.items()])
    finally:
        await delete_topics(client, prefix)


async def _send_events(bootstrap: str, prefix: str, rate: float, seconds: float, first: int = 1) -> Mapping[str, float]:
    """The intended instant of every mail, by its key."""
    chance = random.Random(int(rate))  # noqa: S311  a repeatable load, not a secret
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=2)
    await producer.start()
    intended: dict[str, float] = {}
    try:
        due = began = time.monotonic()
        for number in range(first, first + int(rate * seconds)):
            due += chance.expovariate(rate)
            await asyncio.sleep(max(due - time.monotonic(), 0))
            event = received(number)
            record = to_record(event, prefix)
            await producer.send(record.topic, record.value, key=record.key, headers=list(record.headers))
            intended |= {message_key(event.id, Mail.M1, role): due for role in RecipientRole}
        assert due >= began
        await producer.flush()
    finally:
        await producer.stop()
    return intended


async def _arrivals(sink: MailSink, intended: Mapping[str, float]) -> Mapping[str, list[float]]:
    """When each mail came, once all have come or patience is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    arrivals = sink.arrivals()
    while intended.keys() - arrivals.keys() and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        arrivals = sink.arrivals()
    return arrivals


@asynccontextmanager
async def _notifier(url: str, bootstrap: str, prefix: str, sink: MailSink, folder: Path) -> AsyncIterator[None]:
    """The service, ready."""
    port = choose_ports(["notifier"])["notifier"]
    own = {
        "DATABASE_URL": url,
        "RELAY_DATABASE_URL": url,
        "PORT": str(port),
        "SMTP_HOST": LOOPBACK,
        "SMTP_PORT": str(sink.port),
        "SENDER": SENDER,
        "KEYS_DIR": str(ensure_keys(folder / "keys").mails),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NSS_")} | {
        "NSS_ENVIRONMENT": "test",
        "NSS_KAFKA_BOOTSTRAP": bootstrap,
        "NSS_TOPIC_PREFIX": prefix,
        "PYTHONPATH": str(ROOT),
        **{f"NSS_NOTIFIER_{name}": value for name, value in own.items()},
    }
    command = [sys.executable, "-m", "services.notifier.main", "--role", "worker"]
    part = processes.start_detached("notifier", command, log=folder / "notifier.log", cwd=ROOT, environment=environment)
    try:
        ready = f"http://{LOOPBACK}:{port}/health/ready?role=worker"
        await asyncio.to_thread(processes.wait_until_ready, part, lambda: says_yes(ready), seconds=READY_SECONDS)
        yield
    finally:
        await asyncio.to_thread(processes.stop_part, part, patience_seconds=20.0)


def half_load(rounds: Sequence[MailRound]) -> float:
    """Applications per second that take half of what sending can bear, each leading to two mails."""
    return statistics.median(each.ours for each in rounds) / len(RecipientRole) * LOAD


async def _measure(dsn: str, bootstrap: str, seconds: float) -> tuple[float, MailWaits]:
    rate = half_load(await measure_mail_speed(dsn, 1, 1000))
    return rate, await measure_mail_waits(dsn, bootstrap, rate, seconds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How soon mails leave at half load.")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    with servers(KAFKA, POSTGRES) as stack:
        rate, waits = uvloop.run(_measure(stack.state.postgres_dsn, stack.state.kafka_bootstrap, given.seconds))
    print(f"{len(waits.seconds)} mails at {rate:.0f} applications per second")
    print(f"p50 {waits.percentile(0.5):.2f} s, p99 {waits.percentile(0.99):.2f} s, longest {max(waits.seconds):.2f} s")
    print(f"P15 {waits.share_in_time:.4%}, must reach {AT_LEAST:.1%}")
    raise SystemExit(waits.share_in_time < AT_LEAST)


if __name__ == "__main__":
    main()
