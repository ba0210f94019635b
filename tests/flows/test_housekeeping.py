"""The hourly round removes only what no row names, and mends counters."""

import os
from pathlib import Path

from storage import conversations, outbox
from storage.records import PublicId
from tests.conftest import Firm, HandClock
from tests.flows.test_portal import ask
from worker.flows.conversations import NewFile, post_message
from worker.flows.house import House
from worker.flows.housekeeping import mend_counters, sweep_files
from worker.flows.reading import count_needing_action


def age(path: Path, clock: HandClock, *, hours: float) -> None:
    then = clock.at.timestamp() - hours * 3600
    os.utime(path, (then, then))


def test_only_old_files_without_a_row_are_swept(house: House, firm: Firm, clock: HandClock) -> None:
    started = ask(house, firm, to=[firm.sophie])
    post_message(
        house, by=firm.anne, conversation_id=started.conversation_id, text="", files=[NewFile(name="a", content=b"a")]
    )
    with house.database.writing() as session:
        mail = outbox.mails_to(session, started.conversation_id, firm.sophie)[0]
        named = house.files.put_outgoing(mail.public_id, [b"named"], "2026-11")
        outbox.update_mail(session, mail.id, {mail.state}, bytes_path=named)
    orphan = house.files.put_outgoing(PublicId(2), [b"orphan"], "2026-11")
    fresh = house.files.put_outgoing(PublicId(3), [b"fresh"], "2026-11")
    stranger = house.files.put_attachment(PublicId(99), b"a")
    for path in house.files.root.rglob("*"):
        if path.is_file():
            age(path, clock, hours=25)
    age(house.files.root / fresh, clock, hours=23)

    assert sweep_files(house) == 2
    left = {str(path.relative_to(house.files.root)) for path in house.files.root.rglob("*") if path.is_file()}
    assert orphan not in left
    assert not house.files.attachment_path(PublicId(99), stranger).exists(), "another client's row does not keep it"
    assert {named, fresh} < left
    assert len(left) == 3
    assert sweep_files(house) == 0


def test_counters_that_drifted_are_written_anew(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    assert mend_counters(house) == 0
    with house.database.writing() as session:
        conversations.update_conversation(session, started.conversation_id, client_attention=7, firm_attention=3)

    assert mend_counters(house) == 1
    assert (count_needing_action(house, by=firm.sophie), count_needing_action(house, by=firm.anne)) == (1, 0)
