"""Review's settings, prefix `NSS_REVIEW_`; only main.py reads them."""

from typing import Self

from pydantic import DirectoryPath, Field, FilePath, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.kernel.retention import AUDIT_YEARS, CONTACT_DAYS
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
    contact_days: int = Field(default=CONTACT_DAYS, ge=1)
    """How long contacts and notes are kept after their application ended."""
    audit_years: int = Field(default=AUDIT_YEARS, ge=AUDIT_YEARS)
    """How long the audit is kept; the database refuses less than seven."""
    oidc_issuer: str = ""
    """Identity provider through which staff may log in; empty: by password alone."""
    oidc_client_id: str = ""
    """Our name at the provider."""
    oidc_client_secret: SecretStr = SecretStr("")
    """Our secret there."""
    oidc_login_claim: str = "preferred_username"
    """The claim of the ID token that holds a staff login."""

    @model_validator(mode="after")
    def _check_provider(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret.get_secret_value()):
            raise ValueError("NSS_REVIEW_OIDC_CLIENT_ID and NSS_REVIEW_OIDC_CLIENT_SECRET are needed with an issuer")
        if self.oidc_issuer and self.environment == "production" and not self.oidc_issuer.startswith("https://"):
            raise ValueError("NSS_REVIEW_OIDC_ISSUER must be https in production")
        return self
