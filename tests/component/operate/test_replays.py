"""The guard of `nss dlq replay`: what has died again after every replay is not replayed for ever."""

import json
from dataclasses import replace

import pytest

from deploy.errors import CommandError
from deploy.operate.letters import MOST_REPLAYS, refuse_loops
from shared.contracts.envelope import Record
from shared.contracts.golden import golden_example
from shared.contracts.topics import ServiceName
from shared.runtime.ids import new_uuid7
from shared.runtime.settings import KafkaSettings
from tests.component.operate.conftest import Put

REPLAYED = golden_example("nss.operation.letter-replayed.v1", "with_application")
TIRED, OTHER = str(new_uuid7()), str(new_uuid7())


def replayed(service: ServiceName, event_id: str) -> Record:
    data = {**REPLAYED.data, "service": service, "event_id": event_id}
    return replace(REPLAYED.record, value=json.dumps(data).encode())


async def test_a_letter_that_died_after_three_replays_is_refused_and_named_and_others_pass(
    broker: KafkaSettings, put: Put
) -> None:
    letters = [{"service": "review", "event_id": each} for each in (OTHER, TIRED)]
    await put(*[replayed("review", TIRED)] * (MOST_REPLAYS - 1), *[replayed("review", OTHER)] * (MOST_REPLAYS - 1))
    await put(replayed("notifier", TIRED))
    await refuse_loops(broker, letters)
    await put(replayed("review", TIRED))
    with pytest.raises(CommandError, match=rf"1 letter\(s\) died again after 3 replays, first {TIRED}.*--again"):
        await refuse_loops(broker, letters)
    await refuse_loops(broker, [letters[0], {"service": "notifier", "event_id": TIRED}])
