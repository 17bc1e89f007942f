"""Returned mails as mail servers write them."""

from email.message import EmailMessage


def delivery_report(action: str, status: str, diagnostic: str = "smtp; 550 no such user") -> bytes:
    """A report of RFC 3464, in the form that Postfix sends."""
    return (
        "From: MAILER-DAEMON@mx.example (Mail Delivery System)\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="line"\r\n\r\n'
        "--line\r\nContent-Type: text/plain\r\n\r\nThis is the mail system at host mx.example.\r\n\r\n"
        "--line\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\nArrival-Date: Tue, 24 Nov 2026 10:02:03 +0900\r\n\r\n"
        "Final-Recipient: rfc822; hanako@naccs.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n\r\n"
        "--line\r\nContent-Type: message/rfc822\r\n\r\nSubject: 5.1.1\r\n\r\nx\r\n--line--\r\n"
    ).encode()


def answer(**headers: str) -> bytes:
    """A person's mail, or that of his answering machine."""
    message = EmailMessage()
    message["From"] = "Hanako <hanako@naccs.example>"
    message["To"] = "nss@naccs.example"
    message["Subject"] = "Re: NSS"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("不在にしております。5.1.1\n")
    return message.as_bytes()


def plain_bounce(text: str) -> bytes:
    """A mail server's own words, without a report."""
    message = EmailMessage()
    message["From"] = "Mail Delivery Subsystem <MAILER-DAEMON@old.example>"
    message["Subject"] = "Returned mail"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message.as_bytes()


def read_receipt() -> bytes:
    """A disposition notification (RFC 8098)."""
    return (
        b"From: hanako@naccs.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=disposition-notification; boundary="line"\r\n\r\n'
        b"--line\r\nContent-Type: text/plain\r\n\r\ndisplayed\r\n--line--\r\n"
    )
