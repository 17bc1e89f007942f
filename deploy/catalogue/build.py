"""The whole catalogue as files: pages, AsyncAPI, schemas, topics and access, the same bytes for the same registry."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from deploy.catalogue.access import grants
from deploy.catalogue.asyncapi import asyncapi_document
from deploy.catalogue.facts import TopicFacts, topic_facts
from deploy.catalogue.retention import kept_facts, retention_document
from deploy.rendered import outdated_in
from shared.contracts.headers import HEADERS
from shared.contracts.schemas import published_schemas, released_text

CATALOGUE_VERSION = "1.0.0"
TEMPLATES = Path(__file__).parent / "templates"
GUIDE = Path(__file__).parents[2] / "CONSUMERS.md"
PUBLISHED = Path(__file__).parents[2] / "shared" / "contracts" / "catalogue"
"""The committed catalogue, which every service serves; schemas stand in `released/` beside it."""


def catalogue_files() -> Mapping[str, str]:
    """Content by relative path, without the schemas."""
    topics = topic_facts()
    return {
        "asyncapi.json": _pretty(asyncapi_document(topics, CATALOGUE_VERSION)),
        "topics.json": _pretty([_topic(facts) for facts in topics]),
        "access.json": _pretty([grant.as_json() for grant in grants()]),
        "retention.json": retention_document(),
        "style.css": (TEMPLATES / "style.css").read_text(encoding="utf-8"),
        **_pages(topics),
    }


def build_catalogue(directory: Path) -> int:
    """Writes the catalogue with its schemas into a folder, for any web server; how many files."""
    schemas = {f"schemas/{name}.json": released_text(schema) for name, schema in published_schemas().items()}
    return _write({**catalogue_files(), **schemas}, directory)


def publish_catalogue() -> int:
    """Writes the committed catalogue anew: in the same change as what it describes."""
    return _write(catalogue_files(), PUBLISHED)


def outdated_files() -> list[str]:
    """Paths of the committed catalogue that are missing, stale or no longer rendered."""
    return outdated_in(PUBLISHED, catalogue_files())


def _write(files: Mapping[str, str], directory: Path) -> int:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return len(files)


def _topic(facts: TopicFacts) -> dict[str, Any]:
    topic = facts.topic
    return {
        "name": topic.name,
        "key": topic.key,
        "partitions": topic.partitions,
        "configuration": topic.configuration,
        "producers": topic.producers,
        "readers": topic.readers,
        "holds": topic.holds,
        "data_class": facts.data_class,
        "events": [event.type for event in facts.events],
    }


def _pages(topics: Sequence[TopicFacts]) -> Mapping[str, str]:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["pretty"] = _pretty
    environment.filters["breakable"] = lambda name: Markup(".<wbr>").join(name.split("."))
    environment.filters["sentence"] = lambda text: f"{text[0].upper()}{text[1:]}."
    index = environment.get_template("index.html").render(topics=topics, headers=HEADERS, root="")
    topic, event = environment.get_template("topic.html"), environment.get_template("event.html")
    return {
        "index.html": index,
        "consumers.html": environment.get_template("consumers.html").render(guide=_guide(), root=""),
        "retention.html": environment.get_template("retention.html").render(facts=kept_facts(), root=""),
        **{f"topics/{facts.topic.name}.html": topic.render(facts=facts, root="../") for facts in topics},
        **{
            f"events/{each.slug}.html": event.render(event=each, retention=facts.retention, root="../")
            for facts in topics
            for each in facts.events
        },
    }


def _guide() -> str:
    """The guide for consumers as HTML; what is wider than a phone is scrolled by keyboard, too."""
    html: str = MarkdownIt("commonmark").render(GUIDE.read_text(encoding="utf-8"))
    return html.replace("<pre>", '<pre tabindex="0">')


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
