"""Intake's settings: `NSS_INTAKE_…` and the common ones."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.intake.domain.office_facts import APPLICATIONS_PER_HOUR
from services.intake.domain.retention import DRAFT_BUSINESS_DAYS
from shared.kernel.retention import AUDIT_YEARS, CONTACT_DAYS, MAIL_DAYS
from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where the keys are: the one that signs ID notice tickets, and those that verify staff tokens."""

    model_config = SettingsConfigDict(env_prefix="NSS_INTAKE_", frozen=True, extra="ignore", populate_by_name=True)

    ticket_key_file: Path
    """Ed25519 private key, PEM; the file's stem is the key's id."""
    staff_keys_dir: Path = Field(validation_alias="NSS_STAFF_KEYS_DIR")
    """Public keys `<kid>.pem`: without them nobody could publish a contract."""
    posts_per_hour: int = Field(default=600, ge=1)
    """How often one office may send forms of the portal, per process and hour."""
    applications_per_hour: int = Field(default=APPLICATIONS_PER_HOUR, ge=1)
    """How many applications one office may register within any hour, through pages and programs together."""
    maintenance_file: Path | None = None
    """Announces maintenance and closes the portal meanwhile; see shared/runtime/web/maintenance.py."""
    fonts_dir: Path | None = None
    """Fonts of the documents; by default the bundled one, then those of the system."""
    draft_business_days: int = Field(default=DRAFT_BUSINESS_DAYS, ge=1, le=60)
    """How long a form that is not registered is kept after it was last saved."""
    contact_retention_days: int = Field(default=CONTACT_DAYS, ge=1)
    """How long people's names and addresses are kept after an application has ended."""
    audit_retention_years: int = Field(default=AUDIT_YEARS, ge=1)
    """How long the audit of logins and passwords is kept."""
    mail_days: int = Field(default=MAIL_DAYS, ge=1, validation_alias="NSS_NOTIFIER_MAIL_DAYS")
    """How long notifier keeps the texts of mails, which the page about personal data tells."""
