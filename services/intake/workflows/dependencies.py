"""What intake needs from outside, built once by main and handed to pages, events and jobs."""

from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment

from services.intake.documents import DocumentPrinter
from services.intake.domain.office_facts import FormRules
from services.intake.domain.retention import Retention
from services.intake.workflows.desk import PostingDesk
from shared.runtime.clock import Clock
from shared.runtime.database import Pool
from shared.runtime.ids import NewId
from shared.runtime.web.maintenance import Maintenance
from shared.runtime.web.pages import PageSettings
from shared.runtime.web.passwords import PasswordHasher
from shared.runtime.web.request_limits import RequestLimit
from shared.runtime.web.sessions import Sessions

POSTS_PER_HOUR = 600


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Database, time, ids, and what only pages use: sessions, password checks, templates, keys and addresses."""

    pool: Pool
    clock: Clock
    new_id: NewId
    sessions: Sessions
    hasher: PasswordHasher
    environment: Environment
    pages: PageSettings
    provisioning_url: str
    ticket_key_file: Path
    staff_keys_dir: Path
    printer: DocumentPrinter
    form_rules: FormRules
    retention: Retention
    desk: PostingDesk
    """Takes the posts of programs."""
    post_limit: RequestLimit = field(default_factory=lambda: RequestLimit(POSTS_PER_HOUR))
    """Of one office, through pages."""
    maintenance: Maintenance | None = None
