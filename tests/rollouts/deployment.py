"""One service as a cluster's Deployments run it: replicas replaced one by one, the successor ready first."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import httpx2

from deploy.local import processes
from deploy.local.environment import CHECKOUT, Code
from deploy.local.ports import is_free
from shared.contracts.topics import ServiceName
from shared.runtime.service_process import LONGEST_STOP_SECONDS
from tests.faults.stubborn_people import counted_at
from tests.faults.supervisor import ALWAYS, make_ready
from tests.town import Town

REPLICAS = 2
UNTOLD_SECONDS = 0.5
"""How long a replica still serves whoever does not know yet that it goes: `preStop.sleep`, in short."""
READY_SECONDS = 180.0
"""A cluster waits for longer (`progressDeadlineSeconds`); how long it took is reported."""
SLOW_LINE_SECONDS = 1.5
"""Between a request's beginning and its last byte. Longer than `UNTOLD_SECONDS`: whoever goes has some in hand."""
PORTS = range(20_000, 32_000)
"""Below those the system gives to clients: nobody takes one between its choice and its use."""
KEEP_ALIVE_SECONDS = 60.0
"""As long as load balancers keep a connection that nobody uses."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A process for pages and one for events."""

    web: str
    worker: str


@dataclass(slots=True)
class Deployment:
    """The replicas of one service, oldest first, and what whoever came through its doors was told."""

    town: Town
    service: ServiceName
    replicas: list[Replica] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """Requests without an answer, each with what happened instead."""
    answered_at_the_end: int = 0
    """Requests that a replica had in hand when it was asked to end, and answered."""
    slowest_start_seconds: float = 0.0
    absorbed: int = 0
    """Deliveries that the replicas which have gone recognised as handled before."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(2))
    _turns: Iterator[int] = field(default_factory=count)
    _started: list[str] = field(default_factory=list)
    _ending: set[int] = field(default_factory=set)

    async def add(self, code: Code = CHECKOUT) -> None:
        """One more replica with this code; once it is ready it gets its share."""
        replica = Replica(*(f"{self.service}-{next(self._numbers)}" for _ in ("web", "worker")))
        starts = ((replica.web, "web"), (replica.worker, "worker"))
        began = time.monotonic()
        await asyncio.gather(*(asyncio.to_thread(self._start, name, role, code) for name, role in starts))
        self.slowest_start_seconds = max(self.slowest_start_seconds, round(time.monotonic() - began, 1))
        self.replicas.append(replica)

    async def drop_oldest(self) -> None:
        """No door leads to it any more; then it is asked to end, which it does by itself and in order."""
        replica = self.replicas.pop(0)
        await asyncio.sleep(UNTOLD_SECONDS)
        ports = self.town.stack.state.ports
        self.absorbed += await counted_at(f"http://127.0.0.1:{ports[replica.worker]}", "nss_consumer_duplicates_total")
        self._ending.add(ports[replica.web])
        ends = await asyncio.gather(*(asyncio.to_thread(self._stop, name) for name in (replica.web, replica.worker)))
        assert ends == [0, 0], replica

    async def replace_oldest(self, code: Code = CHECKOUT) -> None:
        """One step of a roll-out: `maxSurge: 1, maxUnavailable: 0`."""
        await self.add(code)
        await self.drop_oldest()

    async def clear(self) -> None:
        """Stop what still runs after a failure, and ask nothing, so that nothing hides the failure."""
        stack = self.town.stack
        running = [name for name in self._started if stack.is_running(name)]
        await asyncio.gather(*(asyncio.to_thread(stack.stop_part, name) for name in running))

    def door(self) -> "Door":
        """A way in for one visitor."""
        return Door(self)

    def next_port(self) -> int:
        """Where the next request goes."""
        replica = self.replicas[next(self._turns) % len(self.replicas)]
        return self.town.stack.state.ports[replica.web]

    def note_answer(self, port: int, status: int) -> None:
        """Somebody was answered there."""
        self.answers[status] += 1
        self.answered_at_the_end += port in self._ending

    @property
    def failures(self) -> Sequence[str]:
        """What no roll-out may show anybody: no answer, or one of a service in trouble."""
        return [*self.broken, *(f"{n} answers {status}" for status, n in self.answers.items() if status >= 500)]

    def _start(self, name: str, role: str, code: Code) -> None:
        stack = self.town.stack
        stack.state.ports[name] = next(port for port in random.sample(PORTS, len(PORTS)) if is_free(port))
        stack.codes[name] = code
        self._started.append(name)
        stack.spawn_service(name, environment=ALWAYS.get(self.service, {}), role=role)
        stack.wait_for_service(name, role=role, seconds=READY_SECONDS)

    def _stop(self, name: str) -> int:
        part = self.town.stack.part(name)
        processes.signal_part(part, signal.SIGTERM)
        return processes.exit_code(part, seconds=LONGEST_STOP_SECONDS)


class Door(httpx2.AsyncBaseTransport):
    """A load balancer: each request for the service goes to the next ready replica, and none is tried twice."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._address = httpx2.URL(deployment.town.urls[deployment.service])
        self._network = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer of whoever it was sent to; failures are noted and go on to the visitor."""
        if request.url.port != self._address.port:
            return await self._network.handle_async_request(request)
        port = self._deployment.next_port()
        body = _SlowLine(await request.aread())
        sent = httpx2.Request(request.method, request.url.copy_with(port=port), headers=request.headers,
                              stream=body, extensions=request.extensions)  # fmt: skip
        try:
            answer = await self._network.handle_async_request(sent)
        except httpx2.HTTPError as failure:
            self._deployment.broken.append(f"{request.method} {request.url.path}: {failure!r}")
            raise
        self._deployment.note_answer(port, answer.status_code)
        return answer

    async def aclose(self) -> None:
        """End its connections."""
        await self._network.aclose()


class _SlowLine(httpx2.AsyncByteStream):
    """A body whose last byte takes its time."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._body:
            yield self._body[:-1]
            await asyncio.sleep(SLOW_LINE_SECONDS)
            yield self._body[-1:]


@asynccontextmanager
async def deployed(town: Town, service: ServiceName, code: Code = CHECKOUT) -> AsyncIterator[Deployment]:
    """The service as replicas with this code in place of the stack's one process, which comes back at the end."""
    deployment = Deployment(town, service)
    for _ in range(REPLICAS):
        await deployment.add(code)
    await asyncio.to_thread(town.stack.stop_part, service)
    try:
        yield deployment
        while deployment.replicas:
            await deployment.drop_oldest()
    finally:
        await deployment.clear()
        await make_ready(town)
