"""Events about operators: payloads revealed, dead letters replayed or discarded, and the instruction to do so."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from shared.contracts.event_data import EventData, ReceiptNumber, business, public
from shared.contracts.topics import OPERATION, REDRIVE, ServiceName


class RedriveAction(StrEnum):
    """What to do with a dead letter."""

    REPLAY = "replay"
    DISCARD = "discard"


class PayloadRevealed(EventData):
    """An operator looked at business or personal fields."""

    ce_type = "nss.operation.payload-revealed.v1"
    topic = OPERATION

    operator: Annotated[str, public("Account name of the operator.")]
    reason: Annotated[str, business("Why, in the operator's words.")]
    topics: Annotated[list[str], public("Names of the topics looked at.")]
    filter: Annotated[str, business("How the records were chosen, as typed.")]
    count: Annotated[int, public("How many records were shown.")]


class _LetterEvent(EventData):
    topic = OPERATION

    operator: Annotated[str, public("Account name of the operator.")]
    reason: Annotated[str, business("Why, in the operator's words.")]
    service: Annotated[ServiceName, public("The service whose letter it was.")]
    event_id: Annotated[UUID, public("The event in the letter.")]
    event_type: Annotated[str, public("Type of the event in the letter.")]
    receipt_number: Annotated[ReceiptNumber | None, public("Application the letter is about, if any.")] = None


class LetterReplayed(_LetterEvent):
    """A service put a dead letter back into its queue for another try."""

    ce_type = "nss.operation.letter-replayed.v1"


class LetterDiscarded(_LetterEvent):
    """A service dropped a dead letter; the events behind it flow on."""

    ce_type = "nss.operation.letter-discarded.v1"


class RedriveRequested(EventData):
    """An operator's instruction about one dead letter. It carries no payload, so events cannot be forged with it."""

    ce_type = "nss.redrive.requested.v1"
    topic = REDRIVE

    service: Annotated[ServiceName, public("The service that holds the letter.")]
    event_id: Annotated[UUID, public("The event in the letter.")]
    action: Annotated[RedriveAction, public("What to do with the letter.")]
    operator: Annotated[str, public("Account name of the operator.")]
    reason: Annotated[str, business("Why, in the operator's words.")]
