"""Reissuing: a new password for mailboxes that exist; the old one is dead in the same instant (E23, E24)."""

from collections.abc import Mapping, Sequence

from services.provisioning import store
from services.provisioning.domain.issuing import missing_fact_for
from services.provisioning.domain.ledger import MailboxStatus
from services.provisioning.domain.office import Office
from services.provisioning.domain.passwords import Credential
from services.provisioning.domain.reissuing import Reissue, decide_reissue, reissued_data
from services.provisioning.domain.viewing_window import WindowChangeCause
from services.provisioning.workflows.credentials import NewSecret, keep_secrets
from services.provisioning.workflows.issuing import Approval, Candidates, IssuingTools, remember_refusals
from services.provisioning.workflows.windows import close_emptied_windows
from shared.contracts.envelope import new_event
from shared.contracts.event_data import EventData
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import MailboxId
from shared.kernel.local_time import local_date
from shared.runtime.database import Connection
from shared.runtime.event_outbox import append_events
from shared.runtime.event_router import Waiting

Living = Mapping[MailboxId, MailboxStatus]
"""An office's mailboxes in use or to be used."""


async def reissue_passwords(
    db: Connection, events: Sequence[Approval], candidates: Candidates, tools: IssuingTools
) -> list[Waiting]:
    """Reissue what was approved; returns the approvals that must wait for their office's contract or the calendar.

    Every other approval leads to one event: PasswordsReissued, or MailboxIssueFailed with its reason; an application
    that was acted on before leads to none. Raises KeyStoreUnavailable, with nothing reissued.
    """
    office_codes = sorted({event.data.office_code for event in events})
    offices = await store.lock_offices(db, office_codes)
    calendar = await store.find_calendar(db)
    done = await store.find_issued_receipts(db, [event.data.receipt_number for event in events])
    living = await store.find_living_mailboxes(db, office_codes)
    waiting: list[Waiting] = []
    # One after the other: two applications may name the same mailbox, and then the later password is the one to work.
    for event in events:
        if event.data.receipt_number in done:
            continue
        office = offices.get(event.data.office_code)
        awaited = missing_fact_for(event.data, office, calendar, local_date(tools.clock.now()))
        if awaited is not None or office is None or calendar is None:
            waiting.append(Waiting(event, awaited or event.data.office_code))
        else:
            await _reissue(db, event, office, living.get(office.office_code, {}), calendar, candidates, tools)
    return waiting


async def _reissue(
    db: Connection,
    event: Approval,
    office: Office,
    living: Living,
    calendar: BusinessCalendar,
    candidates: Candidates,
    tools: IssuingTools,
) -> None:
    outcome = decide_reissue(event.data, office, living.keys(), calendar, tools.clock.now())
    if not isinstance(outcome, Reissue):
        await remember_refusals(db, [outcome], tools.clock)
        await _answer(db, event, outcome, tools)
        return
    await store.insert_reissue(db, outcome)
    await store.insert_reissued_mailboxes(db, outcome)
    await _replace_passwords(db, outcome, candidates[event.id], tools)
    active = [mailbox for mailbox in outcome.mailbox_ids if living[mailbox] is MailboxStatus.ACTIVE]
    await store.open_mail_server_accounts(db, active)
    await _answer(db, event, reissued_data(outcome), tools)


async def _replace_passwords(
    db: Connection, reissue: Reissue, credentials: Sequence[Credential], tools: IssuingTools
) -> None:
    """The new passwords for the old ones; windows in which no password is left to be read are closed at once."""
    older = await store.find_receipts_of_sealed(db, reissue.mailbox_ids)
    secrets = [
        NewSecret(mailbox, reissue.receipt_number, reissue.window.viewable_until, credential)
        for mailbox, credential in zip(reissue.mailbox_ids, credentials, strict=True)
    ]
    await keep_secrets(db, secrets, tools.key_store)
    await store.audit_reissue(db, reissue)
    await close_emptied_windows(db, older, WindowChangeCause.REISSUED, tools)


async def _answer(db: Connection, event: Approval, data: EventData, tools: IssuingTools) -> None:
    answer = new_event(
        data, event_id=tools.new_id(), key=event.data.office_code, now=tools.clock.now(), caused_by=event
    )
    await append_events(db, [answer])
