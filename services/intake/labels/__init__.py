"""Japanese words of the portal. Every word of the package is one of `labels`: callers name no module inside it."""

from services.intake.labels.accounts import *  # noqa: F403
from services.intake.labels.api import *  # noqa: F403
from services.intake.labels.applications import *  # noqa: F403
from services.intake.labels.change_items import *  # noqa: F403
from services.intake.labels.documents import *  # noqa: F403
from services.intake.labels.elsewhere import *  # noqa: F403
from services.intake.labels.form import *  # noqa: F403
from services.intake.labels.register import *  # noqa: F403
from services.intake.labels.words import *  # noqa: F403
from shared.runtime.web.labels import MAIL_LABELS as MAIL_LABELS
from shared.runtime.web.labels import PROCESSING_MODE_LABELS as PROCESSING_MODE_LABELS
from shared.runtime.web.labels import SYSTEM_CLASS_LABELS as SYSTEM_CLASS_LABELS
