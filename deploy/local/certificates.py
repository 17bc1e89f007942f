"""A certificate authority of one's own, and the certificates it gives: what makes TLS possible on one machine."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.secret_files import private_folder, write_secret
from shared.runtime.clock import SystemClock

AUTHORITY_DAYS = 3650
SERVER_DAYS = 90
"""A server's certificate is made anew at each of its starts."""
FOR_SERVERS = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its private key, both PEM."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates; whoever trusts `certificate_file` trusts them."""

    certificate_file: Path
    _certificate: x509.Certificate
    _key: ec.EllipticCurvePrivateKey

    @classmethod
    def kept_in(cls, folder: Path) -> Self:
        """The authority of this folder, made now if there is none; its key is 0600 and never leaves the folder."""
        private_folder(folder)
        certificate_file, key_file = folder / "authority.pem", folder / "authority.key"
        if not key_file.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            write_secret(certificate_file, _pem(_self_signed(key)))
            write_secret(key_file, _key_pem(key))
        loaded = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        return cls(certificate_file, x509.load_pem_x509_certificate(certificate_file.read_bytes()), loaded)

    def issue(self, name: str, hosts: Sequence[str], *, not_after: datetime | None = None) -> Certificate:
        """For a server with these host names or IP addresses; `name` is what it calls itself when it is a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        ends = not_after or _now() + timedelta(days=SERVER_DAYS)
        signed = (
            _begin(name, self._certificate.subject, key, ends)
            .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(FOR_SERVERS), critical=False)
            .add_extension(_authority_key(self._key), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Certificate(_pem(signed), _key_pem(key))


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    ends = _now() + timedelta(days=AUTHORITY_DAYS)
    name = "NSS local authority"
    return (
        _begin(name, _called(name), key, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_for_signing(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _begin(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, ends: datetime) -> x509.CertificateBuilder:
    # A day earlier than now: the clocks of two machines differ; and before an end that is over already.
    begins = min(_now(), ends) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(_called(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _now() -> datetime:
    return SystemClock().now()


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _authority_key(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _for_signing() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()
