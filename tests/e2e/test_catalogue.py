"""The event catalogue as four running services serve it, to anybody who asks."""

import httpx2
import pytest

from deploy.catalogue.build import catalogue_files
from shared.contracts.schemas import published_schemas, released_text
from shared.contracts.topics import SERVICES, ServiceName
from tests.town import Town

OFFERED = {
    **catalogue_files(),
    **{f"schemas/{name}.json": released_text(schema) for name, schema in published_schemas().items()},
}


KINDS = {"html": "text/html", "css": "text/css", "json": "application/json"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_running_service_serves_every_page_schema_and_document_as_it_was_published(
    town: Town, service: ServiceName
) -> None:
    with httpx2.Client(base_url=f"{town.urls[service]}/catalogue/") as anybody:
        served = {path: anybody.get(path) for path in OFFERED}
        index = anybody.get("")
    assert {path for path, answer in served.items() if answer.text != OFFERED[path]} == set()
    assert index.text == OFFERED["index.html"]
    for path, answer in served.items():
        assert answer.headers["content-type"].partition(";")[0] == KINDS[path.rpartition(".")[2]], path
