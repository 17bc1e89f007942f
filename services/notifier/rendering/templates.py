"""Versioned templates of mails: compiled and checked at start, `templates/<name>/v<n>/{subject,body}.txt`.

A version that was sent is never edited; a new one is added beside it. What several mails share stands in
`templates/parts/v<n>/`, and follows the same rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, meta, nodes

from services.notifier import labels
from services.notifier.domain.facts import CURRENT_TEMPLATE_VERSION, Facts, variables_of
from shared.contracts.notifier_events import Mail

PARTS = "parts"


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
        return compiled.subject.render(facts).strip(), compiled.body.render(facts)

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
        tree = self._environment.parse(source)
        included = [
            include.template.value for include in tree.find_all(nodes.Include)
            if isinstance(include.template, nodes.Const)
        ]  # fmt: skip
        return frozenset(meta.find_undeclared_variables(tree)).union(*(self._asked_by(part) for part in included))

    def _compile(self, folder: Path) -> _CompiledMail:
        name = folder.as_posix()
        return _CompiledMail(
            self._environment.get_template(f"{name}/subject.txt"), self._environment.get_template(f"{name}/body.txt")
        )


def _environment(folder: Path) -> Environment:
    # Mails are plain text: nothing in them is markup, so nothing is escaped.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters["kanji_date"] = kanji_date
    return environment


def kanji_date(day: str) -> str:
    """An ISO date as mails write it."""
    return date.fromisoformat(day).strftime(labels.DATE_PATTERN)
