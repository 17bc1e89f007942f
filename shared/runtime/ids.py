"""Where new ids come from: UUIDv7, so that indexes on them stay local in time."""

from collections.abc import Callable
from uuid import UUID

import uuid_utils.compat

NewId = Callable[[], UUID]


def new_uuid7() -> UUID:
    """A fresh UUIDv7 (RFC 9562)."""
    return uuid_utils.compat.uuid7()
