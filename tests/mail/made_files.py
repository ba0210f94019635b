"""Files of the kinds people attach, made here: PDF, ZIP, Office, winmail.dat, S/MIME, electronic invoices, pictures."""

import io
import struct
import zipfile
from datetime import UTC, datetime

import pillow_heif
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from PIL import Image
from pypdf import PdfWriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def pdf(password: str | None = None, *, owner: str | None = None, algorithm: str = "AES-256") -> bytes:
    """One empty page; ``password`` to open it, ``owner`` to change it."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if password is not None or owner is not None:
        writer.encrypt(password or "", owner, algorithm=algorithm)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def archive(*names: str, content: bytes = b"x", password: bool = False) -> bytes:
    """``password``: as if closed by one (the flag of ZipCrypto in each head)."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, content)
    made = bytearray(written.getvalue())
    if password:
        for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = made.find(magic)
            while at >= 0:
                made[at + flags] |= 1
                at = made.find(magic, at + 4)
    return bytes(made)


def compound(streams: dict[str, bytes]) -> bytes:
    """An OLE file of at most three streams, each of at least 4,096 bytes (they are filled up)."""
    sectors: list[bytes] = []
    table: list[int] = []
    entries = [entry("Root Entry", 5, 0xFFFFFFFE, 0)]
    for name, given in streams.items():
        content = given.ljust(4096, b"\0")
        count, first = -(-len(content) // 512), len(sectors) + 2
        entries.append(entry(name, 2, first, len(content)))
        sectors += [content[at : at + 512].ljust(512, b"\0") for at in range(0, count * 512, 512)]
        table += [*range(first + 1, first + count), 0xFFFFFFFE]
    folder = b"".join(entries).ljust(512, b"\0")
    numbers = [0xFFFFFFFD, 0xFFFFFFFE, *table]
    fat = struct.pack("<128I", *numbers, *[0xFFFFFFFF] * (128 - len(numbers)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(10) + struct.pack("<IIIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    return head.ljust(512, b"\xff") + fat + folder + b"".join(sectors)


def entry(name: str, kind: int, first: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return raw.ljust(64, b"\0") + struct.pack(
        "<HBBIII16sIQQIQ", len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, b"", 0, 0, 0, first, size
    )


def tnef(*parts: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(parts)


def attribute(level: int, name: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(*values: bytes) -> bytes:
    return struct.pack("<I", len(values)) + b"".join(values)


def prop(kind: int, name: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(value)) + value + bytes(-len(value) % 4)


def number_prop(name: int, value: int) -> bytes:
    return struct.pack("<HHI", 3, name, value)


def wide(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


def tnef_file(name: str, content: bytes, *more: bytes) -> bytes:
    """As Outlook writes it: the short name as title, the long one among the properties."""
    return (
        attribute(2, 0x9002, bytes(14))
        + attribute(2, 0x8010, name[:8].encode("ascii", "replace") + b"\0")
        + attribute(2, 0x800F, content)
        + attribute(2, 0x9005, properties(prop(0x1F, 0x3707, wide(name)), *more))
    )


def plain_rtf(rtf: bytes) -> bytes:
    """ "Compressed" RTF of the kind that is not."""
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


def signed(entity: bytes, name: str = "Sophie Martin") -> bytes:
    """An opaque S/MIME part, in DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name("sophie@boulangerie.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(entity).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def in_indefinite_lengths(der: bytes) -> bytes:
    """As streaming programs write it: the content in pieces, lengths told by an end mark (BER)."""
    info = cms.ContentInfo.load(der)
    body = info["content"]
    content = body["encap_content_info"]["content"].native
    pieces = b"".join(definite(4, content[at : at + 100]) for at in range(0, len(content), 100))
    octets = b"\x24\x80" + pieces + b"\0\0"
    wrapped = b"\x30\x80" + body["encap_content_info"]["content_type"].dump() + b"\xa0\x80" + octets + bytes(4)
    rest = b"".join(bytes(body[name].dump()) for name in ("certificates", "signer_infos"))
    inside: bytes = body["version"].dump() + body["digest_algorithms"].dump() + wrapped + rest
    return b"\x30\x80" + bytes(info["content_type"].dump()) + b"\xa0\x80\x30\x80" + inside + bytes(6)


def definite(tag: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def enveloped() -> bytes:
    """Closed for somebody else."""
    info = cms.ContentInfo(
        {
            "content_type": "enveloped_data",
            "content": {
                "version": "v0",
                "recipient_infos": [],
                "encrypted_content_info": {
                    "content_type": "data",
                    "content_encryption_algorithm": {"algorithm": "aes256_cbc", "parameters": bytes(16)},
                    "encrypted_content": bytes(64),
                },
            },
        }
    )
    return bytes(info.dump())


def invoice(
    root: str = "Invoice", *, head: str = "", seller: str = "BE 0123.456.749", number: str = "2026-118"
) -> bytes:
    names = (
        f'xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2" '
        'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
        'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>{head}
<{root} {names}>
 <cbc:ID>{number}</cbc:ID><cbc:IssueDate>2026-11-03</cbc:IssueDate>
 <cac:AccountingSupplierParty><cac:Party><cbc:EndpointID schemeID="0208">0999999999</cbc:EndpointID>
  <cac:PartyTaxScheme><cbc:CompanyID>{seller}</cbc:CompanyID></cac:PartyTaxScheme></cac:Party></cac:AccountingSupplierParty>
 <cac:AccountingCustomerParty><cac:Party><cbc:EndpointID schemeID="0208">0202239951</cbc:EndpointID>
 </cac:Party></cac:AccountingCustomerParty>
 <cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="EUR">1210.5</cbc:PayableAmount></cac:LegalMonetaryTotal>
 <cac:InvoiceLine><cbc:ID>1</cbc:ID></cac:InvoiceLine>
</{root}>""".encode()


def picture(size: tuple[int, int] = (120, 60), form: str = "PNG", *, camera: str | None = None) -> bytes:
    """``camera``: whose EXIF it bears."""
    image = Image.new("RGB", size, (180, 20, 20))
    exif = Image.Exif()
    if camera:
        exif[0x010F] = camera
    written = io.BytesIO()
    image.save(written, form, exif=exif)
    return written.getvalue()


def heic(size: tuple[int, int] = (64, 48)) -> bytes:
    written = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", size, (20, 180, 20))).save(written, quality=60)
    return written.getvalue()
