"""Carries out operators' instructions about held events: replay or discard, reported in the same transaction."""

import re
from collections.abc import Sequence

from shared.contracts.envelope import Event, new_event
from shared.contracts.event_data import EventData
from shared.contracts.operation_events import LetterDiscarded, LetterReplayed, RedriveAction, RedriveRequested
from shared.kernel.identifiers import RECEIPT_NUMBER_PATTERN, ReceiptNumber
from shared.runtime import held_events
from shared.runtime.consumer_context import ConsumerContext
from shared.runtime.database import Connection
from shared.runtime.event_batch import Queue
from shared.runtime.event_outbox import append_events
from shared.runtime.held_events import HeldEvent
from shared.runtime.processed_events import update_status

UNKNOWN_TYPE = "unknown"


async def apply_instructions(
    db: Connection, instructions: Sequence[Event[RedriveRequested]], context: ConsumerContext
) -> list[Queue]:
    """Obey the instructions for this service; answers the queues that may move once this is committed.

    Replay: a dead head is ready to be tried again, its attempts reset. Discard: the event leaves its queue, whatever
    it waits for. An event that is not held, or not dead when it is to be replayed, stays as it is.
    """
    moved = []
    for instruction in instructions:
        if instruction.data.service == context.service:
            queue = await _apply(db, instruction, context)
            moved += [queue] if queue else []
    return moved


async def _apply(db: Connection, instruction: Event[RedriveRequested], context: ConsumerContext) -> Queue | None:
    queue = await held_events.find_queue_of(db, instruction.data.event_id)
    if queue is None or await held_events.lock_head(db, queue) is None:
        return None
    # Read under the lock: it may have been drained, or have become a head, while this waited.
    held = await held_events.find_held(db, instruction.data.event_id)
    if held is None or not await _settle(db, held, instruction.data.action, context):
        return None
    await append_events(db, [_report(instruction, held, context)])
    return queue


async def _settle(db: Connection, held: HeldEvent, action: RedriveAction, context: ConsumerContext) -> bool:
    if action is RedriveAction.DISCARD:
        await held_events.delete_held(db, held.position)
        await update_status(db, [held.key], "done", context.clock.now())
        return True
    if held.reason != "dead":
        return False
    await held_events.update_held(db, held.position, "behind")
    await update_status(db, [held.key], "held", context.clock.now())
    return True


def _report(instruction: Event[RedriveRequested], held: HeldEvent, context: ConsumerContext) -> Event[EventData]:
    asked = instruction.data
    model = LetterReplayed if asked.action is RedriveAction.REPLAY else LetterDiscarded
    data = model(
        operator=asked.operator,
        reason=asked.reason,
        service=context.service,
        event_id=asked.event_id,
        event_type=held.event_type or UNKNOWN_TYPE,
        receipt_number=_receipt_number(held.queue[0]),
    )
    return new_event(
        data, event_id=context.new_id(), key=asked.operator, now=context.clock.now(), caused_by=instruction
    )


def _receipt_number(subject: str) -> ReceiptNumber | None:
    return ReceiptNumber(subject) if re.fullmatch(RECEIPT_NUMBER_PATTERN.strip("^$"), subject) else None
