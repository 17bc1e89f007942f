"""What a platform does for services: starts one again when its process has ended, and knows how it ended."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from deploy.local import processes
from deploy.local.processes import Part
from shared.contracts.topics import SERVICES, ServiceName
from tests.town import POLL_SECONDS, InVain, Town, until

ENDS_WITHIN_SECONDS = 120.0
KILLED = -signal.SIGKILL
ALWAYS: Mapping[ServiceName, Mapping[str, str]] = {"notifier": {"NSS_NOTIFIER_LOST_REPLY_RETRY_SECONDS": "2"}}
"""A notifier that was killed while it sent tries those mails again after seconds here, not after ten minutes."""


@dataclass(slots=True)
class Watch:
    """How often each service was started again, and the exit codes of the processes that had ended."""

    exit_codes: dict[ServiceName, list[int]] = field(default_factory=dict)

    def note(self, service: ServiceName, code: int) -> None:
        """One process of the service has ended."""
        self.exit_codes.setdefault(service, []).append(code)

    async def all_have_ended(self, services: Sequence[ServiceName]) -> None:
        """Wait until one process of each has ended: a death is noticed a moment after its effects."""

        async def look() -> bool | None:
            return self.exit_codes.keys() >= set(services) or None

        await until(look, f"a process of each of {services} to end")


async def arm(town: Town, environments: Mapping[ServiceName, Mapping[str, str]]) -> Mapping[ServiceName, Part]:
    """Start these services anew, each with more environment such as NSS_FAILPOINT, and wait until they are ready."""
    await asyncio.gather(*(asyncio.to_thread(town.stack.stop_part, service) for service in environments))
    parts = {service: start(town, service, environment) for service, environment in environments.items()}
    await asyncio.gather(*(asyncio.to_thread(town.stack.wait_for_service, service) for service in environments))
    return parts


def start(town: Town, service: ServiceName, environment: Mapping[str, str] | None = None) -> Part:
    """Start the service's process and do not wait."""
    return town.stack.spawn_service(service, environment={**ALWAYS.get(service, {}), **(environment or {})})


async def death_of(part: Part) -> int:
    """The exit code of a process that ends by itself. Raises InVain if it does not."""
    deadline = time.monotonic() + ENDS_WITHIN_SECONDS
    while processes.is_running(part):
        if time.monotonic() > deadline:
            raise InVain(f"{part.name} still runs after {ENDS_WITHIN_SECONDS:.0f} s; its log: {part.log}")
        await asyncio.sleep(POLL_SECONDS)
    return processes.exit_code(part, seconds=1.0)


@asynccontextmanager
async def supervised(town: Town, services: Sequence[ServiceName] = SERVICES) -> AsyncIterator[Watch]:
    """While this is open, a service that ends is started again, unarmed; at the end all of them are ready."""
    watch = Watch()
    supervision = asyncio.create_task(_supervise(town, services, watch))
    try:
        yield watch
    finally:
        supervision.cancel()
        await asyncio.gather(supervision, return_exceptions=True)
    await make_ready(town)


async def _supervise(town: Town, services: Sequence[ServiceName], watch: Watch) -> None:
    while True:
        for service in services:
            part = town.stack.part(service)
            if not processes.is_running(part):
                watch.note(service, processes.exit_code(part, seconds=1.0))
                start(town, service)
        await asyncio.sleep(POLL_SECONDS)


async def make_ready(town: Town) -> None:
    """Every service that does not run is started, and all of them answer ready."""
    for service in SERVICES:
        if not town.stack.is_running(service):
            start(town, service)
    await asyncio.gather(*(asyncio.to_thread(town.stack.wait_for_service, service) for service in SERVICES))
