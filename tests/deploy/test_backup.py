"""What was backed up while everything ran comes back whole, goes on, and sends nothing again unmarked."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from storage import backup, inbox, operation, outbox
from storage.records import OutgoingMail
from storage.states import ArrivalState, MailState, Outcome, Way
from tests.conftest import with_policy
from tests.deploy.conftest import Office
from tests.flows.mailroom import address_in, reply
from tests.flows.test_portal import ask
from worker.core.policy import Sending
from worker.flows.backing_up import Restored, back_up, bring_back, settle
from worker.flows.conversations import NewFile, Started, start_conversation
from worker.flows.house import House
from worker.flows.housekeeping import keep_house
from worker.flows.reading import changes_after

Places = Callable[[], House]


def write(office: Office, number: int) -> Started:
    """A conversation with a file of its own."""
    answer = start_conversation(
        office.house,
        by=office.firm.anne,
        client_id=office.firm.bakery,
        subject=f"Question {number}",
        text=f"Voici le document {number}.",
        to=[office.firm.sophie],
        files=[NewFile(name=f"{number}.txt", content=b"content %d" % number)],
    )
    assert isinstance(answer, Started)
    return answer


def keep(office: Office, folder: Path, **options: Path) -> Path:
    back_up(office.house.database, office.house.files, office.house.keys, folder, **options)
    return folder


def restore(office: Office, folder: Path, new_place: Places) -> tuple[House, Restored]:
    place = with_policy(new_place(), sending=Sending.OFF)
    bring_back(place.database, place.files, place.keys, folder, sending=place.policy.sending)
    return place, settle(place, office.reader)


def moved_to(office: Office, place: House) -> Office:
    """The same people and clock at the restored house, with sending as before."""
    return Office(replace(place, policy=office.house.policy), office.firm, office.clock)


def every_mail(house: House) -> list[OutgoingMail]:
    with house.database.reading() as session:
        return outbox.mails_in(session, set(MailState), most=1000)


def test_a_backup_made_under_writing_comes_back_whole_and_goes_on(
    office: Office, new_place: Places, tmp_path: Path
) -> None:
    some, enough = threading.Event(), threading.Event()
    written: list[Started] = []

    def keep_writing() -> None:
        while not enough.is_set():
            written.append(write(office, len(written)))
            if len(written) > 5:
                some.set()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        assert some.wait(30)
        keep(office, tmp_path / "copy")
    finally:
        enough.set()
        writer.join()
    place, done = restore(office, tmp_path / "copy", new_place)

    mails = every_mail(place)
    assert 5 < len(mails) <= len(written)
    assert (done.missing, done.in_doubt) == ((), len(mails))
    later = moved_to(office, place)
    office.clock.forward(seconds=60)
    states = later.post.run()
    assert states == [MailState.ACCEPTED] * len(mails)
    assert all(b"Content-Disposition: attachment" in each.content[:] for each in later.relay.sent)


def test_what_went_out_after_the_backup_waits_for_the_firm_and_goes_marked(
    office: Office, new_place: Places, tmp_path: Path
) -> None:
    write(office, 1)
    keep(office, tmp_path / "copy")
    office.clock.forward(seconds=60)
    assert office.post.run() == [MailState.ACCEPTED]
    place, done = restore(office, tmp_path / "copy", new_place)

    off = Office(place, office.firm, office.clock)
    assert off.post.run() == []
    (waiting,) = every_mail(place)
    assert (done.in_doubt, waiting.may_be_doubled) == (1, True)
    with place.database.reading() as session:
        told = operation.timeline(session, outgoing_mail_ids=(waiting.id,))
    assert [(each.what, each.details) for each in told] == [("mail_in_doubt", {"because": "restored"})]

    assert moved_to(office, place).post.run() == [MailState.ACCEPTED]
    (gone,) = every_mail(place)
    assert gone.may_be_doubled


def test_the_mirror_of_a_reply_that_was_not_yet_filed_goes_marked_too(
    office: Office, new_place: Places, tmp_path: Path
) -> None:
    ask(office.house, office.firm, to=[office.firm.sophie])
    office.clock.forward(seconds=60)
    office.post.run()
    sent = office.relay.sent[-1]
    (arrival,) = office.room.keep(reply(sent), address_in(sent))
    with office.house.database.writing() as session:  # a worker has it in hand
        inbox.claim_arrival(session, arrival, office.clock.at, lease=office.house.policy.file_lease)
    keep(office, tmp_path / "copy")
    place, done = restore(office, tmp_path / "copy", new_place)

    assert (done.unfiled, done.in_doubt) == (0, 1)
    with place.database.reading() as session:
        assert inbox.count_arrivals(session) == {ArrivalState.FILED: 1}
    assert {each.address: each.may_be_doubled for each in every_mail(place)} == {
        "anne@fiduciaire.example": True,
        "sophie@boulangerie.example": False,
    }


def test_a_mail_that_had_gone_before_the_backup_is_left_alone(
    office: Office, new_place: Places, tmp_path: Path
) -> None:
    write(office, 1)
    office.clock.forward(seconds=60)
    office.post.run()
    keep(office, tmp_path / "copy")
    place, done = restore(office, tmp_path / "copy", new_place)

    assert done.in_doubt == 0
    assert moved_to(office, place).post.run() == []
    assert [each.may_be_doubled for each in every_mail(place)] == [False]


def test_a_mail_in_the_relays_hands_at_the_backup_is_asked_again_with_the_same_bytes(
    office: Office, new_place: Places, tmp_path: Path
) -> None:
    write(office, 1)
    office.clock.forward(seconds=60)
    office.relay.before = lambda: (keep(office, tmp_path / "copy"), None)[1]
    assert office.post.run() == [MailState.ACCEPTED]
    place, _done = restore(office, tmp_path / "copy", new_place)
    office.clock.forward(hours=1)
    later = moved_to(office, place)

    assert later.post.run() == [MailState.ACCEPTED]
    assert later.relay.sent[0].content[:] == office.relay.sent[0].content[:]


def test_nothing_given_away_after_the_backup_is_given_again(office: Office, new_place: Places, tmp_path: Path) -> None:
    write(office, 1)
    office.post.run()
    keep(office, tmp_path / "copy")
    lost = write(office, 2)
    office.post.run()
    seen = max(each.number or 0 for each in changes_after(office.house, 0))
    place, _done = restore(office, tmp_path / "copy", new_place)
    later = moved_to(office, place)
    fresh = write(later, 3)
    later.post.run()

    assert fresh.conversation_id > lost.conversation_id
    assert fresh.message_id > lost.message_id
    numbers = [each.number or 0 for each in changes_after(place, seen)]
    assert numbers
    assert min(numbers) > seen + 1000


def test_tables_that_were_empty_skip_ahead_too(office: Office, new_place: Places, tmp_path: Path) -> None:
    keep(office, tmp_path / "copy")
    place, _done = restore(office, tmp_path / "copy", new_place)

    assert write(moved_to(office, place), 1).conversation_id > backup.SKIP


def test_a_reply_to_a_mail_of_the_lost_time_is_held(office: Office, new_place: Places, tmp_path: Path) -> None:
    keep(office, tmp_path / "copy")
    write(office, 1)
    office.clock.forward(seconds=60)
    office.post.run()
    sent = office.relay.sent[-1]
    place, _done = restore(office, tmp_path / "copy", new_place)

    assert moved_to(office, place).room.file(reply(sent), address_in(sent)) is Outcome.HELD


def test_large_raw_mail_is_in_the_backup(office: Office, new_place: Places, tmp_path: Path) -> None:
    ask(office.house, office.firm, to=[office.firm.sophie])
    office.clock.forward(seconds=60)
    office.post.run()
    sent = office.relay.sent[-1]
    raw = reply(sent, "mot " * 100_000)
    name = office.house.files.put_inbound("ab" * 32, raw)
    mail = inbox.KeptMail(
        sha256="ab" * 32,
        size=len(raw),
        raw=None,
        raw_path=name,
        way=Way.SMTP,
        envelope_from="sophie@boulangerie.example",
        recipients=(address_in(sent),),
    )
    with office.house.database.writing() as session:
        inbox.keep_mail(session, mail, now=office.clock.at)
    keep(office, tmp_path / "copy")
    place, done = restore(office, tmp_path / "copy", new_place)

    assert done.missing == ()
    assert place.files.read(name) == raw
    with place.database.reading() as session:
        assert inbox.count_arrivals(session) == {ArrivalState.FILED: 1}


def test_housekeeping_finds_nothing_to_remove_after_a_restore(
    office: Office, new_place: Places, tmp_path: Path
) -> None:
    write(office, 1)
    keep(office, tmp_path / "copy")
    place, _done = restore(office, tmp_path / "copy", new_place)
    office.clock.forward(days=10_000)
    keep_house(place)

    assert len(list(backup.files_below(place.files.root))) == 1


def test_a_second_backup_links_what_the_first_has_and_outlives_it(
    office: Office, new_place: Places, tmp_path: Path
) -> None:
    write(office, 1)
    first = keep(office, tmp_path / "first")
    write(office, 2)
    second = keep(office, tmp_path / "second", linked_to=first)

    links = sorted(path.stat().st_nlink for path in backup.files_below(second / "files"))
    assert links == [1, 2]
    for path in sorted(first.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    _place, done = restore(office, second, new_place)
    assert done.missing == ()


def test_a_file_that_the_backup_lacks_is_named(office: Office, new_place: Places, tmp_path: Path) -> None:
    write(office, 1)
    keep(office, tmp_path / "copy")
    (gone,) = backup.files_below(tmp_path / "copy" / "files")
    gone.unlink()
    _place, done = restore(office, tmp_path / "copy", new_place)

    assert done.missing == (str(gone.relative_to(tmp_path / "copy" / "files")),)
