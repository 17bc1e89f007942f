"""A mail server that delivers nothing: every mail becomes a file, shown on a small read-only page.

A recipient whose address starts with `refuse-550` (or another SMTP code) is refused with that code.
"""

import argparse
import asyncio
import html
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

REFUSED = re.compile(r"refuse-([45]\d\d)")
FILE_NAME = re.compile(r"[0-9A-Za-z-]+\.eml")
LARGEST_MAIL_BYTES = 10 * 1024 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font-family:sans-serif;margin:2em}}td,th{{padding:.3em 1em .3em 0;text-align:left}}
pre{{white-space:pre-wrap;background:#f4f4f4;padding:1em}}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""


@dataclass(frozen=True, slots=True)
class StoredMail:
    """One mail as it came: the file's name and the parsed message."""

    name: str
    message: EmailMessage

    def header(self, name: str) -> str:
        """A header as text, empty if it is absent."""
        return str(self.message.get(name, ""))

    @property
    def text(self) -> str:
        """The plain text body."""
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body is not None else ""


class Mails:
    """The folder of received mails, oldest first."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """Write one mail as a whole and return its file name."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S-%f")  # noqa: TID251  the order of arrival, not business time
        name = f"{moment}-{secrets.token_hex(3)}.eml"
        beside = self._folder / f".{name}"
        beside.write_bytes(content)
        beside.rename(self._folder / name)
        return name

    def all(self) -> Sequence[StoredMail]:
        """Every mail."""
        return [self._read(path) for path in sorted(self._folder.glob("[0-9]*.eml"))]

    def find(self, name: str) -> StoredMail | None:
        """One mail by its file name, None if there is no such mail."""
        path = self._folder / name
        return self._read(path) if FILE_NAME.fullmatch(name) and path.is_file() else None

    def raw(self, name: str) -> bytes:
        """The file itself."""
        return (self._folder / name).read_bytes()

    def _read(self, path: Path) -> StoredMail:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        return StoredMail(path.name, message)


class SinkHandler:
    """Takes every mail, except to recipients that ask to be refused."""

    def __init__(self, mails: Mails) -> None:
        self._mails = mails

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse one recipient."""
        refused = REFUSED.match(address)
        if refused:
            return f"{refused.group(1)} refused as the address asks"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Keep one mail."""
        content = envelope.content
        self._mails.keep(content if isinstance(content, bytes) else (content or "").encode())
        return "250 OK"


def build_viewer(mails: Mails) -> Starlette:
    """The read-only pages: a list, one mail as text, its file, and the list as JSON."""

    async def show_list(request: Request) -> Response:
        rows = "".join(_row(mail) for mail in reversed(mails.all()))
        table = f"<table><tr><th>Date</th><th>To</th><th>Subject</th></tr>{rows}</table>"
        return _page("Mails", table)

    async def show_mail(request: Request) -> Response:
        mail = mails.find(request.path_params["name"])
        if mail is None:
            return PlainTextResponse("no such mail\n", 404, HEADERS)
        return _page(mail.header("Subject"), _details(mail))

    async def show_file(request: Request) -> Response:
        name = request.path_params["name"]
        if mails.find(name) is None:
            return PlainTextResponse("no such mail\n", 404, HEADERS)
        attachment = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(mails.raw(name), media_type="message/rfc822", headers=HEADERS | attachment)

    async def show_json(request: Request) -> Response:
        return JSONResponse([_as_json(mail) for mail in mails.all()], headers=HEADERS)

    return Starlette(
        routes=[
            Route("/", show_list),
            Route("/mails.json", show_json),
            Route("/mails/{name}", show_mail),
            Route("/files/{name}", show_file),
        ]
    )


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(PAGE.format(title=html.escape(title), body=body), headers=HEADERS)


def _row(mail: StoredMail) -> str:
    cells = "".join(f"<td>{html.escape(mail.header(name))}</td>" for name in ("Date", "To"))
    return (
        f'<tr>{cells}<td><a href="/mails/{html.escape(mail.name)}">{html.escape(mail.header("Subject"))}</a></td></tr>'
    )


def _details(mail: StoredMail) -> str:
    headers = "".join(f"<tr><th>{name}</th><td>{html.escape(mail.header(name))}</td></tr>"
                      for name in ("Date", "From", "To", "Message-ID"))  # fmt: skip
    file = f'<p><a href="/files/{html.escape(mail.name)}">{html.escape(mail.name)}</a> · <a href="/">Mails</a></p>'
    return f"<table>{headers}</table><pre>{html.escape(mail.text)}</pre>{file}"


def _as_json(mail: StoredMail) -> dict[str, str]:
    names = {"date": "Date", "from": "From", "to": "To", "subject": "Subject", "message_id": "Message-ID"}
    return {"file": mail.name, "text": mail.text} | {key: mail.header(header) for key, header in names.items()}


async def serve(folder: Path, host: str, smtp_port: int, viewer_port: int) -> None:
    """Take mail and show it until the process is told to end."""
    mails = Mails(folder)
    handler = SinkHandler(mails)
    smtp = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, data_size_limit=LARGEST_MAIL_BYTES, enable_SMTPUTF8=True, hostname="localhost"),
        host,
        smtp_port,
    )
    viewer = uvicorn.Server(uvicorn.Config(build_viewer(mails), host=host, port=viewer_port, log_level="warning"))
    async with smtp:
        await viewer.serve()


def main() -> None:
    """`python -m deploy.local.smtp_sink --folder F --host H --smtp-port N --viewer-port N`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--viewer-port", type=int, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.folder, given.host, given.smtp_port, given.viewer_port))


if __name__ == "__main__":
    main()
