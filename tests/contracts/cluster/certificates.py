"""Authorities, servers and clients with certificates, made anew for each test."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Identity:
    """A certificate that signed itself, and its key."""

    certificate: bytes
    key: bytes

    @property
    def encoded(self) -> str:
        """The certificate as EKS and kubeconfig files contain it."""
        return base64.b64encode(self.certificate).decode()

    @property
    def encoded_key(self) -> str:
        return base64.b64encode(self.key).decode()

    def write(self, file: Path) -> Path:
        """Key and certificate in one file, as servers load them."""
        file.write_bytes(self.key + self.certificate)
        return file


def make_identity(name: str = "cluster", dns_name: str | None = None) -> Identity:
    """A self-signed identity for 127.0.0.1, or for a name instead."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    host: x509.GeneralName = x509.DNSName(dns_name) if dns_name else x509.IPAddress(ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Identity(certificate.public_bytes(serialization.Encoding.PEM), secret)
