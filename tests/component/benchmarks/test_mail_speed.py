"""The mail benchmark sends what it says it sends: a small run of both sides."""

from tests.benchmarks.mail_speed import measure_mail_speed


async def test_both_sides_send_every_mail(postgres_dsn: str) -> None:
    [first, second] = await measure_mail_speed(postgres_dsn, 2, 20)

    assert min(first.ours, first.bare, second.ours, second.bare) > 0
