"""The tasks: ids in, nothing out. Every one may be lost, late, doubled or reordered, and nothing is lost by it."""

import time

from storage.records import ArrivalId, OutgoingMailId
from worker.app import (
    FILE,
    HOUSEKEEP,
    HOUSEKEEP_EVERY_S,
    SCAN,
    SCAN_EVERY_S,
    SEND,
    SWEEP,
    SWEEP_EVERY_S,
    SWEEP_TURN,
    WATCH,
    WATCH_EVERY_S,
    app,
    workshop,
)
from worker.flows.collecting_alarms import watch_mailboxes
from worker.flows.filing_together import file_arrivals
from worker.flows.housekeeping import keep_house
from worker.flows.scanning import scan_waiting
from worker.flows.sending import send_mails
from worker.flows.sweeping import sweep
from worker.flows.talking import Watch
from worker.flows.turns import begin_turn

LEAST_S = 60
"""A batch takes no further mail when less than this is left of the task's time."""


def seconds_for_mails() -> float:
    limit: int = app.conf.task_time_limit
    return limit - min(LEAST_S, limit / 2)


def time_is_left(since: float) -> bool:
    return time.monotonic() - since < seconds_for_mails()


@app.task(name=SEND)  # type: ignore[untyped-decorator]
def send(ids: list[int]) -> None:
    since, shop = time.monotonic(), workshop()
    watch = Watch(seconds=time.monotonic, until=since + seconds_for_mails())
    send_mails(shop.house, shop.relay, shop.printer, [OutgoingMailId(each) for each in ids], watch)


@app.task(name=FILE)  # type: ignore[untyped-decorator]
def file(ids: list[int]) -> None:
    since, shop = time.monotonic(), workshop()
    arrivals = [ArrivalId(each) for each in ids]
    file_arrivals(shop.house, shop.reader, arrivals, may_go_on=lambda: time_is_left(since))


@app.task(name=SWEEP)  # type: ignore[untyped-decorator]
def sweep_once() -> None:
    house = workshop().house
    if begin_turn(house, SWEEP_TURN, every_s=SWEEP_EVERY_S):
        sweep(house)


@app.task(name=SCAN)  # type: ignore[untyped-decorator]
def scan() -> None:
    """Where no virus scanner is set up there is nothing to do, and nothing is asked of the database."""
    house = workshop().house
    if house.scanner is not None and begin_turn(house, "turn:scan", every_s=SCAN_EVERY_S):
        scan_waiting(house, house.scanner)


@app.task(name=WATCH)  # type: ignore[untyped-decorator]
def watch() -> None:
    house = workshop().house
    if begin_turn(house, "turn:watch", every_s=WATCH_EVERY_S):
        watch_mailboxes(house)


@app.task(name=HOUSEKEEP)  # type: ignore[untyped-decorator]
def housekeep() -> None:
    house = workshop().house
    if begin_turn(house, "turn:housekeep", every_s=HOUSEKEEP_EVERY_S):
        keep_house(house)
