"""The documents of an application as PDF: fonts, the data of a sheet, and the printer."""

from services.intake.documents.fonts import DocumentFonts, FontsMissing, find_fonts
from services.intake.documents.printer import DocumentFaulty, DocumentPrinter, DocumentPrinterBusy, PrintedDocument

__all__ = [
    "DocumentFaulty",
    "DocumentFonts",
    "DocumentPrinter",
    "DocumentPrinterBusy",
    "FontsMissing",
    "PrintedDocument",
    "find_fonts",
]
