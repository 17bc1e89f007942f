"""Our four services, each a worker process of its own, over the databases and topics of one run."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local import processes
from deploy.local.keys import StackKeys, ensure_keys
from deploy.local.ports import LOOPBACK, choose_ports
from deploy.local.probes import says_yes
from deploy.local.processes import Part
from shared.contracts.topics import SERVICES, ServiceName
from tests.benchmarks.ground import Field
from tests.benchmarks.worker import FOLDER

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Services:
    """The running processes."""

    parts: Mapping[ServiceName, Part]

    def resident_mib(self) -> dict[str, float]:
        """Resident size of each process now."""
        return {name: psutil.Process(part.pid).memory_info().rss / 2**20 for name, part in self.parts.items()}


@asynccontextmanager
async def running_services(
    field: Field, folder: Path, options: Sequence[str] = (), services: Sequence[ServiceName] = SERVICES
) -> AsyncIterator[Services]:
    """The workers, ready; `folder` keeps their keys and logs. Raises StackError naming the one that failed."""
    keys = ensure_keys(folder / "keys")
    ports = choose_ports(services)
    parts = {service: _start(service, field, folder, keys, (ports[service], options)) for service in services}
    try:
        for service, part in parts.items():
            await asyncio.to_thread(_await_ready, part, ports[service])
        yield Services(parts)
    finally:
        await asyncio.gather(*(asyncio.to_thread(_stop, part) for part in parts.values()))


def _start(service: ServiceName, field: Field, folder: Path, keys: StackKeys, how: tuple[int, Sequence[str]]) -> Part:
    port, options = how
    command = [sys.executable, "-m", "tests.benchmarks.worker", service, *options]
    environment = {**os.environ, **_environment(service, field, keys, port), FOLDER: str(folder)}
    return processes.start_detached(
        service, command, log=folder / "log" / f"{service}.log", cwd=ROOT, environment=environment
    )


def _await_ready(part: Part, port: int) -> None:
    url = f"http://{LOOPBACK}:{port}/health/ready"
    processes.wait_until_ready(part, lambda: says_yes(url), seconds=READY_SECONDS)


def _stop(part: Part) -> None:
    processes.stop_part(part, patience_seconds=STOP_SECONDS)


def _environment(service: ServiceName, field: Field, keys: StackKeys, port: int) -> Mapping[str, str]:
    own = {
        "DATABASE_URL": field.databases[service],
        "RELAY_DATABASE_URL": field.databases[service],
        "HOST": LOOPBACK,
        "PORT": str(port),
    }
    return {
        "NSS_ENVIRONMENT": "test",
        "NSS_KAFKA_BOOTSTRAP": field.bootstrap,
        "NSS_TOPIC_PREFIX": field.prefix,
        "NSS_STAFF_KEYS_DIR": str(keys.staff.public_keys),
        "NSS_INTAKE_TICKET_KEY_FILE": str(keys.ticket.private_key),
        "NSS_REVIEW_STAFF_KEY_FILE": str(keys.staff.private_key),
        "NSS_PROVISIONING_TICKET_KEYS_DIR": str(keys.ticket.public_keys),
        "NSS_PROVISIONING_KEY_DIR": str(keys.days),
        "NSS_NOTIFIER_SMTP_HOST": LOOPBACK,
        "NSS_NOTIFIER_SMTP_PORT": "25",
        "NSS_NOTIFIER_SENDER": "nss@naccs.example",
        "NSS_NOTIFIER_KEYS_DIR": str(keys.mails),
        **{f"NSS_{service.upper()}_{name}": value for name, value in own.items()},
    }
