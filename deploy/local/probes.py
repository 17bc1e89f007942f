"""How one part of the stack is doing, asked from outside."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.local import kafka, postgres, processes
from deploy.local.ports import LOOPBACK, is_free
from deploy.local.processes import Part

MAIL_SINK = "mail-sink"
PARTS = (kafka.NAME, postgres.NAME, MAIL_SINK)
ANSWER_SECONDS = 2.0


def condition_of(part: Part, ports: Mapping[str, int], tls: ssl.SSLContext | None = None) -> Mapping[str, Any]:
    """The part as `nss status` tells it: `ready`, `not ready`, or `ended` with its last words.

    `tls` where broker and database speak nothing else.
    """
    told = {"name": part.name, "pid": part.pid, "log": part.log}
    if not processes.is_running(part):
        return told | {"condition": "ended", "last_line": processes.last_line(Path(part.log))}
    return told | {"condition": "ready" if _is_ready(part.name, ports, tls) else "not ready"}


def _is_ready(name: str, ports: Mapping[str, int], tls: ssl.SSLContext | None) -> bool:
    if name == kafka.NAME:
        return kafka.answers(LOOPBACK, ports["kafka"], tls=tls)
    if name == postgres.NAME:
        return not is_free(ports["postgres"])
    if name == MAIL_SINK:
        return not is_free(ports["smtp"])
    return says_yes(readiness_url(ports[name]))


def readiness_url(port: int, role: str = "all") -> str:
    """The probe that says yes when everything a process of the role does is ready, its consumer included."""
    asked = "" if role == "web" else "?role=worker"
    return f"http://{LOOPBACK}:{port}/health/ready{asked}"


def says_yes(url: str) -> bool:
    """Whether a probe answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  a loopback address of ours
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def why_not(url: str) -> str:
    """The reasons of a service's probe that says no, in one line: `consumer: it has not joined its group yet`."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS):  # noqa: S310  a loopback address of ours
            return ""
    except urllib.error.HTTPError as refused:
        return _reasons(json.loads(refused.read()))
    except OSError:
        return "it does not answer"


def _reasons(told: Mapping[str, Any]) -> str:
    failed = [name for name, is_good in told["checks"].items() if not is_good]
    return ", ".join(f"{name}: {told.get(f'{name}_reason') or 'no'}" for name in failed) or "it starts or stops"
