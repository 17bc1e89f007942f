"""A client that has run wild is stopped until the hour is over; others are not."""

import pytest
from starlette.exceptions import HTTPException

from shared.runtime.web.request_limits import RequestLimit


class Watch:
    """A clock for durations, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


def test_one_request_too_many_is_refused_and_says_when_the_next_is_accepted() -> None:
    watch = Watch()
    limit = RequestLimit(3, watch)
    for _ in range(3):
        limit.take("NAC001")
    watch.seconds += 600

    with pytest.raises(HTTPException) as refused:
        limit.take("NAC001")

    assert refused.value.status_code == 429
    assert refused.value.headers == {"Retry-After": "3000"}
    limit.take("KOB002")


def test_a_new_hour_counts_anew() -> None:
    watch = Watch()
    limit = RequestLimit(1, watch)
    limit.take("NAC001")
    watch.seconds += 3600

    limit.take("NAC001")
