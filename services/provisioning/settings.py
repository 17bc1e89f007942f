"""Provisioning's settings: `NSS_PROVISIONING_…` and the common ones."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.provisioning.domain.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD
from shared.kernel.retention import AUDIT_YEARS
from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where the keys are, and how long a mailbox password is."""

    model_config = SettingsConfigDict(
        env_prefix="NSS_PROVISIONING_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    ticket_keys_dir: Path
    """Public keys `<kid>.pem` of those who may sign ID notice tickets."""
    key_dir: Path
    """Keys of the closing days: mode 0700, shared by all replicas, never backed up with the database."""
    password_length: int = Field(default=16, ge=SHORTEST_PASSWORD, le=LONGEST_PASSWORD)
    """Characters of a mailbox password."""
    content_grace_days: int = Field(default=30, ge=0)
    """How long the mail store keeps the content of a mailbox that has ended (E13)."""
    audit_years: int = Field(default=AUDIT_YEARS, ge=AUDIT_YEARS)
    """How long the audit of the ledger and of the ID notices is kept."""
    hashing_threads: int = Field(default=2, ge=1)
    """Hashes made at once, 19 MiB each."""
