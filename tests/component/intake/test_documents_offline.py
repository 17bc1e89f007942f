"""Printing a document needs no network: where the kernel ends whoever opens a socket, the same bytes come out."""

import json
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.component.intake.printing_offline import SOCKET_CALLS, digests

TEMPLATES = Path("services/intake/templates/documents")
pytestmark = pytest.mark.skipif(platform.machine() not in SOCKET_CALLS, reason="system calls have other numbers here")


def printed_offline(what: str) -> subprocess.CompletedProcess[str]:
    """The process behind the fence, when it has ended."""
    command = [sys.executable, "-m", "tests.component.intake.printing_offline", what]
    return subprocess.run(command, capture_output=True, text=True, timeout=180)


async def test_documents_have_the_same_bytes_where_no_socket_can_be_opened() -> None:
    offline = printed_offline("documents")

    assert offline.returncode == 0, offline.stderr
    assert json.loads(offline.stdout) == await digests()


def test_the_fence_ends_a_printer_whose_template_asks_for_a_package_of_the_network() -> None:
    assert printed_offline("package").returncode == -signal.SIGSYS


def test_no_template_asks_for_a_package() -> None:
    for template in TEMPLATES.glob("*.typ"):
        assert "@preview" not in template.read_text(encoding="utf-8"), template.name
