"""The local stack as one thing: started, asked, damaged on purpose by tests, and stopped as one."""

import asyncio
import fcntl
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from deploy.errors import NotRunning, StackError
from deploy.local import databases, kafka, postgres, processes
from deploy.local.environment import CHECKOUT, Code, service_environment, service_of
from deploy.local.keys import StackKeys, ensure_keys
from deploy.local.ports import LOOPBACK, choose_ports, is_free
from deploy.local.probes import MAIL_SINK, PARTS, condition_of, readiness_url, says_yes, why_not
from deploy.local.processes import Part
from deploy.local.secret_files import private_folder
from deploy.local.secured_kafka import BrokerSecurity
from deploy.local.secured_postgres import DatabaseSecurity
from deploy.local.security import DEPLOYMENT_LOGIN
from deploy.local.state import StackState
from deploy.operate.access import apply_access
from deploy.operate.topics import TopicLayout, create_topics
from deploy.progress import say, step
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.kafka import client_options

ROOT = Path(__file__).resolve().parents[2]
PART_PORTS = {
    kafka.NAME: ("kafka", "kafka-controller"),
    postgres.NAME: ("postgres",),
    MAIL_SINK: ("smtp", "mail-viewer"),
}
SERVICE_READY_SECONDS = 60.0
SERVICE_STOP_SECONDS = 20.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outside:
    """Servers that are there already and are used instead of our own; None means our own."""

    kafka_bootstrap: str | None = None
    postgres_dsn: str | None = None

    @classmethod
    def from_environment(cls) -> "Outside":
        """NSS_KAFKA_BOOTSTRAP and NSS_POSTGRES_DSN."""
        return cls(os.environ.get("NSS_KAFKA_BOOTSTRAP") or None, os.environ.get("NSS_POSTGRES_DSN") or None)


class LocalStack:
    """One stack in one folder. Every change is written to stack.json at once, so that anybody can stop it later."""

    def __init__(
        self,
        directory: Path,
        *,
        outside: Outside | None = None,
        topic_prefix: str = "",
        database_prefix: str = "nss",
        given_ports: Mapping[str, int] | None = None,
        secured: bool = False,
    ) -> None:
        self.directory = directory.resolve()
        self._outside = outside if outside is not None else Outside.from_environment()
        self._database_prefix = database_prefix
        self._given_ports = dict(given_ports or {})
        self._saving = threading.Lock()
        self.codes: dict[str, Code] = {}
        self.state = StackState.load(self.directory) or StackState(self.directory)
        if topic_prefix:
            self.state.topic_prefix = topic_prefix
        if secured:
            self.state.secure(servers_are_ours=self._outside == Outside())

    def up(self, services: Sequence[ServiceName] = SERVICES) -> None:
        """Start whatever does not run yet and wait until all of it is ready. Raises StackError naming what failed."""
        with self.locked():
            self._choose_ports([name for name in services if not self.is_running(name)])
            self.start_parts()
            with step("databases, topics and keys"):
                self.prepare()
            self.start_services(services)

    def down(self) -> Sequence[str]:
        """Stop everything of ours: services first, then what they stand on. Returns the names of what was stopped."""
        with self.locked():
            running = [part for part in self.state.parts.values() if processes.is_running(part)]
            on_top = [part for part in running if part.name not in PARTS]
            beneath = [part for part in running if part.name in PARTS]
            self._stop_together(on_top)
            self._stop_together(beneath)
            self.state.parts.clear()
            self.state.save()
            return [part.name for part in (*on_top, *beneath)]

    def wipe(self) -> None:
        """Stop everything and remove all data of this folder."""
        if self.directory.exists():
            self.down()
            self._postgres(0).remove_data()
            shutil.rmtree(self.directory, ignore_errors=True)
        self.state = StackState(self.directory, topic_prefix=self.state.topic_prefix, secured=self.state.secured)

    def status(self) -> Sequence[Mapping[str, Any]]:
        """Each part with its condition: `ready`, `not ready`, or `ended` with the path of its log."""
        tls = self.state.security.trusting_context() if self.state.security else None
        return [condition_of(part, self.state.ports, tls) for part in self.state.parts.values()]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time may start or stop things in this folder. Raises StackError for the second."""
        self.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        with (self.directory / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StackError(f"another nss command is at work in {self.directory}: wait for it") from error
            yield

    def start_parts(self, wanted: Sequence[str] = PARTS) -> None:
        """Broker, database and mail sink, side by side; those that run already stay as they are."""
        private_folder(self.directory / "log")
        self.state.kafka_is_ours = self._outside.kafka_bootstrap is None
        self.state.postgres_is_ours = self._outside.postgres_dsn is None
        starters = {kafka.NAME: self.start_kafka, postgres.NAME: self.start_postgres, MAIL_SINK: self.start_mail_sink}
        self._choose_ports([port for name in wanted for port in PART_PORTS[name] if not self.is_running(name)])
        with ThreadPoolExecutor(len(starters)) as pool:
            started = [pool.submit(starters[name]) for name in wanted if not self.is_running(name)]
        for result in started:
            result.result()
        self.state.save()

    def start_kafka(self) -> None:
        """The broker, or the one that was given."""
        if self._outside.kafka_bootstrap is not None:
            self.state.kafka_bootstrap = self._outside.kafka_bootstrap
            say(f"  ok  Kafka at {self.state.kafka_bootstrap} (given by NSS_KAFKA_BOOTSTRAP)")
            return
        node = kafka.KafkaNode(self.directory / "kafka", self.log_of(kafka.NAME), self._port("kafka"),
                               self._port("kafka-controller"), BrokerSecurity.of(self.state.security))  # fmt: skip
        with step(f"Kafka at {node.bootstrap}"):
            part = self._remember(node.spawn())
            node.wait(part)
        self.state.kafka_bootstrap = node.bootstrap

    def start_postgres(self) -> None:
        """The database server, or the one that was given."""
        if self._outside.postgres_dsn is not None:
            self.state.postgres_dsn = self._outside.postgres_dsn
            say("  ok  PostgreSQL (given by NSS_POSTGRES_DSN)")
            return
        server = self._postgres(self._port("postgres"))
        with step(f"PostgreSQL at {LOOPBACK}:{server.port}"):
            part = self._remember(server.spawn())
            server.wait(part)
        self.state.postgres_dsn = server.dsn

    def start_mail_sink(self) -> None:
        """The mail server that keeps every mail as a file, and its page."""
        smtp, viewer = self._port("smtp"), self._port("mail-viewer")
        command = [sys.executable, "-m", "deploy.local.smtp_sink", "--folder", str(self.directory / "mails"),
                   "--host", LOOPBACK, "--smtp-port", str(smtp), "--viewer-port", str(viewer)]  # fmt: skip
        with step(f"mail sink at {LOOPBACK}:{smtp}"):
            part = processes.start_detached(MAIL_SINK, command, log=self.log_of(MAIL_SINK), cwd=ROOT)
            self._remember(part)
            processes.wait_until_ready(part, lambda: not is_free(smtp) and not is_free(viewer), seconds=30)

    def prepare(self) -> None:
        """Databases with their logins, migrations, topics and keys; what exists stays."""
        ensure_keys(self.directory / "keys")
        self.state.databases = run_to_end(
            databases.create_databases(self.state.postgres_dsn, self._database_prefix, self.state.databases)
        )
        self.state.save()
        if self.state.security:
            run_to_end(databases.close_to_services(self.state.postgres_dsn))
        self.migrate()
        broker = client_options(self.state.broker_as(DEPLOYMENT_LOGIN))
        run_to_end(create_topics(broker, TopicLayout(prefix=self.state.topic_prefix)))
        if self.state.security:
            run_to_end(apply_access(broker, self.state.topic_prefix))

    def migrate(self) -> Mapping[ServiceName, Sequence[str]]:
        """Bring every database up to date; the files applied, by service."""
        return {service: run_to_end(databases.migrate(service, self.state.databases[service]))
                for service in self.state.databases}  # fmt: skip

    def start_services(self, services: Sequence[ServiceName]) -> None:
        """All at once, then wait for each to be ready."""
        missing = [service for service in services if not self.is_running(service)]
        for service in missing:
            self.spawn_service(service)
        for service in missing:
            with step(f"{service} at {self.state.urls[service]}"):
                self.wait_for_service(service)

    def spawn_service(self, instance: str, *, environment: Mapping[str, str] | None = None, role: str = "all") -> Part:
        """Start one process and do not wait. `review-2` is a second process of review, with a port of its own.

        `environment` adds variables for this one start, such as NSS_FAILPOINT. `codes` names those of another release.
        """
        service = service_of(instance)
        if instance not in self.state.ports:
            self._choose_ports([instance])
        base = service_environment(service, self.state, self.keys, port=self._port(instance))
        code = self.codes.get(instance, CHECKOUT)
        command = [code.python, "-m", f"services.{service}.main", "--role", role]
        part = processes.start_detached(
            instance, command, log=self.log_of(instance), cwd=code.folder, environment={**base, **(environment or {})}
        )
        return self._remember(part)

    def start_service(self, instance: str, *, environment: Mapping[str, str] | None = None, role: str = "all") -> Part:
        """As `spawn_service`, then wait until it is ready. Raises StackError if it ends instead."""
        part = self.spawn_service(instance, environment=environment, role=role)
        self.wait_for_service(instance, role=role)
        return part

    def wait_for_service(self, instance: str, *, role: str = "all", seconds: float = SERVICE_READY_SECONDS) -> None:
        """Return once everything its role does is ready. Raises StackError, naming the process and its log."""
        url = readiness_url(self._port(instance), role)
        part = self.part(instance)
        processes.wait_until_ready(part, lambda: says_yes(url), seconds=seconds, why_not=lambda: why_not(url))

    def restart_service(self, instance: str, *, environment: Mapping[str, str] | None = None) -> Part:
        """Stop in good order, then start again at the same port."""
        self.stop_part(instance)
        return self.start_service(instance, environment=environment)

    def stop_part(self, name: str) -> None:
        """Stop one part or service in good order."""
        self._stop_together([self.part(name)])

    def kill_part(self, name: str) -> None:
        """Kill one part or service as a power cut would; start_kafka, start_postgres or start_service bring it back."""
        processes.kill_part(self.part(name))

    @property
    def keys(self) -> StackKeys:
        """The stack's keys."""
        return ensure_keys(self.directory / "keys")

    def part(self, name: str) -> Part:
        """A part by name. Raises NotRunning if it was never started."""
        if name not in self.state.parts:
            raise NotRunning(f"{name} is not part of the stack in {self.directory}: run `nss up`")
        return self.state.parts[name]

    def is_running(self, name: str) -> bool:
        """Whether this part runs now."""
        return name in self.state.parts and processes.is_running(self.state.parts[name])

    def log_of(self, name: str) -> Path:
        """Where the part writes."""
        return self.directory / "log" / f"{name}.log"

    def _postgres(self, port: int) -> postgres.PostgresServer:
        secured = DatabaseSecurity.of(self.state.security)
        return postgres.PostgresServer(self.directory / "postgres", self.log_of(postgres.NAME), port, secured)

    def _port(self, name: str) -> int:
        if name not in self.state.ports:
            self._choose_ports([name])
        return self.state.ports[name]

    def _choose_ports(self, names: Sequence[str]) -> None:
        self.state.ports |= choose_ports(names, given=self._given_ports, last=self.state.ports)

    def _remember(self, part: Part) -> Part:
        with self._saving:
            self.state.parts[part.name] = part
            self.state.save()
        return part

    def _stop_together(self, parts: Sequence[Part]) -> None:
        stoppers: Mapping[str, Callable[[Part], Any]] = {kafka.NAME: kafka.stop, postgres.NAME: postgres.stop}
        with ThreadPoolExecutor(max(len(parts), 1)) as pool:
            list(pool.map(lambda part: stoppers.get(part.name, _stop_service)(part), parts))


def _stop_service(part: Part) -> None:
    if not processes.stop_part(part, number=signal.SIGTERM, patience_seconds=SERVICE_STOP_SECONDS):
        say(f"      {part.name} did not end by itself within {SERVICE_STOP_SECONDS:.0f} s and was killed: {part.log}")


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run to completion from code that is not asynchronous, even inside a test whose loop runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
