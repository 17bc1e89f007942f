"""Japanese words of the console. Every word of the package is one of `labels`: callers name no module inside it."""

from services.review.labels.applications import *  # noqa: F403
from services.review.labels.checks import *  # noqa: F403
from services.review.labels.decisions import *  # noqa: F403
from services.review.labels.desk import *  # noqa: F403
from services.review.labels.flow import *  # noqa: F403
from shared.runtime.web.labels import MAIL_LABELS as MAIL_LABELS
from shared.runtime.web.labels import PROCESSING_MODE_LABELS as PROCESSING_MODE_LABELS
