"""What people attach: a small valid PDF, written by hand with a right table of offsets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    name: str
    media_type: str
    content: bytes


RESOURCES = b"<< /Font << /F1 5 0 R >> >>"


def make_pdf(*lines: str) -> bytes:
    """One A4 page with these lines in Helvetica. Characters outside Latin-1 become question marks."""
    shown = b" ".join(b"(" + escape_pdf(line) + b") Tj T*" for line in lines)
    stream = b"BT /F1 12 Tf 14 TL 72 770 Td " + shown + b" ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>" % RESOURCES,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    made = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + trailer


def make_invoice(number: str, amount: str, supplier: str) -> AttachedFile:
    """A file as a client photographs or downloads it, for stories."""
    content = make_pdf(supplier, f"Facture {number}", f"Total TVAC : {amount} EUR")
    return AttachedFile(name=f"Facture {number}.pdf", media_type="application/pdf", content=content)


def escape_pdf(line: str) -> bytes:
    raw = line.encode("latin-1", "replace")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
