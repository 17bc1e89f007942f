"""Review's settings, prefix `NSS_REVIEW_`; only main.py reads them."""

from pydantic import DirectoryPath, Field, FilePath
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """What review needs besides the common settings; it signs staff tokens, so it needs both halves of the key."""

    model_config = SettingsConfigDict(
        env_prefix="NSS_REVIEW_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    staff_keys_dir: DirectoryPath = Field(validation_alias="NSS_STAFF_KEYS_DIR")
    """Public halves, `<kid>.pem`, by which every service verifies."""
    staff_key_file: FilePath = Field()
    """Ed25519 private key in PEM that signs staff tokens; its stem is the key's id."""
    automatic_approval: bool = False
    """Whether the policy approves what a reviewer would approve without a thought."""
    second_approver_above: int | None = Field(default=None, ge=0)
    """More additions than this need a second approver; unset: no number does."""
    second_approver_for_last_mailbox: bool = False
    """Whether giving up the last mailbox needs a second approver (E12)."""
    target_business_days: int = Field(default=6, ge=1)
    """Applications older than this are marked in the queue; promised to nobody."""
