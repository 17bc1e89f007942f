"""Versioned templates of mails: compiled and checked at start, `templates/<name>/v<n>/{subject,body}.txt`.

A version that was sent is never edited; a new one is added beside it. What several mails share stands in
`templates/parts/v<n>/`, and follows the same rule.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, meta

from services.notifier import labels
from services.notifier.domain.facts import CURRENT_TEMPLATE_VERSION, Facts, variables_of
from shared.contracts.notifier_events import Mail

PARTS = "parts"
INCLUDE = re.compile(r'\{% include "([^"]+)" %\}\n?')

Source = tuple[str, str, Callable[[], bool]]


class TemplateProblem(ValueError):
    """A template is missing, or says something that its mail does not know; the message names both."""


@dataclass(frozen=True, slots=True)
class _CompiledMail:
    subject: Template
    body: Template


class MailTemplates:
    """Every version of every mail and of the digest."""

    def __init__(self, folder: Path) -> None:
        """Compiles all. Raises TemplateProblem when a current version does not fit its mail."""
        self._environment = _environment(folder)
        self._compiled: Mapping[tuple[str, int], _CompiledMail] = {
            (path.parent.name, int(path.name.removeprefix("v"))): self._compile(path.relative_to(folder))
            for path in sorted(folder.glob("*/v*"))
            if path.parent.name != PARTS
        }
        problems = [problem for mail in Mail for problem in self._problems(mail)]
        if problems:
            raise TemplateProblem("; ".join(problems))

    def render(self, name: str, version: int, facts: Facts) -> tuple[str, str]:
        """Subject and body. Raises jinja2.UndefinedError if a fact is missing, KeyError for an unknown version."""
        compiled = self._compiled[name, version]
        # One context for both, without jinja's functions: making it costs more than filling in the text.
        context = compiled.body.new_context(dict(facts), shared=True)
        subject, body = ("".join(part.root_render_func(context)) for part in (compiled.subject, compiled.body))
        return subject.strip(), body

    def versions(self) -> Iterable[tuple[str, int]]:
        """Every template's name and version."""
        return self._compiled.keys()

    def variables(self, name: str, version: int) -> frozenset[str]:
        """What the template and its parts ask for."""
        return frozenset().union(*(self._asked_by(f"{name}/v{version}/{part}.txt") for part in ("subject", "body")))

    def _problems(self, mail: Mail) -> Iterable[str]:
        version = CURRENT_TEMPLATE_VERSION[mail]
        if (mail.value, version) not in self._compiled:
            yield f"{mail.value} has no version {version}"
            return
        asked, known = self.variables(mail.value, version), variables_of(mail)
        yield from (f"{mail.value} version {version} says {name}, which it is not told" for name in asked - known)
        yield from (f"{mail.value} version {version} is told {name}, but does not say it" for name in known - asked)

    def _asked_by(self, name: str) -> frozenset[str]:
        assert self._environment.loader is not None
        source, _, _ = self._environment.loader.get_source(self._environment, name)
        return frozenset(meta.find_undeclared_variables(self._environment.parse(source)))

    def _compile(self, folder: Path) -> _CompiledMail:
        name = folder.as_posix()
        return _CompiledMail(
            self._environment.get_template(f"{name}/subject.txt"), self._environment.get_template(f"{name}/body.txt")
        )


class _InliningLoader(FileSystemLoader):
    """Puts the text of a part where it is included, once at start: including it at every rendering costs a tenth."""

    def get_source(self, environment: Environment, template: str) -> Source:
        """The text with its parts in it."""
        source, file, is_current = super().get_source(environment, template)
        inlined = INCLUDE.sub(lambda found: super(_InliningLoader, self).get_source(environment, found[1])[0], source)
        return inlined, file, is_current


def _environment(folder: Path) -> Environment:
    # Mails are plain text: nothing in them is markup, so nothing is escaped.
    environment = Environment(  # noqa: S701
        loader=_InliningLoader(folder),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters["kanji_date"] = kanji_date
    environment.globals.clear()
    return environment


@lru_cache(maxsize=1024)
def kanji_date(day: str) -> str:
    """An ISO date as mails write it."""
    return date.fromisoformat(day).strftime(labels.DATE_PATTERN)
