"""How a service reads its own topics back into its database."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.envelope import Event
from shared.runtime.database import Connection

Restore = Callable[[Connection, Event[Any]], Awaitable[None]]
"""Writes what an event of the service itself says, and tells nothing."""


async def _no_numbers(_db: Connection, _subjects: Collection[str]) -> None:
    """For a service that gives no numbers."""


@dataclass(frozen=True, slots=True)
class OwnBook:
    """By event type, what brings back a decision that was lost.

    Left out are reactions: they are repeated when the event that caused them is handled again.
    """

    restores: Mapping[str, Restore]
    lift_numbers: Callable[[Connection, Collection[str]], Awaitable[None]] = _no_numbers
    """Lets no number be given again that a subject among these has."""
