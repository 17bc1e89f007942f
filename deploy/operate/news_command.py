"""`nss news`: what operators put on the menu of an office."""

from typing import Annotated

import typer

from deploy.errors import CommandError
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from deploy.output import show_json

ROLE = "operator"

app = typer.Typer(no_args_is_help=True, help="News on the menu of an office.")


@app.callback()
def news() -> None:
    """News on the menu of an office."""


@app.command("post")
def post(
    office: Annotated[str, typer.Argument(help="Office code, NAC001.")],
    category: Annotated[str, typer.Option(help="use_application, system_setting, charge or certificate.")],
    message: Annotated[str, typer.Option(help="The sentence the office reads, up to 200 characters.")],
    number: Annotated[str | None, typer.Option(help="A number the office may quote.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")] = False,
) -> None:
    """Put a news item on the office's menu."""
    _check_category(category)
    url = f"{service_url('intake')}/operate/v1/news"
    body = {"office_code": office, "category": category, "message": message}
    body |= {"number": number} if number else {}
    done = {"would": f"POST {url}", **body} if dry_run else call("POST", url, token=staff_token(ROLE), body=body)
    show_json(done)


def _check_category(text: str) -> None:
    from services.intake.domain.news import NewsCategory

    if text not in set(NewsCategory):
        raise CommandError(f"{text} is no category of news; there are {', '.join(NewsCategory)}")
