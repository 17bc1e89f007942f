"""One running process of a service: opens what it needs in order, serves, and stops within a fixed budget."""

import asyncio
import contextlib
import gc
import importlib.metadata
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from shared.runtime import metrics
from shared.runtime.catalogue import catalogue_routes
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.database import Pool, open_pool
from shared.runtime.file_measures import FileMeter
from shared.runtime.health import ProcessState, probe_routes
from shared.runtime.ids import new_uuid7
from shared.runtime.kafka import KafkaUnreachable, check_broker
from shared.runtime.logs import get_log
from shared.runtime.migrations import pending_migrations
from shared.runtime.operate import operate_routes
from shared.runtime.operate_events import EventOperations
from shared.runtime.recall import Recall, RecallWatch
from shared.runtime.recall.routes import WhileCurrent, recall_routes
from shared.runtime.service_parts import CannotStart, Resources, ServiceDefinition, ServiceParts
from shared.runtime.settings import ServiceRole
from shared.runtime.traced_process import traced
from shared.runtime.web_measures import Measured

if TYPE_CHECKING:
    from shared.runtime.worker import Worker

HTTP_STOP_SECONDS = 5
KEEP_ALIVE_SECONDS = 75
"""Longer than load balancers keep an idle connection (60 s): if we closed it, a request might be on its way."""
LET_GO_SECONDS = 5.0
POOL_CLOSE_SECONDS = 3.0
LONGEST_STOP_SECONDS = 28.0
"""Below the 30 s that Kubernetes waits before it kills."""
GARBAGE_THRESHOLD = 50_000

log = get_log()


@dataclass(frozen=True, slots=True)
class _Work:
    """What runs beside the server, without an end."""

    run: Callable[[], Awaitable[object]]
    hooks: Callable[[], Awaitable[object]]
    worker: "Worker | None"


class ServiceProcess:
    """One process in one role."""

    def __init__(self, definition: ServiceDefinition, role: ServiceRole) -> None:
        self._definition = definition
        self._role = role
        self._settings = definition.settings
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises what makes a start impossible, each with one clear line."""
        self._watch_signals()
        with self._listener() as listener, traced(self._definition.name, self._settings, _version()):
            pool = await open_pool(
                self._settings.database_url.get_secret_value(),
                application_name=f"nss-{self._definition.name}-{self._role}",
                max_size=self._settings.pool_size,
            )
            try:
                await self._refuse_when_behind(pool)
                await self._serve(pool, listener)
            finally:
                await _close_pool(pool)

    async def _serve(self, pool: Pool, listener: socket.socket) -> None:
        clock = SystemClock(self._settings.clock_offset_file)
        parts = self._definition.assemble(Resources(pool=pool, clock=clock, new_id=new_uuid7))
        watch = self._recall_watch(pool, clock, parts)
        if watch:
            parts = replace(parts, operate=[*parts.operate, *recall_routes(watch.recall)])
        state = ProcessState(
            service=self._definition.name,
            role=self._role,
            version=_version(),
            clock=clock,
            pool=pool,
            ask_broker=self._broker_answers,
            measure_files=FileMeter(self._definition.name, self._settings).measure,
            recall=watch,
        )
        metrics.BUILD.labels(state.service, state.role, state.version).set(1)
        metrics.begin_counting(state.service, state.role)
        server = uvicorn.Server(self._server_configuration(build_app(state, parts, self._settings.staff_keys_dir)))
        # The server's own signal handling would end the process before the parts have stopped.
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        worker = self._worker(state, parts, watch)
        work = worker.run if worker else partial(self._follow, watch) if watch else self._stop.wait
        await self._run_until_stopped(server, listener, _Work(work, self._hooks(parts, watch), worker), state)

    def _recall_watch(self, pool: Pool, clock: Clock, parts: ServiceParts) -> RecallWatch | None:
        if parts.book is None:
            return None
        recall = Recall(self._definition.name, self._settings, pool, clock, parts.router, parts.book)
        return RecallWatch(recall)

    def _worker(self, state: ProcessState, parts: ServiceParts, watch: RecallWatch | None) -> "Worker | None":
        if self._role in ("web", "hooks"):
            return None
        # Imported here so that a process for pages loads no consumer.
        from shared.runtime.worker import Worker

        return Worker(self._definition, self._role, state, parts, watch)

    async def _follow(self, watch: RecallWatch) -> None:
        """A process without a worker. Pages answer what is so; posts that are under way are ended with the process."""
        if self._role == "hooks":
            await watch.settle()
            await watch.found_behind()
            raise CannotStart(watch.end_line)
        await watch.follow()

    def _hooks(self, parts: ServiceParts, watch: RecallWatch | None) -> Callable[[], Awaitable[object]]:
        """The endless work of role `hooks`; elsewhere nothing but waiting. Raises CannotStart."""
        if self._role == "hooks" and parts.hooks is None:
            raise CannotStart(f"{self._definition.name} has no role hooks")
        if parts.hooks is None or self._role not in ("all", "hooks"):
            return self._stop.wait
        return partial(_once_settled, watch, parts.hooks) if watch else parts.hooks

    async def _run_until_stopped(
        self,
        server: uvicorn.Server,
        listener: socket.socket,
        work: "_Work",
        state: ProcessState,
    ) -> None:
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
        working = asyncio.ensure_future(work.run())
        posting = asyncio.ensure_future(work.hooks())
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        spare_the_collector()
        state.started = True
        log.info("started", service=state.service, role=state.role, port=listener.getsockname()[1])
        await asyncio.wait([serving, working, posting, stopping], return_when=asyncio.FIRST_COMPLETED)
        with _bounded_stop():
            state.stopping = True
            server.should_exit = True
            for task in (working, posting, stopping):
                task.cancel()
            # A query to a database that has fallen silent is not let go of: the pool's end cuts it off.
            await asyncio.wait([working, posting], timeout=LET_GO_SECONDS)
            if work.worker:
                await work.worker.stop()
            await asyncio.wait([serving])
        log.info("stopped", service=state.service, role=state.role)
        for task in (serving, working, posting):
            if task.done() and not task.cancelled() and isinstance(error := task.exception(), Exception):
                raise error

    def _server_configuration(self, app: Starlette) -> uvicorn.Config:
        return uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=HTTP_STOP_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )

    def _listener(self) -> socket.socket:
        host, port = self._settings.host, self._settings.port
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((host, port), family=family, backlog=2048)
        except OSError as error:
            reason, variable = os.strerror(error.errno or 0), f"NSS_{self._definition.name.upper()}_PORT"
            raise CannotStart(
                f"cannot listen on {host} port {port} ({reason}): stop what uses it or set {variable}"
            ) from error

    async def _refuse_when_behind(self, pool: Pool) -> None:
        async with pool.acquire() as db:
            missing = await pending_migrations(db, self._definition.migrations)
        if missing:
            raise CannotStart(
                f"the database lacks {len(missing)} migration(s), first {missing[0]}: run nss migrate, then start again"
            )

    async def _broker_answers(self) -> bool:
        try:
            await check_broker(self._settings, give_up_seconds=1.0)
        except KafkaUnreachable:
            return False
        return True

    def _watch_signals(self) -> None:
        """The first signal stops in order; a second one ends the process at once."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if self._stop.is_set():
                os._exit(1)
            self._stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)


def build_app(state: ProcessState, parts: ServiceParts, staff_keys: Path | None) -> Starlette:
    """Probes, metrics, `/operate/v1` and `/catalogue`, and the service's pages at `/` in the roles that serve them."""
    acts_on = frozenset(model.ce_type for model in parts.router.models)
    events = EventOperations(state.service, state.pool, state.clock, acts_on)
    operate = operate_routes([*events.routes(), *parts.operate], staff_keys, state.clock)
    routes: list[BaseRoute] = [*probe_routes(state), operate, *catalogue_routes()]
    if parts.pages is not None and state.role != "worker":
        pages = WhileCurrent(parts.pages, state.recall) if state.recall else parts.pages
        routes.append(Mount("/", Measured(pages, state.service)))
    return Starlette(routes=routes)


def spare_the_collector() -> None:
    """What start-up made lives as long as the process, and a poll makes thousands of short-lived values: looking for
    cycles after every 700 of them cost a fifth of the consumer's speed (measured)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 50)


async def _once_settled(watch: RecallWatch, work: Callable[[], Awaitable[None]]) -> None:
    await watch.settled()
    await work()


@contextlib.contextmanager
def _bounded_stop() -> Iterator[None]:
    """However stuck a library is, the process ends before the platform has to kill it."""
    watchdog = threading.Timer(LONGEST_STOP_SECONDS, os._exit, args=(1,))
    watchdog.daemon = True
    watchdog.start()
    yield
    # Not cancelled: the event loop's own end may hang on a library's task, too.


async def _close_pool(pool: Pool) -> None:
    try:
        async with asyncio.timeout(POOL_CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()


def _version() -> str:
    try:
        return importlib.metadata.version("nss-mailbox")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
