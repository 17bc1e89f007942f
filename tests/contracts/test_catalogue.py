"""The catalogue: rendered from the registry, up to date, valid, small, without script, with working links."""

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from deploy.catalogue import build
from deploy.catalogue.access import grants
from deploy.catalogue.build import build_catalogue, catalogue_files, outdated_files
from deploy.catalogue.facts import event_facts
from deploy.catalogue.gate import complaints
from shared.contracts.golden import GoldenExample
from shared.contracts.registry import EVENT_MODELS
from shared.contracts.topics import HOOKED_TOPICS, SERVICES, TOPICS, topics_told_by

LARGEST_PAGE = 100_000
OUTSIDE = {"https://www.standardwebhooks.com/"}
FILES = catalogue_files()
ASYNCAPI = json.loads(FILES["asyncapi.json"])


class Links(HTMLParser):
    """The targets of a page, and whether it holds a script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value for name, value in attributes if name in ("href", "src") and value]


def test_the_committed_catalogue_is_what_the_registry_renders_today() -> None:
    assert outdated_files() == [], "run `nss catalogue publish`"
    assert complaints() == []


def test_a_stale_page_a_missing_one_and_one_too_many_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_catalogue(tmp_path)
    monkeypatch.setattr(build, "PUBLISHED", tmp_path)
    for schema in (tmp_path / "schemas").iterdir():
        schema.unlink()
    assert outdated_files() == []
    (tmp_path / "index.html").write_text("old")
    (tmp_path / "style.css").unlink()
    (tmp_path / "events" / "gone.v1.html").write_text("")
    assert outdated_files() == ["events/gone.v1.html", "index.html", "style.css"]


def test_every_topic_and_every_type_has_its_page() -> None:
    assert {name for name in FILES if name.startswith("topics/")} == {f"topics/{topic.name}.html" for topic in TOPICS}
    pages = {name for name in FILES if name.startswith("events/")}
    assert pages == {f"events/{name.removeprefix('nss.')}.html" for name in EVENT_MODELS}


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".html")])
def test_a_page_is_small_needs_no_script_and_leads_nowhere_wrong(name: str, tmp_path: Path) -> None:
    page = Links(FILES[name])
    assert len(FILES[name].encode()) < LARGEST_PAGE
    assert "script" not in page.tags
    there = {*FILES, *(f"schemas/{event_type}.json" for event_type in EVENT_MODELS)}
    folder = Path("/") / Path(name).parent
    inside = [target for target in page.targets if target not in OUTSIDE]
    wrong = [target for target in inside if re.match(r"[a-z]+:", target)]
    wrong += [target for target in inside if str((folder / target).resolve())[1:] not in there]
    assert wrong == []


def titles(examples: Sequence[GoldenExample]) -> list[str]:
    assert examples
    return [f"Example: {example.case.replace('_', ' ')}" for example in examples]


@pytest.mark.parametrize("facts", event_facts(), ids=lambda facts: facts.slug)
def test_an_events_page_tells_when_key_order_duplicates_class_retention_and_an_example(facts: Any) -> None:
    page = FILES[f"events/{facts.slug}.html"]
    for word in ("Key", "Order", "Duplicates", "Strictest data class", "Kept", *titles(facts.examples)):
        assert word in page, word
    assert all(f"<code>{field.path}</code>" in page for field in facts.fields)


def messages() -> list[Any]:
    return [pytest.param(message, id=name) for name, message in ASYNCAPI["components"]["messages"].items()]


@pytest.mark.parametrize("message", messages())
def test_every_example_of_the_asyncapi_document_fits_its_own_headers_and_payload(message: Any) -> None:
    for part in ("headers", "payload"):
        schema = {**message[part], "components": ASYNCAPI["components"]}
        for example in message["examples"]:
            assert [error.message for error in jsonschema_rs.iter_errors(schema, example[part])] == []


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    references = set(re.findall(r'"\$ref": "(#/[^"]+)"', FILES["asyncapi.json"]))
    assert len(references) > len(EVENT_MODELS)
    for reference in references:
        place: Any = ASYNCAPI
        for step in reference[2:].split("/"):
            place = place[step]


def test_who_may_write_a_topic_is_who_produces_it_and_nobody_may_create_or_alter() -> None:
    given = grants()
    for topic in TOPICS:
        writers = {grant.principal for grant in given if grant.name == topic.name and grant.operation == "Write"}
        assert writers == set(topic.producers)
    assert {grant.operation for grant in given} == {"Describe", "Read", "Write"}


def test_a_service_reads_what_it_consumes_and_tells_itself_and_notifier_what_it_posts_to_hooks() -> None:
    more = {"notifier": {"nss.hooks", *(topic.name for topic in HOOKED_TOPICS)}}
    for service in SERVICES:
        read = {grant.name for grant in grants() if grant.principal == service and grant.operation == "Read"}
        wanted = {topic.name for topic in TOPICS if service in topic.readers} | {f"nss.{service}"}
        own = {topic.name for topic in topics_told_by(service)}
        assert read == wanted | own | more.get(service, set())
