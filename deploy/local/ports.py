"""Ports on loopback: free ones chosen at start, those of the last start again where they are still free."""

import os
import socket
from collections.abc import Iterable, Mapping
from itertools import count

from deploy.errors import StackError
from shared.contracts.topics import SERVICES

LOOPBACK = "127.0.0.1"
OURS = range(15_000, 32_000)
"""Where free ports are looked for: below those that a kernel gives to outgoing connections, any of which could take a
port between its choice and the start of its server, or while a server that was killed is away."""
STRIDE = 7919
"""How far apart two processes with neighbouring ids begin to look."""
_steps = count()


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_ports(
    names: Iterable[str], *, given: Mapping[str, int] | None = None, last: Mapping[str, int] | None = None
) -> dict[str, int]:
    """A port per name: the given one, else that of the last start if free, else a free one; no port twice.

    Raises StackError when a given port is in use.
    """
    given, last = given or {}, last or {}
    chosen: dict[str, int] = {}
    for name in names:
        if name in given:
            chosen[name] = _insist(name, given[name])
        elif name in last and last[name] not in chosen.values() and is_free(last[name]):
            chosen[name] = last[name]
        else:
            chosen[name] = _free_port(set(chosen.values()) | set(given.values()))
    return chosen


def _insist(name: str, port: int) -> int:
    if not is_free(port):
        raise StackError(f"port {port} ({name}) is in use: stop what listens there, or choose another port for {name}")
    return port


def _free_port(taken: set[int]) -> int:
    while True:
        port = OURS[(os.getpid() * STRIDE + next(_steps)) % len(OURS)]
        if port not in taken and is_free(port):
            return port


def ports_from_environment() -> Mapping[str, int]:
    """Ports somebody insists on: NSS_INTAKE_PORT and the other services'. Raises StackError for what is no port."""
    given = {service: os.environ.get(f"NSS_{service.upper()}_PORT", "") for service in SERVICES}
    wrong = [service for service, text in given.items() if text and not text.isdigit()]
    if wrong:
        raise StackError(f"NSS_{wrong[0].upper()}_PORT must be a port number")
    return {service: int(text) for service, text in given.items() if text}
