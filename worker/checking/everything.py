"""The checks of one firm's settings, in the order they are told."""

from collections.abc import Callable

from worker.checking import antivirus, broker, database, machine, mailbox, relay, sink, working
from worker.checking.contradictions import check_settings
from worker.checking.round_trip import ABOUT, Waits, check_round_trip
from worker.checking.running import Check
from worker.checking.secrets import check_files, check_keys
from worker.checking.words import check_words
from worker.flows.house import House
from worker.settings import Settings


def checks_of(settings: Settings) -> list[Check]:
    return [
        Check(about="settings", look=lambda: check_settings(settings)),
        Check(about="keys", look=lambda: check_keys(settings)),
        Check(about="secret files", look=check_files),
        Check(about=database.ABOUT, look=lambda: database.check_database(settings), seconds=30),
        Check(about=machine.CLOCK, look=lambda: machine.check_clock(settings), seconds=30),
        Check(about=broker.ABOUT, look=lambda: broker.check_broker(settings)),
        Check(about=working.WORK, look=lambda: working.check_work(settings), seconds=30),
        Check(about=relay.ABOUT, look=lambda: relay.check_relay(settings), seconds=relay.SECONDS),
        Check(about=mailbox.ABOUT, look=lambda: mailbox.check_mailboxes(settings), seconds=mailbox.SECONDS),
        Check(about=sink.ABOUT, look=lambda: sink.check_sink(settings), seconds=45),
        Check(about=antivirus.ABOUT, look=lambda: antivirus.check_antivirus(settings), seconds=30),
        Check(about=machine.FOLDER, look=lambda: machine.check_folder(settings)),
        Check(about="words", look=check_words, seconds=30),
    ]


def round_trip_of(settings: Settings, open_house: Callable[[], House], seconds: float) -> Check:
    waits = Waits(probe=seconds, report=seconds / 4)
    return Check(about=ABOUT, look=lambda: check_round_trip(settings, open_house, waits), seconds=waits.limit)
