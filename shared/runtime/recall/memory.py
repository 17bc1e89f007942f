"""What the database itself knows of the topics: where they stood, and which subjects it is behind on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.runtime.database import Connection

Place = tuple[str, int]
"""A topic by its own name, without a prefix, and a partition."""
Told = tuple[str, str]
"""Subject and type of an event."""


@dataclass(frozen=True, slots=True)
class Memory:
    """As of the last comparison that found nothing amiss."""

    positions: Mapping[Place, int]
    acts_on: Mapping[str, datetime]
    """Types of events that were handled, each with the instant of the first comparison that knew it."""
    is_current: bool
    is_noted: bool
    """Whether it is known which subjects are behind, and no number of theirs can be given again."""


async def find_memory(db: Connection) -> Memory | None:
    """None before the first comparison."""
    row = await db.fetchrow("select positions, acts_on, is_current, is_noted from topic_memory")
    if row is None:
        return None
    positions = {_place(name): int(offset) for name, offset in row["positions"].items()}
    acts_on = {name: datetime.fromisoformat(since) for name, since in row["acts_on"].items()}
    return Memory(positions, acts_on, row["is_current"], row["is_noted"])


async def keep_memory(
    db: Connection, positions: Mapping[Place, int], acts_on: Mapping[str, datetime], now: datetime
) -> bool:
    """Nothing was amiss up to these positions; False where somebody else has found that the topics know more."""
    return bool(
        await db.fetchval(
            """
            insert into topic_memory (positions, acts_on, is_current, looked_at) values ($1, $2, true, $3)
            on conflict (only_row) do update
                set positions = excluded.positions, acts_on = excluded.acts_on, looked_at = excluded.looked_at
                where topic_memory.is_current
            returning is_current
            """,
            {f"{topic}/{partition}": offset for (topic, partition), offset in positions.items()},
            {name: since.isoformat() for name, since in acts_on.items()},
            now,
        )
    )


async def mark_current(db: Connection) -> None:
    """A repair is through: nothing is behind any more."""
    await db.execute("delete from subjects_behind")
    await db.execute("update topic_memory set is_current = true")


async def mark_behind(db: Connection, acts_on: Mapping[str, datetime], now: datetime) -> None:
    """The topics know more; the positions stay, because a repair begins there. `acts_on` counts for a first comparison.

    Nothing is noted yet.
    """
    await db.execute(
        """
        insert into topic_memory (positions, acts_on, is_current, is_noted, looked_at)
        values ('{}', $1, false, false, $2)
        on conflict (only_row) do update
            set is_current = false, is_noted = false, looked_at = excluded.looked_at where topic_memory.is_current
        """,
        {name: since.isoformat() for name, since in acts_on.items()},
        now,
    )


async def mark_noted(db: Connection) -> None:
    """All subjects that are behind are noted: a repair may begin."""
    await db.execute("update topic_memory set is_noted = true")


async def find_last_sequences(db: Connection, subjects: Collection[str]) -> dict[str, int]:
    """The last number given per subject; a subject without one is missing."""
    rows = await db.fetch(
        "select subject, last_sequence from event_sequences where subject = any($1::text[])", list(subjects)
    )
    return {row["subject"]: row["last_sequence"] for row in rows}


async def note_subjects_behind(db: Connection, told: Mapping[str, int]) -> Sequence[str]:
    """Those of the subjects that are behind what was told of them, noted; their numbers go on after it from now on."""
    rows = await db.fetch(
        """
        with behind as (
            select subject, coalesce(last_sequence, 0) as remembered, highest
            from unnest($1::text[], $2::bigint[]) as told (subject, highest)
            left join event_sequences using (subject)
            where coalesce(last_sequence, 0) < highest
        ), lifted as (
            insert into event_sequences (subject, last_sequence) select subject, highest from behind
            on conflict (subject) do update set last_sequence = excluded.last_sequence
        )
        insert into subjects_behind (subject, remembered, told) select subject, remembered, highest from behind
        on conflict (subject) do update set told = excluded.told
        returning subject
        """,
        list(told),
        list(told.values()),
    )
    return [row["subject"] for row in rows]


async def find_subjects_behind(db: Connection) -> dict[str, int]:
    """Up to which sequence the database holds what it told, by subject."""
    rows = await db.fetch("select subject, remembered from subjects_behind")
    return {row["subject"]: row["remembered"] for row in rows}


async def count_subjects_behind(db: Connection) -> int:
    """How many there are."""
    count: int = await db.fetchval("select count(*) from subjects_behind")
    return count


async def follow_subject(db: Connection, subject: str, sequence: int) -> bool:
    """The database holds this event, too, from now on; False when it did before."""
    status = await db.execute(
        "update subjects_behind set remembered = $2 where subject = $1 and remembered < $2", subject, sequence
    )
    return status != "UPDATE 0"


async def take_back_repeats(db: Connection, cause: UUID, told: Collection[Told]) -> set[Told]:
    """Take from the outbox what this transaction tells because of `cause` and was told before; what was taken.

    A subject's numbers go on behind what the topics have, or behind what it tells besides for the first time.
    """
    rows = await db.fetch(
        """
        delete from event_outbox using unnest($2::text[], $3::text[]) as before (subject, type)
        where causationid = $1 and event_outbox.subject = before.subject and event_outbox.type = before.type
        returning event_outbox.subject, event_outbox.type
        """,
        str(cause),
        [subject for subject, _ in told],
        [event_type for _, event_type in told],
    )
    await db.execute(
        """
        update event_sequences set last_sequence = greatest(
            behind.told, (select max(sequence::bigint) from event_outbox where subject = behind.subject)
        )
        from subjects_behind as behind
        where behind.subject = event_sequences.subject and behind.subject = any($1::text[])
        """,
        [row["subject"] for row in rows],
    )
    return {(row["subject"], row["type"]) for row in rows}


def _place(name: str) -> Place:
    topic, _, partition = name.rpartition("/")
    return topic, int(partition)
