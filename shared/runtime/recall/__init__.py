"""Whether a database recalls what its service has told and handled; one that was restored to an earlier state does not.

Topics and the group's offsets outlive the database, so both know more than a restored one.
"""

from shared.runtime.recall.book import OwnBook, Restore
from shared.runtime.recall.looking import Recall, look
from shared.runtime.recall.repairing import RecallReport, plan_repair, repair
from shared.runtime.recall.watching import RecallWatch

__all__ = ["OwnBook", "Recall", "RecallReport", "RecallWatch", "Restore", "look", "plan_repair", "repair"]
