"""Reads a page as a person without scripts does: its title, its texts, and its forms with what is already in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from deploy.errors import CommandError

VOID_TAGS = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
TICKED_TYPES = frozenset({"radio", "checkbox"})
BUTTON_TYPES = frozenset({"submit", "button", "reset", "image"})
PROBLEM_CLASSES = ("error-summary", "field__error", "notice--error")

Values = Mapping[str, str | Sequence[str]]
"""What is typed or ticked, by field name; a sequence for a field that can be ticked more than once."""


class FormProblem(CommandError):
    """The form has no such field, or does not offer such a choice: nobody could send it with a browser."""


@dataclass(slots=True)
class Element:
    """One element of a page; everything inside it in the order of the page."""

    tag: str
    attributes: Mapping[str, str]
    inside: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, white space collapsed."""
        return " ".join("".join(self._texts()).split())

    @property
    def raw_text(self) -> str:
        """All text inside as it stands, as a textarea holds it."""
        return "".join(self._texts()).removeprefix("\n")

    def all(self, tag: str | None = None, css_class: str | None = None) -> "Iterator[Element]":
        """Every element below this one with that tag and that class."""
        for each in self.inside:
            if isinstance(each, Element):
                if each._is(tag, css_class):
                    yield each
                yield from each.all(tag, css_class)

    def _is(self, tag: str | None, css_class: str | None) -> bool:
        classes = self.attributes.get("class", "").split()
        return tag in (None, self.tag) and (css_class is None or css_class in classes)

    def _texts(self) -> Iterator[str]:
        for each in self.inside:
            if isinstance(each, str):
                yield each
            else:
                yield from each._texts()
                yield " " if each.tag != "span" else ""


@dataclass(frozen=True, slots=True)
class PageForm:
    """One form: where it goes, what it would send untouched, and which choices it offers."""

    action: str
    method: str
    sends: Sequence[tuple[str, str]]
    offers: Mapping[str, Sequence[str]]
    """Every field by name; for radios, checkboxes and selects the values that can be chosen, else nothing."""

    def value(self, name: str) -> str:
        """What the field would send now, the empty text if nothing."""
        return next((value for each, value in self.sends if each == name), "")

    def filled(self, values: Values) -> list[tuple[str, str]]:
        """What the form sends with these fields typed or ticked anew. Raises FormProblem."""
        for name, wanted in values.items():
            self._check(name, _as_list(wanted))
        kept = [(name, value) for name, value in self.sends if name not in values]
        return kept + [(name, value) for name, wanted in values.items() for value in _as_list(wanted)]

    def _check(self, name: str, wanted: Sequence[str]) -> None:
        if name not in self.offers:
            raise FormProblem(f"the form has no field {name}: {', '.join(self.offers)}")
        choices = self.offers[name]
        missing = [value for value in wanted if choices and value not in choices]
        if missing:
            raise FormProblem(f"{name} does not offer {', '.join(missing)}: {', '.join(choices)}")


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a server, as a browser shows it."""

    url: str
    status: int
    html: str
    root: Element

    @property
    def title(self) -> str:
        """The text of <title>."""
        return next((each.text for each in self.root.all("title")), "")

    @property
    def text(self) -> str:
        """The text of <main>, the whole page's where it has none."""
        return next((each.text for each in self.root.all("main")), self.root.text)

    @property
    def problems(self) -> Sequence[str]:
        """What the page says is wrong."""
        return [text for name in PROBLEM_CLASSES for text in self.texts_of(name)]

    def texts_of(self, css_class: str) -> Sequence[str]:
        """The text of every element of that class."""
        return [each.text for each in self.root.all(css_class=css_class)]

    def links(self) -> Sequence[str]:
        """Where its links lead, as written."""
        return [each.attributes["href"] for each in self.root.all("a") if "href" in each.attributes]

    def form(self, field_name: str) -> PageForm:
        """The form that has this field. Raises FormProblem."""
        for form in self.forms():
            if field_name in form.offers:
                return form
        raise FormProblem(f"no form of «{self.title}» has a field {field_name}")

    def form_to(self, ending: str) -> PageForm:
        """The form that goes to an address with this ending. Raises FormProblem."""
        for form in self.forms():
            if form.action.endswith(ending):
                return form
        raise FormProblem(f"no form of «{self.title}» goes to …{ending}")

    def forms(self) -> Sequence[PageForm]:
        """Every form of the page."""
        return [_read_form(each) for each in self.root.all("form")]


def read_page(url: str, status: int, html: str) -> Page:
    """The page at that address."""
    builder = _TreeBuilder()
    builder.feed(html)
    builder.close()
    return Page(url, status, html, builder.root)


class _TreeBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag not in VOID_TAGS:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        depth = next((n for n in range(len(self._open) - 1, 0, -1) if self._open[n].tag == tag), None)
        if depth is not None:
            del self._open[depth:]

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def _read_form(form: Element) -> PageForm:
    sends: list[tuple[str, str]] = []
    offers: dict[str, list[str]] = {}
    for control in form.all():
        name = control.attributes.get("name")
        if name and control.tag in ("input", "textarea", "select") and "disabled" not in control.attributes:
            _read_control(control, name, sends, offers)
    return PageForm(form.attributes.get("action", ""), form.attributes.get("method", "get").lower(), sends, offers)


def _read_control(control: Element, name: str, sends: list[tuple[str, str]], offers: dict[str, list[str]]) -> None:
    choices = offers.setdefault(name, [])
    kind = control.attributes.get("type", "text") if control.tag == "input" else control.tag
    if kind in BUTTON_TYPES:
        return
    if kind in TICKED_TYPES:
        value = control.attributes.get("value", "on")
        choices.append(value)
        if "checked" in control.attributes:
            sends.append((name, value))
    elif kind == "select":
        sends.append((name, _read_select(control, choices)))
    else:
        sends.append((name, control.raw_text if kind == "textarea" else control.attributes.get("value", "")))


def _read_select(control: Element, choices: list[str]) -> str:
    options = list(control.all("option"))
    choices.extend(each.attributes.get("value", each.text) for each in options)
    chosen = [each for each in options if "selected" in each.attributes] or options[:1]
    return chosen[0].attributes.get("value", chosen[0].text) if chosen else ""


def _as_list(wanted: str | Sequence[str]) -> Sequence[str]:
    return [wanted] if isinstance(wanted, str) else wanted
