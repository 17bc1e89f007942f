"""The command's look at the broker: whatever the broker fails at is one line and an exit code."""

import pytest
from aiokafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError

from deploy.errors import CommandError, ExitCode
from deploy.operate.broker import reader
from shared.runtime.settings import KafkaSettings


@pytest.mark.parametrize(
    ("failure", "code", "line"),
    [
        (KafkaTimeoutError, ExitCode.NOT_RUNNING, r"Kafka at \S+ could not be reached \(KafkaTimeoutError\): check"),
        (
            TopicAuthorizationFailedError,
            ExitCode.REFUSED,
            r"Kafka at \S+: TopicAuthorizationFailedError: user .* lacks",
        ),
    ],
)
async def test_a_failure_of_the_broker_in_the_middle_of_a_look_is_one_line(
    broker: KafkaSettings, failure: type[Exception], code: ExitCode, line: str
) -> None:
    async def look() -> None:
        async with reader(broker) as consumer:
            await consumer.topics()
            raise failure

    with pytest.raises(CommandError, match=line) as ended:
        await look()
    assert ended.value.exit_code == code
