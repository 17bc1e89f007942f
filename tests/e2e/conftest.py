"""The one stack that all end-to-end tests of this folder share, apart from those of the stack itself."""

from collections.abc import Iterator

import pytest

from deploy.local.stack import LocalStack, Outside
from tests.conftest import stack_folder
from tests.town import Town, founded_town, invented_offices


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """Every part and all four services, with offices enough for each test to have its own.

    Broker and database are secured as on a cluster: whatever is told in this folder happens with the least rights.
    """
    with founded_town(invented_offices(17), secured=True) as founded:
        yield founded


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """A stack that nobody has filled, for what operators type: the first day first, the others after it."""
    with stack_folder() as path:
        stack = LocalStack(path, outside=Outside())
        try:
            stack.up()
            yield stack
        finally:
            stack.wipe()
