"""The flow as the operators' page shows it."""

from collections.abc import Sequence
from datetime import timedelta

from services.review import store
from services.review.domain.flow import Count, FlowPlace, StationView, view_flow
from services.review.workflows.dependencies import Dependencies
from shared.runtime.database import transaction
from shared.runtime.event_outbox import find_outbox_state

MAIL_TROUBLE_SHOWN = timedelta(days=1)


async def read_flow(deps: Dependencies) -> Sequence[StationView]:
    """Where applications and events stand now, from review's own tables alone."""
    now = deps.clock.now()
    async with transaction(deps.pool) as db:
        waiting, oldest = await find_outbox_state(db)
        counts = {
            **await store.count_open_reviews(db),
            **await store.count_held_events(db),
            **await store.count_mail_trouble(db, now - MAIL_TROUBLE_SHOWN),
            FlowPlace.AWAITING_MAIL: await store.count_unmailed(db),
            FlowPlace.ISSUE_FAILED: await store.count_failed_issues(db),
            FlowPlace.UNPUBLISHED: Count(waiting, oldest),
        }
        heard = await store.find_last_heard(db)
    return view_flow(counts, heard, now)
