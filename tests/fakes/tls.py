"""Certificates for a fake storage daemon."""

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import trustme

from bamsd.bacula.models import Tls
from tests.fakes.storage_daemon import FakeStorageDaemon


@dataclass(frozen=True)
class Files:
    """The certificate of a storage daemon, its key, and who signed it."""

    certificate: str
    key: str
    signer: str

    def tls(self, *, verifies_peer: bool = False) -> Tls:
        return Tls(self.certificate, self.key, is_required=True, verifies_peer=verifies_peer)


def certificate(folder: Path, name: str, ends: datetime | None = None) -> Files:
    signer = trustme.CA()
    found = signer.issue_cert(name, not_after=ends)
    own, key, by = (folder / f"{name}.{kind}" for kind in ("pem", "key", "ca"))
    own.write_bytes(b"".join(part.bytes() for part in found.cert_chain_pems))
    found.private_key_pem.write_to_path(str(key))
    signer.cert_pem.write_to_path(str(by))
    return Files(str(own), str(key), str(by))


def server_context(files: Files, *, verifies_peer: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    if verifies_peer:
        context.load_verify_locations(files.signer)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def speak_tls(daemon: FakeStorageDaemon, files: Files, *, verifies_peer: bool = False) -> None:
    daemon.context, daemon.tls = server_context(files, verifies_peer=verifies_peer), 2
