"""An opaque S/MIME part (RFC 8551) without its wrapping: ``{inside, file, signers}``.

The signature is **not** checked and proves nothing to us: who signed is shown as "signed by", never taken as identity.
Encrypted is encrypted: nobody has given us a key. DER and BER, indefinite lengths too.
"""

import zlib
from pathlib import Path
from typing import Any

from asn1crypto import cms, pem

from worker.mail.limited.questions import ReaderLimits

DEEPEST, MOST_SIGNERS, LONGEST_NAME = 3, 10, 200
CLOSED = frozenset({"enveloped_data", "encrypted_data", "authenticated_enveloped_data"})


def answer(path: Path, out: Path | None, limits: ReaderLimits) -> dict[str, Any]:
    assert out is not None
    content = path.read_bytes()
    if pem.detect(content):
        _, _, content = pem.unarmor(content)
    signers: list[str] = []
    for _ in range(DEEPEST):
        info = cms.ContentInfo.load(content)
        kind = info["content_type"].native
        if kind in CLOSED:
            return {"inside": "encrypted"}
        if kind not in {"signed_data", "compressed_data"}:
            break
        signers += names_of(info["content"]) if kind == "signed_data" else []
        content, kind = inner_of(info["content"], kind, limits)
        if kind == "data":
            (out / "0").write_bytes(content)
            return {"inside": "readable", "file": "0" if content else "", "signers": signers[:MOST_SIGNERS]}
    return {"inside": "unreadable"}


def inner_of(body: Any, kind: str, limits: ReaderLimits) -> tuple[bytes, str]:
    """What is wrapped, and its own kind; empty where the signature stands alone (it is detached)."""
    wrapped = body["encap_content_info"]
    content = wrapped["content"].native if wrapped["content"].native is not None else b""
    if kind == "compressed_data":
        content = zlib.decompressobj().decompress(content, limits.file_bytes)
    if not isinstance(content, bytes):  # parsed as what it wraps
        content = wrapped["content"].parsed.dump()
    return content, wrapped["content_type"].native


def names_of(signed: Any) -> list[str]:
    """The names in the signers' certificates, as far as these came along."""
    certificates = [each.chosen for each in signed["certificates"] or [] if each.name == "certificate"]
    found = []
    for signer in signed["signer_infos"]:
        number = signer["sid"].chosen
        for certificate in certificates:
            is_his = (
                certificate.serial_number == number["serial_number"].native
                if signer["sid"].name == "issuer_and_serial_number"
                else certificate.key_identifier == number.native
            )
            if is_his:
                found.append(name_of(certificate))
    return found


def name_of(certificate: Any) -> str:
    subject = certificate.subject.native
    name = subject.get("common_name") or subject.get("organization_name") or ""
    address = subject.get("email_address") or next(iter(addresses_in(certificate)), "")
    return f"{name} <{address}>"[:LONGEST_NAME] if address else str(name)[:LONGEST_NAME]


def addresses_in(certificate: Any) -> list[str]:
    names = certificate.subject_alt_name_value
    return [str(each.native) for each in names or [] if each.name == "rfc822_name"]
