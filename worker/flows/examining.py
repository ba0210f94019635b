"""The files of a mail on their way into a message: stored, looked into, scanned; then judged with the message.

``examine`` takes time and happens outside any transaction; ``judge`` asks what this person and this client sent and got
before, inside the one that posts. All files are stored, whatever becomes of them (DESIGN.md invariant 1): those that
are set aside stand outside the message.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from storage import file_facts
from storage.records import Client, ClientId, PersonId
from storage.states import ScanState
from worker.core.file_looks import NOT_LOOKED, FileLook
from worker.core.file_rules import ArrivedFile, judged, may_be_logo, why_refused
from worker.core.parsed import ParsedFile, ParsedMail
from worker.core.scanning import NOT_SCANNED, Scanned
from worker.flows.house import House
from worker.flows.ports import Reader
from worker.flows.posting import StoredFile

SECONDS = 60.0
"""For all files of a mail; what was not looked at until then is not."""
HEIC = frozenset({"image/heic", "image/heif"})


def examine(house: House, reader: Reader, client: Client, mail: ParsedMail) -> tuple[StoredFile, ...]:
    until = time.monotonic() + SECONDS
    found = [each for file in mail.files for each in taken_in(house, reader, client, file, until)]
    return tuple(scanned(house, client, found))


def taken_in(house: House, reader: Reader, client: Client, file: ParsedFile, until: float) -> Iterator[StoredFile]:
    """The file, and of a HEIC picture a JPEG beside it."""
    house.files.put_attachment_pieces(client.public_id, file.sha256, file.content.pieces())
    look = look_into(house, reader, client, file) if time.monotonic() < until else NOT_LOOKED
    yield StoredFile(
        name=file.name,
        sha256=file.sha256,
        size=file.size,
        media_type=file.media_type,
        inline=file.inline,
        content_id=file.content_id,
        look=look,
    )
    if file.media_type in HEIC and time.monotonic() < until:
        jpeg = reader.jpeg(house.files.attachment_path(client.public_id, file.sha256))
        if jpeg is not None:
            yield mirror(house, client, file, jpeg, look)


def look_into(house: House, reader: Reader, client: Client, file: ParsedFile) -> FileLook:
    """Not into what is refused anyway."""
    if why_refused(arrived(file), house.policy.file_rules) is not None:
        return NOT_LOOKED
    path = house.files.attachment_path(client.public_id, file.sha256)
    return reader.look(path, media_type=file.media_type, name=file.name)


def mirror(house: House, client: Client, file: ParsedFile, jpeg: bytes, look: FileLook) -> StoredFile:
    stem = file.name.rpartition(".")[0] or file.name
    return StoredFile(
        name=f"{stem}.jpg",
        sha256=house.files.put_attachment(client.public_id, jpeg),
        size=len(jpeg),
        media_type="image/jpeg",
        inline=file.inline,
        look=look,
    )


def scanned(house: House, client: Client, files: Sequence[StoredFile]) -> Iterator[StoredFile]:
    """Each content once; after a first sign that the scanner is down no further one."""
    known: dict[str, Scanned] = {}
    is_down = house.scanner is None
    for file in files:
        if house.scanner is not None and not is_down and file.sha256 not in known:
            found = house.scanner.scan(house.files.attachment_path(client.public_id, file.sha256))
            known[file.sha256], is_down = found, found.is_down
        yield replace(file, scanned=known.get(file.sha256, NOT_SCANNED))


def arrived(file: ParsedFile | StoredFile) -> ArrivedFile:
    return ArrivedFile(name=file.name, media_type=file.media_type, size=file.size)


def judge(
    session: Session,
    house: House,
    files: Sequence[StoredFile],
    *,
    client_id: ClientId,
    person_id: PersonId,
    has_text: bool,
) -> tuple[StoredFile, ...]:
    """Each with why it is set aside, by what this person sent and this client got before."""
    images = {each.sha256 for each in files if each.media_type.startswith("image/")}
    seen = file_facts.times_seen(session, person_id, images) if images else {}
    ours = file_facts.images_of_the_firm(session, client_id, images) if images else set()
    known = file_facts.scan_states(session, client_id, {each.sha256 for each in files}) if files else {}
    arrivals = [
        replace(
            arrived(each),
            look=each.look,
            scan=each.scanned.state if is_sure(each) else known.get(each.sha256, ScanState.UNSCANNED),
            times_seen=seen.get(each.sha256, 0),
            is_ours=each.sha256 in ours,
        )
        for each in files
    ]
    reasons = judged(arrivals, house.policy.file_rules, has_text=has_text)
    return tuple(replace(each, aside_why=why) for each, why in zip(files, reasons, strict=True))


def is_sure(file: StoredFile) -> bool:
    return file.scanned.state is not ScanState.UNSCANNED


def logos_in(files: Sequence[StoredFile]) -> set[str]:
    """What is worth remembering as this person's."""
    return {each.sha256 for each in files if may_be_logo(each.media_type, each.size)}
