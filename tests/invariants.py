"""What must hold once everything has come to rest: I1, I2, I3, I6 and I7 as queries over databases and mails.

The same of the topics is in tests/topic_invariants.py; `find_violations` asks both.

Each check returns its violations as sentences; an empty list is the proof.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from shared.contracts.topics import ServiceName
from tests.topic_invariants import topic_violations
from tests.topic_reader import Broker

DatabaseUrls = Mapping[ServiceName, str]

STATE_AS_APPLICANTS_SEE_IT = {
    "under_review": "under_review",
    "approved": "under_review",
    "clarification": "clarification",
    "review_completed": "review_completed",
    "in_service": "in_service",
    "withdrawn": "withdrawn",
    "voided": "voided",
}
COMPLETION = {"mailbox_change": "M2", "password_reissue": "M9"}
"""The mail that tells of the completion, by the kind of application."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where to look. `shown` are the receipt numbers clients were given, `mail_copies` what the mail server took."""

    databases: DatabaseUrls
    broker: Broker
    topic_prefix: str = ""
    shown: Collection[str] = ()
    mail_copies: Mapping[str, int] | None = None


async def find_violations(around: Surroundings) -> list[str]:
    """Every violation of the invariants, as sentences."""
    connections = {service: await asyncpg.connect(url) for service, url in around.databases.items()}
    try:
        return [
            *await _nothing_is_lost(connections, around.shown),
            *await _services_agree(connections),
            *await _ids_are_explained(connections),
            *await _mails_are_single(connections, around.mail_copies),
            *await _everything_rests(connections),
            *await topic_violations(around.broker, around.topic_prefix, await _review_states(connections)),
        ]
    finally:
        for connection in connections.values():
            await connection.close()


Connections = Mapping[ServiceName, "asyncpg.Connection[asyncpg.Record]"]


async def _nothing_is_lost(db: Connections, shown: Collection[str]) -> list[str]:
    """I1: every number a client was given exists in intake and has reached review."""
    rows = await db["intake"].fetch("select receipt_number from applications")
    known = {row["receipt_number"] for row in rows}
    reviewed = {row["receipt_number"] for row in await db["review"].fetch("select receipt_number from reviews")}
    lost = [f"I1: {number} was shown but intake does not know it" for number in set(shown) - known]
    return lost + [f"I1: {number} never reached review" for number in known - reviewed]


async def _services_agree(db: Connections) -> list[str]:
    """I2: intake shows each application in the state that review holds it in."""
    states = await _review_states(db)
    rows = await db["intake"].fetch("select receipt_number, status from applications")
    return [
        f"I2: {row['receipt_number']} is {row['status']} in intake but {states[row['receipt_number']]} in review"
        for row in rows
        if row["receipt_number"] in states
        and row["status"] != STATE_AS_APPLICANTS_SEE_IT[states[row["receipt_number"]]]
    ]


async def _review_states(db: Connections) -> Mapping[str, str]:
    rows = await db["review"].fetch("select receipt_number, state from reviews")
    return {row["receipt_number"]: row["state"] for row in rows}


async def _ids_are_explained(db: Connections) -> list[str]:
    """I3: exactly n IDs per completed application, void ones alone for others, no gap and no repeat in an office."""
    owed = {
        row["receipt_number"]: row["asked"]
        for row in await db["review"].fetch(
            """
            select receipt_number, (mailbox_change->>'add_smtp_pop3')::int + (mailbox_change->>'add_edifact')::int asked
            from reviews where state in ('review_completed', 'in_service') and kind = 'mailbox_change'
            """
        )
    }
    ledger = await db["provisioning"].fetch("select office_code, serial, receipt_number, change from mailboxes")
    issued = Counter(row["receipt_number"] for row in ledger if row["receipt_number"] and row["change"] != "voided")
    wrong = [
        f"I3: {number} owns {issued[number]} mailboxes instead of {owed.get(number, 0)}"
        for number in owed.keys() | issued.keys()
        if issued[number] != owed.get(number, 0)
    ]
    return wrong + _serial_violations(ledger)


def _serial_violations(ledger: Sequence[asyncpg.Record]) -> list[str]:
    serials: dict[str, list[int]] = defaultdict(list)
    for row in ledger:
        serials[row["office_code"]].append(row["serial"])
    return [
        f"I3: the serials of {office} are {sorted(taken)}"
        for office, taken in serials.items()
        if sorted(taken) != list(range(1, len(taken) + 1))
    ]


async def _mails_are_single(db: Connections, copies: Mapping[str, int] | None) -> list[str]:
    """I6: one mail per (application, event, role), accepted once, or once more where a reply was lost."""
    rows = await db["notifier"].fetch("select message_key, state, attempts, ambiguous from mails")
    violations = [f"I6: a mail is still {row['state']}" for row in rows if row["state"] != "sent"]
    violations += await _mails_are_missing(db)
    if copies is None:
        return violations
    violations += [
        f"I6: {copies.get(row['message_key'], 0)} copies of a mail that was tried {row['attempts']} times"
        for row in rows
        if not 1 <= copies.get(row["message_key"], 0) <= (row["attempts"] if row["ambiguous"] else 1)
    ]
    strange = copies.keys() - {row["message_key"] for row in rows}
    return violations + [f"I6: {len(strange)} mails were sent that notifier does not know"] * bool(strange)


async def _mails_are_missing(db: Connections) -> list[str]:
    """I6: each recipient has the mail of the receipt (M1), and once the review is completed that of the completion."""
    reviews = await db["review"].fetch(
        "select receipt_number, kind, state in ('review_completed', 'in_service') as done from reviews"
    )
    completion = {row["receipt_number"]: COMPLETION[row["kind"]] for row in reviews if row["done"]}
    contacts = await db["notifier"].fetch(
        """
        select receipt_number, case when contact_email = administrator_email then 1 else 2 end as recipients
        from application_contacts where revision = 1
        """
    )
    mails = await db["notifier"].fetch("select receipt_number, mail, count(*) from mails group by 1, 2")
    planned = {(row["receipt_number"], row["mail"]): row["count"] for row in mails}
    owed = {(row["receipt_number"], "M1"): row["recipients"] for row in contacts}
    owed |= {(number, mail): owed[number, "M1"] for number, mail in completion.items() if (number, "M1") in owed}
    unknown = [f"I6: notifier does not know {row['receipt_number']}" for row in reviews
               if (row["receipt_number"], "M1") not in owed]  # fmt: skip
    return unknown + [
        f"I6: {number} has {planned.get((number, mail), 0)} mails {mail} for {recipients} recipients"
        for (number, mail), recipients in owed.items()
        if planned.get((number, mail), 0) != recipients
    ]


async def _everything_rests(db: Connections) -> list[str]:
    """I7: outboxes are empty, nothing is held or dead."""
    violations = []
    for service, connection in db.items():
        waiting = await connection.fetchval("select count(*) from event_outbox")
        held = await connection.fetchval("select count(*) from held_events")
        unhandled = await connection.fetchval("select count(*) from processed_events where status <> 'done'")
        if waiting or held or unhandled:
            violations.append(f"I7: {service} has {waiting} events to send, {held} held and {unhandled} not handled")
    return violations
