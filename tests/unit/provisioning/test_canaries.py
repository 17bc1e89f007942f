"""The search for secrets finds what is there: one that has never found anything proves nothing by finding nothing."""

import base64
import io
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, NameObject

from tests.canaries import CHUNK, Search, streams_of_pdf, texts_of_pdf

SECRET = "K7RM2QXB9TWJ4HPC"


def pdf_with(attach: Callable[[pypdf.PdfWriter], None]) -> bytes:
    """A document of one page."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    attach(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def in_properties(writer: pypdf.PdfWriter) -> None:
    writer.add_metadata({"/Subject": SECRET})


def in_a_packed_stream(writer: pypdf.PdfWriter) -> None:
    stream = DecodedStreamObject()
    stream.set_data(b"% " + SECRET.encode())
    writer.root_object[NameObject("/Hidden")] = writer._add_object(stream.flate_encode())


@pytest.mark.parametrize("attach", [in_properties, in_a_packed_stream])
def test_a_secret_in_a_document_is_found(attach: Callable[[pypdf.PdfWriter], None]) -> None:
    pdf = pdf_with(attach)
    search = Search([SECRET])
    search.look_into("read", texts_of_pdf(pdf))
    search.look_into("unpacked", streams_of_pdf(pdf))
    assert len(search.hits) == 1


def test_a_document_without_it_has_no_hit() -> None:
    search = Search([SECRET])
    search.look_into("read", texts_of_pdf(pdf_with(lambda _: None)))
    assert search.hits == []


@pytest.mark.parametrize(
    "planted",
    [
        SECRET.encode(),
        SECRET.encode("utf-16-le"),
        SECRET.encode().hex().encode(),
        base64.b64encode(b"a" + SECRET.encode() + b"z"),
        base64.b64encode(b"ab" + SECRET.encode()),
    ],
)
def test_a_secret_in_a_file_is_found_however_it_is_written_and_across_the_edge_of_a_piece(
    tmp_path: Path, planted: bytes
) -> None:
    (tmp_path / "data").write_bytes(b"." * (CHUNK - 7) + planted + b"." * 100)
    search = Search([SECRET])
    search.look_through("files", tmp_path)
    assert len(search.hits) == 1
