"""Certificates for servers of tests, which nobody trusts by himself."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificate:
    """What a server shows, and the file of who signed it, for those who trust that."""

    server: ssl.SSLContext
    signer: Path


def certificate_for(name: str, folder: Path) -> Certificate:
    """Make one for a host, with its own signer behind it."""
    authority = trustme.CA()
    made = authority.issue_cert(name)
    chain, signer = folder / "chain.pem", folder / "signer.pem"
    made.private_key_and_cert_chain_pem.write_to_path(chain)
    # The signer comes along, as it does where a server signs for itself.
    authority.cert_pem.write_to_path(chain, append=True)
    authority.cert_pem.write_to_path(signer)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    return Certificate(server, signer)
