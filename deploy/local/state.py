"""What a stack is and where: the file stack.json, which holds secrets and therefore has mode 0600."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from deploy.errors import StackError
from deploy.kubernetes.names import kafka_user
from deploy.local.databases import ServiceDatabase
from deploy.local.processes import Part
from deploy.local.secret_files import write_secret
from deploy.local.security import StackSecurity
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.settings import KafkaSettings

FILE_NAME = "stack.json"
FORMAT = 1


@dataclass(slots=True)
class StackState:
    """Everything somebody needs in order to use, watch or stop the stack."""

    directory: Path
    ports: dict[str, int] = field(default_factory=dict)
    kafka_bootstrap: str = ""
    kafka_is_ours: bool = True
    topic_prefix: str = ""
    postgres_dsn: str = ""
    postgres_is_ours: bool = True
    databases: dict[ServiceName, ServiceDatabase] = field(default_factory=dict)
    logins: list[dict[str, Any]] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)
    secured: bool = False

    @property
    def security(self) -> StackSecurity | None:
        """Logins and certificates of a secured stack."""
        return StackSecurity(self.directory / "security") if self.secured else None

    def secure(self, *, servers_are_ours: bool) -> None:
        """Before anything is started: a broker's storage learns its logins when it is made. Raises StackError."""
        if not servers_are_ours:
            raise StackError("a secured stack has servers of its own: unset NSS_KAFKA_BOOTSTRAP and NSS_POSTGRES_DSN")
        if self.ports and not self.secured:
            raise StackError(f"the stack in {self.directory} is not secured: choose another folder, or remove it")
        self.secured = True

    def broker_as(self, login: str) -> KafkaSettings:
        """The broker for a client that is this login; in a stack that is not secured everybody is nobody."""
        if self.security is not None:
            return self.security.broker_as(login, self.kafka_bootstrap, self.topic_prefix)
        return KafkaSettings(kafka_bootstrap=self.kafka_bootstrap, topic_prefix=self.topic_prefix)

    @property
    def broker(self) -> KafkaSettings:
        """The broker as the operator sees it, who may read everything and change nothing."""
        return self.broker_as(kafka_user("operator"))

    @property
    def urls(self) -> dict[str, str]:
        """Base address of every service and of the mail viewer."""
        named: dict[str, str] = {
            name: f"http://127.0.0.1:{self.ports[name]}" for name in SERVICES if name in self.ports
        }
        if "mail-viewer" in self.ports:
            named["mails"] = f"http://127.0.0.1:{self.ports['mail-viewer']}"
        return named

    def as_json(self) -> dict[str, Any]:
        """The content of stack.json; `nss status --json` prints it with the condition of every part."""
        return {
            "format": FORMAT,
            "directory": str(self.directory),
            "urls": self.urls,
            "kafka": {
                "bootstrap": self.kafka_bootstrap,
                "ours": self.kafka_is_ours,
                "topic_prefix": self.topic_prefix,
            },
            "postgres": {
                "dsn": self.postgres_dsn,
                "ours": self.postgres_is_ours,
                "databases": {name: database.as_json() for name, database in self.databases.items()},
            },
            "mail": {
                "smtp_host": "127.0.0.1",
                "smtp_port": self.ports.get("smtp"),
                "folder": str(self.directory / "mails"),
            },
            "logins": self.logins,
            "clock_offset_file": str(self.directory / "clock-offset"),
            "ports": self.ports,
            "secured": self.secured,
            "parts": [part.as_json() for part in self.parts.values()],
        }

    def save(self) -> None:
        """Write stack.json, replacing the old one as a whole."""
        self.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        write_secret(self.directory / FILE_NAME, json.dumps(self.as_json(), ensure_ascii=False, indent=2) + "\n")

    @classmethod
    def load(cls, directory: Path) -> Self | None:
        """The stack of this folder, None if there never was one. Raises StackError for a damaged file."""
        path = directory / FILE_NAME
        try:
            return cls._from_json(directory, json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise StackError(f"{path} is damaged: stop what still runs, then remove it") from error

    @classmethod
    def _from_json(cls, directory: Path, data: Mapping[str, Any]) -> Self:
        parts = [Part.from_json(part) for part in data["parts"]]
        return cls(
            directory=directory,
            ports={name: int(port) for name, port in data["ports"].items()},
            kafka_bootstrap=data["kafka"]["bootstrap"],
            kafka_is_ours=data["kafka"]["ours"],
            topic_prefix=data["kafka"]["topic_prefix"],
            postgres_dsn=data["postgres"]["dsn"],
            postgres_is_ours=data["postgres"]["ours"],
            databases={
                name: ServiceDatabase.from_json(data["postgres"]["databases"][name])
                for name in SERVICES
                if name in data["postgres"]["databases"]
            },
            logins=list(data["logins"]),
            parts={part.name: part for part in parts},
            secured=bool(data.get("secured", False)),
        )


def find_stacks(root: Path) -> Sequence[Path]:
    """The folders below a checkout's .local that hold a stack: its own first, then others such as the demo's."""
    local = root / ".local"
    return [file.parent for file in [local / FILE_NAME, *sorted(local.glob(f"*/{FILE_NAME}"))] if file.exists()]
