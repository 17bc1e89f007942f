"""The portal's routes: to whom each one opens, and the address and form of each for things an office has."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from tests.component.intake.conftest import Intake

UNKNOWN = {
    "receipt_number": "189999A",
    "form_token": "00000000-0000-7000-8000-000000000000",
    "news_id": "999999",
    "token": "nothing",
}


class Opens(Enum):
    """To whom a route opens."""

    EVERYBODY = auto()
    LOGGED_IN = auto()
    FIRST_LOGIN_TOO = auto()
    """Also before the initial password is changed."""
    OWNER = auto()
    """The office whose application, draft or news item the address names."""
    TOKEN = auto()
    """Programs with a bearer token; a login of the portal opens nothing."""


PAGES: Mapping[str, Opens] = {
    "/": Opens.EVERYBODY,
    "/login": Opens.EVERYBODY,
    "/logout": Opens.EVERYBODY,
    "/logout/everywhere": Opens.FIRST_LOGIN_TOO,
    "/session": Opens.FIRST_LOGIN_TOO,
    "/password": Opens.FIRST_LOGIN_TOO,
    "/password/changed": Opens.LOGGED_IN,
    "/password/forgotten": Opens.EVERYBODY,
    "/help": Opens.EVERYBODY,
    "/examples": Opens.EVERYBODY,
    "/contact": Opens.EVERYBODY,
    "/accessibility": Opens.EVERYBODY,
    "/privacy": Opens.EVERYBODY,
    "/procedures": Opens.EVERYBODY,
    "/procedures/{name}": Opens.EVERYBODY,
    "/menu": Opens.LOGGED_IN,
    "/news": Opens.LOGGED_IN,
    "/news/{news_id}": Opens.OWNER,
    "/contract": Opens.LOGGED_IN,
    "/contract/{tab}": Opens.LOGGED_IN,
    "/schedule": Opens.LOGGED_IN,
    "/password-reissue": Opens.LOGGED_IN,
    "/applications": Opens.LOGGED_IN,
    "/applications/new": Opens.LOGGED_IN,
    "/applications/drafts": Opens.LOGGED_IN,
    "/applications/drafts/{form_token}": Opens.OWNER,
    "/applications/drafts/{form_token}/discard": Opens.OWNER,
    "/applications/drafts/{form_token}/check": Opens.OWNER,
    "/applications/drafts/{form_token}/{step}": Opens.OWNER,
    "/applications/{receipt_number}": Opens.OWNER,
    "/applications/{receipt_number}/received": Opens.OWNER,
    "/applications/{receipt_number}/id-notice": Opens.OWNER,
    "/applications/{receipt_number}/clarification": Opens.OWNER,
    "/applications/{receipt_number}/correction": Opens.OWNER,
    "/applications/{receipt_number}/correction/draft": Opens.OWNER,
    "/applications/{receipt_number}/withdrawal": Opens.OWNER,
    "/applications/{receipt_number}/documents": Opens.OWNER,
    "/applications/{receipt_number}/documents/{document}": Opens.OWNER,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One route with one method."""

    method: str
    path: str

    @property
    def opens(self) -> Opens:
        """To whom; every path of the API wants a token."""
        return Opens.TOKEN if self.path.startswith("/api/") else PAGES[self.path]


@dataclass(frozen=True, slots=True)
class Things:
    """What NAC001 has: an application with an ID notice, one with a question, a draft, a news item."""

    intake: Intake
    completed: str
    asked: str
    form_token: str
    news_id: str
    correction: Mapping[str, str]

    def address(self, cell: Cell) -> str:
        """The route's address for these things."""
        number = self.asked if re.search("clarification|correction|withdrawal", cell.path) else self.completed
        names = {
            "receipt_number": number,
            "form_token": self.form_token,
            "news_id": self.news_id,
            "step": "contact",
            "document": "application-form",
            "tab": "billing",
            "name": "billing",
        }
        return cell.path.format_map({**UNKNOWN, **names, "office_code": "NAC001"})

    def body(self, cell: Cell) -> Mapping[str, str]:
        """What a form of that page sends, where the answer depends on it."""
        if cell.path == "/applications/drafts":
            return {"form_token": UNKNOWN["form_token"], "kind": "mailbox_change"}
        if cell.path == "/applications":
            return {"form_token": self.form_token, "diff_sha256": "outdated"}
        if cell.path.endswith("/correction"):
            return self.correction
        return {"sent": "yes"}
