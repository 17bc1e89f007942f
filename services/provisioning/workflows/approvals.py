"""Acting on approvals, whichever kind of application they approve."""

from collections.abc import Sequence

from services.provisioning import store
from services.provisioning.domain.issuing import refuse_superseded
from services.provisioning.domain.reissuing import is_reissue
from services.provisioning.workflows.issuing import Approval, Candidates, IssuingTools, issue_mailboxes
from services.provisioning.workflows.reissuing import reissue_passwords
from shared.contracts.envelope import new_event
from shared.runtime.database import Connection
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import Waiting


async def act_on_approvals(
    db: Connection, events: Sequence[Approval], candidates: Candidates, tools: IssuingTools
) -> list[Waiting]:
    """Issue mailboxes or reissue passwords; returns the approvals that must wait.

    An approval of a revision older than one already decided on is refused, with nothing done. Raises LedgerNotCurrent
    and KeyStoreUnavailable, with nothing done at all.
    """
    tools.watch.require_current()
    # All offices at once and in order, before either kind locks its own: so that two batches cannot block each other.
    offices = await store.lock_offices(db, sorted({event.data.office_code for event in events}))
    newest = await store.find_newest_revisions(db, [event.data.receipt_number for event in events])
    current: list[Approval] = []
    for event in events:
        approval = event.data
        office, revision = offices.get(approval.office_code), newest.get(approval.receipt_number, 0)
        refusal = refuse_superseded(approval, office, revision) if office else None
        if refusal is None:
            current.append(event)
            continue
        answer = new_event(refusal, event_id=tools.new_id(), key=event.key, now=tools.clock.now(), caused_by=event)
        await append_events(db, [answer])
    return await _by_kind(db, current, candidates, tools)


async def _by_kind(
    db: Connection, events: Sequence[Approval], candidates: Candidates, tools: IssuingTools
) -> list[Waiting]:
    waiting: list[Waiting] = []
    changes = [event for event in events if not is_reissue(event.data)]
    reissues = [event for event in events if is_reissue(event.data)]
    if changes:
        waiting += await issue_mailboxes(db, changes, candidates, tools)
    if reissues:
        waiting += await reissue_passwords(db, reissues, candidates, tools)
    return waiting
