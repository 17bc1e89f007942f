"""From a mail's facts to its exact bytes."""

from services.notifier.rendering.message import Envelope, build_message
from services.notifier.rendering.signature import DkimSigner, InvalidSigningKey, open_signer
from services.notifier.rendering.templates import MailTemplates, TemplateProblem, kanji_date

__all__ = [
    "DkimSigner",
    "Envelope",
    "InvalidSigningKey",
    "MailTemplates",
    "TemplateProblem",
    "build_message",
    "kanji_date",
    "open_signer",
]
