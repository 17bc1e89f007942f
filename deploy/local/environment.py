"""The environment of each service's process: every NSS_ variable it reads, and nothing inherited but the basics."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from deploy.errors import StackError
from deploy.local.keys import StackKeys
from deploy.local.ports import LOOPBACK
from deploy.local.state import StackState
from shared.contracts.topics import SERVICES, ServiceName

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "SSL_CERT_FILE")
PASSED_ON = "NSS_KAFKA_SECURITY_"
SENDER = "nss@naccs.example"


@dataclass(frozen=True, slots=True)
class Code:
    """Where a process finds its code, and who interprets it: the folder of an image has one service and `shared`."""

    folder: Path
    python: str = sys.executable


CHECKOUT = Code(Path(__file__).resolve().parents[2])


def service_environment(
    service: ServiceName, state: StackState, keys: StackKeys, *, port: int | None = None
) -> dict[str, str]:
    """Everything `python -m services.<service>.main` needs; `port` only for a second process of the same service."""
    own = {
        "DATABASE_URL": state.databases[service].app_url,
        "RELAY_DATABASE_URL": state.databases[service].relay_url,
        "HOST": LOOPBACK,
        "PORT": str(port if port is not None else state.ports[service]),
    }
    prefix = f"NSS_{service.upper()}_"
    return {
        **_inherited(),
        **_common(state, keys),
        **(state.security.variables_of(service) if state.security else {}),
        **{prefix + name: value for name, value in own.items()},
        **_special(service, state, keys),
    }


def _inherited() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name in INHERITED or name.startswith(PASSED_ON)}


def _common(state: StackState, keys: StackKeys) -> Mapping[str, str]:
    urls = {f"NSS_{name.upper()}_URL": url for name, url in state.urls.items() if name != "mails"}
    return {
        **urls,
        "NSS_ENVIRONMENT": "local",
        "NSS_KAFKA_BOOTSTRAP": state.kafka_bootstrap,
        "NSS_TOPIC_PREFIX": state.topic_prefix,
        "NSS_CLOCK_OFFSET_FILE": str(state.directory / "clock-offset"),
        "NSS_STAFF_KEYS_DIR": str(keys.staff.public_keys),
        "NSS_REPLICATION_FACTOR": "1",
        "NSS_MIN_INSYNC_REPLICAS": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _special(service: ServiceName, state: StackState, keys: StackKeys) -> Mapping[str, str]:
    if service == "intake":
        return {"NSS_INTAKE_TICKET_KEY_FILE": str(keys.ticket.private_key)}
    if service == "review":
        return {"NSS_REVIEW_STAFF_KEY_FILE": str(keys.staff.private_key)}
    if service == "provisioning":
        return {
            "NSS_PROVISIONING_TICKET_KEYS_DIR": str(keys.ticket.public_keys),
            "NSS_PROVISIONING_KEY_DIR": str(keys.days),
        }
    return {
        "NSS_NOTIFIER_SMTP_HOST": LOOPBACK,
        "NSS_NOTIFIER_SMTP_PORT": str(state.ports["smtp"]),
        "NSS_NOTIFIER_SENDER": SENDER,
        "NSS_NOTIFIER_KEYS_DIR": str(keys.mails),
        # On one's own machine receivers are programs beside it.
        "NSS_NOTIFIER_HOOK_HTTP": "true",
        "NSS_NOTIFIER_HOOK_PRIVATE_ADDRESSES": "true",
    }


def service_of(instance: str) -> ServiceName:
    """The service a process belongs to: `review` and `review-2` are both review."""
    name = re.sub(r"-\d+$", "", instance)
    if name not in get_args(ServiceName):
        raise StackError(f"there is no service {name!r}: {', '.join(SERVICES)}")
    return name  # type: ignore[return-value]
