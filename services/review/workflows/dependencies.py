"""What the edges of the service hand to its workflows; made once, in main."""

from dataclasses import dataclass
from pathlib import Path

from shared.runtime.clock import Clock
from shared.runtime.database import Pool
from shared.runtime.ids import NewId
from shared.runtime.web.passwords import PasswordHasher
from shared.runtime.web.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The world outside: database, time, ids, passwords, sessions, and where the keys of staff tokens are."""

    pool: Pool
    clock: Clock
    new_id: NewId
    hasher: PasswordHasher
    sessions: Sessions
    staff_key_file: Path
    staff_keys_dir: Path
