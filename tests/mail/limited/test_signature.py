"""DKIM of a passed-on original: keys made here, asked for in memory or at a name server of the test."""

import socket
import threading
from collections.abc import Callable, Iterator

import dkim
import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from worker.core.original_signatures import OriginalSignature, SignatureState, is_aligned
from worker.mail.limited.desk import FileDesk
from worker.mail.limited.questions import ReaderLimits
from worker.mail.limited.signature import NobodyAnswers, checked

MAIL = (
    b"From: Luc <luc@supplier.example>\r\nTo: anne@fiduciaire.example\r\nDate: Mon, 23 Nov 2026 09:00:00 +0100\r\n"
    b"Subject: Four\r\n\r\nVoici la facture.\r\n"
)
PAIR = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = PAIR.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
PUBLIC = PAIR.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
RECORD = b"v=DKIM1; k=rsa; p=" + b"".join(PUBLIC.splitlines()[1:-1])


def signed(raw: bytes = MAIL, domain: bytes = b"supplier.example", **how: object) -> bytes:
    found: bytes = dkim.sign(raw, b"s1", domain, PRIVATE, include_headers=[b"from", b"date", b"subject"], **how)
    return found + raw


def key_of(*domains: bytes) -> Callable[..., bytes | None]:
    names = {b"s1._domainkey." + each + b"." for each in domains}
    return lambda name, timeout=5: RECORD if name in names else None


KEYS = key_of(b"supplier.example", b"mailer.example", b"example")


def told(raw: bytes, keys: Callable[..., bytes | None] = KEYS) -> tuple[object, object]:
    found = checked(raw, keys)
    return found["state"], found.get("domain")


def test_a_mail_as_it_was_sent_is_valid() -> None:
    assert told(signed()) == (SignatureState.VALID, "supplier.example")


def test_a_mail_with_bare_line_feeds_is_valid_too() -> None:
    assert told(signed().replace(b"\r\n", b"\n"))[0] is SignatureState.VALID


@pytest.mark.parametrize(
    "broken",
    [
        signed().replace(b"Voici", b"Void"),
        signed().replace(b"luc@", b"lea@"),
        signed() + b"Payez ailleurs.\r\n",
        b"From: Luc <luc@supplier.example>\r\n" + signed(),
        signed().replace(b"d=supplier", b"d=suppliex"),
        signed(length=True),
        b"DKIM-Signature: v=1; nonsense\r\n" + MAIL,
        b"DKIM-Signature: \xff\xfe=\r\n" + MAIL,
    ],
    ids=["text", "sender", "more text", "two From", "other key", "only a beginning is signed", "no tags", "no text"],
)
def test_what_was_changed_or_never_signed_so_is_invalid(broken: bytes) -> None:
    assert told(broken)[0] is SignatureState.INVALID


def test_a_signature_of_somebody_else_says_nothing_of_the_sender() -> None:
    assert told(signed(domain=b"mailer.example")) == (SignatureState.FOREIGN, "mailer.example")


def test_the_best_of_several_signatures_counts() -> None:
    assert told(signed(signed(domain=b"mailer.example"))) == (SignatureState.VALID, "supplier.example")


def test_of_many_signatures_the_first_five_are_looked_at() -> None:
    many = b"".join(b"DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s1; b=AAAA\r\n" for _ in range(200))
    asked: list[bytes] = []
    head, _, rest = signed().partition(b"From:")
    checked(many + head + b"From:" + rest, lambda name, timeout=5: asked.append(name))
    assert len(asked) <= 5


def test_an_unsigned_mail_is_unsigned() -> None:
    assert told(MAIL) == (SignatureState.UNSIGNED, None)


def test_without_an_answer_about_the_key_nothing_is_known() -> None:
    def silence(name: bytes, timeout: float = 5) -> bytes | None:
        raise NobodyAnswers

    assert told(signed(), silence)[0] is SignatureState.UNCHECKED


@pytest.mark.parametrize(
    ("signer", "sender", "aligned"),
    [
        ("a.example", "a.example", True),
        ("A.example.", "a.Example", True),
        ("a.example", "mail.a.example", True),
        ("mail.a.example", "a.example", False),
        ("a.example", "bada.example", False),
        ("", "a.example", False),
    ],
)
def test_a_domain_speaks_for_itself_and_what_is_below(signer: str, sender: str, aligned: bool) -> None:
    assert is_aligned(signer, sender) is aligned


@pytest.fixture
def name_server() -> Iterator[str]:
    """Answers with our key, and that there is none of any other name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        threading.Thread(target=answer_all, args=(server,), daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", server.getsockname())


def answer_all(server: socket.socket) -> None:
    while question := server.recvfrom(4096):
        packet, peer = question
        if not packet:
            return
        asked = dns.message.from_wire(packet)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        if asked.question[0].name.to_text() == "s1._domainkey.supplier.example.":
            halves = f'"{RECORD[:200].decode()}" "{RECORD[200:].decode()}"'
            answer.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "TXT", halves))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), peer)


def test_the_key_is_asked_for_at_the_name_server(name_server: str) -> None:
    desk = FileDesk(ReaderLimits(name_server=name_server))
    try:
        assert desk.signature([signed()]) == OriginalSignature(state=SignatureState.VALID, domain="supplier.example")
        assert desk.signature([signed(domain=b"mailer.example")]).state is SignatureState.INVALID
        assert desk.signature([MAIL]).state is SignatureState.UNSIGNED
    finally:
        desk.close()


def test_with_no_name_server_nothing_is_asked() -> None:
    desk = FileDesk(ReaderLimits(name_server="off"))
    try:
        assert desk.signature([signed()]).state is SignatureState.UNCHECKED
    finally:
        desk.close()
