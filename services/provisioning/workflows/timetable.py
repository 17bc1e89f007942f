"""What the workflows need that the clock starts."""

from dataclasses import dataclass

from services.provisioning.vault import KeyStore
from shared.runtime.clock import Clock
from shared.runtime.database import Pool
from shared.runtime.ids import NewId


@dataclass(frozen=True, slots=True)
class Timetable:
    """What the scheduled workflows need. One call handles at most `batch_size` applications."""

    pool: Pool
    clock: Clock
    new_id: NewId
    key_store: KeyStore
    content_grace_days: int = 30
    """How long the mail store keeps the content of a mailbox that has ended (E13)."""
    batch_size: int = 200
