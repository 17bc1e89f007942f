"""One worker of Kafka Connect as a child process, with exactly the jars of jgo.lock.toml here."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.debezium.worker_settings import HERE, SECURED, WORKER_SETTINGS, properties
from deploy.local import jars, processes
from deploy.local.java import find_java
from deploy.local.kafka import LOGGING
from deploy.local.ports import LOOPBACK
from deploy.local.processes import Part

NAME = "connect"
LOCK = Path(__file__).with_name("jgo.lock.toml")
READY_SECONDS = 90.0
ASK_SECONDS = 60.0
MEMORY = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-Xshare:auto")


@dataclass(frozen=True, slots=True)
class ConnectWorker:
    """Where the worker keeps its files, the port of its REST interface on loopback, and the broker it works for.

    `secured`: with TLS and the login that its environment names.
    """

    directory: Path
    log: Path
    port: int
    bootstrap: str
    secured: bool = False

    def start(self, environment: Mapping[str, str]) -> Part:
        """Start it and wait until it answers. `environment` holds what connectors refer to. Raises StackError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        settings = self.directory / "worker.properties"
        told = {"bootstrap.servers": self.bootstrap, "listeners": self.url, **WORKER_SETTINGS, **HERE}
        told |= SECURED if self.secured else {}
        settings.write_text(properties(told))
        class_path = ":".join(str(jar) for jar in jars.class_path(LOCK))
        command = [str(find_java().executable), *MEMORY, *LOGGING, "-cp", class_path]
        part = processes.start_detached(
            NAME,
            [*command, "org.apache.kafka.connect.cli.ConnectDistributed", str(settings)],
            log=self.log,
            cwd=self.directory,
            environment=environment,
        )
        processes.wait_until_ready(part, self._answers, seconds=READY_SECONDS)
        return part

    @property
    def url(self) -> str:
        """Of the REST interface."""
        return f"http://{LOOPBACK}:{self.port}"

    def put(self, connector: str, configuration: Mapping[str, str]) -> None:
        """Create the connector or change it. Raises urllib.error.HTTPError with what is wrong."""
        self._ask("PUT", f"/connectors/{connector}/config", configuration)

    def remove(self, connector: str) -> None:
        """Stop the connector and forget it; its slot stays."""
        self._ask("DELETE", f"/connectors/{connector}")

    def states(self, connector: str) -> list[str]:
        """Of the connector and its tasks, such as RUNNING and FAILED; empty while it is not known."""
        with suppress(urllib.error.HTTPError):
            status = self._ask("GET", f"/connectors/{connector}/status")
            return [status["connector"]["state"], *(task["state"] for task in status["tasks"])]
        return []

    def _answers(self) -> bool:
        with suppress(OSError):
            self._ask("GET", "/connectors")
            return True
        return False

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310  our own worker on loopback
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=ASK_SECONDS) as answer:  # noqa: S310
            told = answer.read()
        return json.loads(told) if told else None
