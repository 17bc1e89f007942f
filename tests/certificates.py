"""Certificates made for tests."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate_for(begin: datetime, *days: int) -> bytes:
    """One PEM after the other, each valid for so many days from then."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    start = begin.replace(tzinfo=None)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start)
    signed = (builder.not_valid_after(start + timedelta(days=number)).sign(key, hashes.SHA256()) for number in days)
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in signed)
