"""One node of real Apache Kafka as a child process, small and quick to start again after a kill."""

import secrets
import signal
import socket
import ssl
import struct
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import StackError
from deploy.local import jars, processes
from deploy.local.java import find_java
from deploy.local.ports import LOOPBACK
from deploy.local.processes import Part
from deploy.local.secret_files import write_secret
from deploy.local.secured_kafka import BrokerSecurity

NAME = "kafka"
READY_SECONDS = 60.0
MEMORY = ("-Xms128m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
API_VERSIONS = 18

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=CLIENTS://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=CLIENTS://{host}:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENTS
listener.security.protocol.map={protocols}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=4
background.threads=2
# A broker that was killed may register again once its old session is over: 2 to 3 s instead of 12 s.
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=500
"""

PLAIN, SECURED = "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT", "CLIENTS:SASL_SSL,CONTROLLER:SSL"

LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)


@dataclass(frozen=True, slots=True)
class KafkaNode:
    """Where the node keeps its files, and its two ports on loopback. With `secured` it speaks TLS alone."""

    directory: Path
    log: Path
    port: int
    controller_port: int
    secured: BrokerSecurity | None = None

    @property
    def bootstrap(self) -> str:
        """Address for clients."""
        return f"{LOOPBACK}:{self.port}"

    def start(self) -> Part:
        """Format the storage if it is new, start the node and wait for its answer. Raises StackError."""
        part = self.spawn()
        self.wait(part)
        return part

    def spawn(self) -> Part:
        """As `start`, without waiting."""
        command = self._prepare()
        return processes.start_detached(NAME, [*command, "kafka.Kafka", str(self._properties)], log=self.log,
                                        cwd=self.directory)  # fmt: skip

    def wait(self, part: Part) -> None:
        """Return once the node answers a request over TCP. Raises StackError with the log's path."""
        trusting = self.secured.security.trusting_context() if self.secured else None
        processes.wait_until_ready(part, lambda: answers(LOOPBACK, self.port, tls=trusting), seconds=READY_SECONDS)

    @property
    def _properties(self) -> Path:
        return self.directory / "server.properties"

    def _prepare(self) -> Sequence[str]:
        """Write the node's files, format new storage; the command up to the class that is to run."""
        data = self.directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        write_secret(self._properties, self._settings(data))
        class_path = ":".join(str(jar) for jar in jars.class_path())
        command = [str(find_java().executable), *MEMORY, *LOGGING, "-cp", class_path]
        if not (data / "meta.properties").exists():
            self._format(command)
        return command

    def _settings(self, data: Path) -> str:
        protocols = SECURED if self.secured else PLAIN
        plain = PROPERTIES.format(
            host=LOOPBACK, port=self.port, controller_port=self.controller_port, data=data, protocols=protocols
        )
        return plain + (self.secured.properties(self.directory) if self.secured else "")

    def _format(self, command: Sequence[str]) -> None:
        cluster_id = secrets.token_urlsafe(16)
        done = subprocess.run(  # noqa: S603  the broker's own tool
            [*command, "kafka.tools.StorageTool", "format", "-g", "-t", f"A{cluster_id[1:22]}",
             "-c", str(self._properties), *(self.secured.format_arguments() if self.secured else ())],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.write_text(done.stdout + done.stderr)
            raise StackError(f"Kafka's storage could not be formatted: {processes.last_line(self.log)} ({self.log})")


def stop(part: Part) -> None:
    """End the node in good order."""
    processes.stop_part(part, number=signal.SIGTERM, patience_seconds=15)


def answers(host: str, port: int, *, seconds: float = 1.0, tls: ssl.SSLContext | None = None) -> bool:
    """Whether a broker answers an ApiVersions request there, which it does before any login."""
    client = b"nss"
    request = struct.pack(f">hhih{len(client)}s", API_VERSIONS, 0, 1, len(client), client)
    with ExitStack() as closing, suppress(OSError):
        connection = closing.enter_context(socket.create_connection((host, port), timeout=seconds))
        if tls is not None:
            connection = closing.enter_context(tls.wrap_socket(connection, server_hostname=host))
        connection.settimeout(seconds)
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = connection.recv(10)
        return len(answer) == 10 and struct.unpack(">iih", answer)[1:] == (1, 0)
    return False
