"""Talking to the relay about sealed mails, one after the other, and writing down in groups what it said.

The attempts of a group are opened in the transaction that seals the batch or records the group before. Answers are
recorded after every group, and sooner when the relay takes its time: what was taken and not recorded would be sent
again after a crash.

The rest of a batch goes back, untried and counting no try: when the time is up; when one mail took long (somebody else
may be faster); when the relay is away (two answers in a row, or one that took long), for then no mail is at fault. When
a recipient was refused, his other mails go back too, to be looked at anew: he may be suppressed now.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

import structlog
from sqlalchemy.orm import Session

from storage import outbox_batches, outbox_claims
from storage.files import FilesDown
from storage.outbox_batches import Ended
from storage.records import OutgoingMailId
from storage.states import AttemptOutcome, MailState
from worker.core.relaying import Later, Never, RelayAnswer
from worker.faults import reach
from worker.flows.claiming import lock_talks
from worker.flows.house import House
from worker.flows.ports import Relay
from worker.flows.recording import NOT_TRIED, Tried, following, pause_after, record
from worker.flows.sealing import GROUP, Sealed

log = structlog.get_logger("navette.sending")

RECORD_AFTER_S = 0.2
SLOW_S = 2.0
AWAY_AFTER = 2
"""So many answers in a row say that the relay is busy or cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """``seconds``: a stopwatch; ``until``: by it, when no further mail may be begun. A lease lasts longer than what is
    left of a task (worker.wiring), so who looks at this before each mail never talks without one.
    """

    seconds: Callable[[], float] = time.monotonic
    until: float = math.inf

    def has_time(self) -> bool:
        return self.seconds() < self.until


class Ending(Enum):
    """Why a stretch of talk ended. After all but the first the rest goes back."""

    TO_RECORD = auto()
    TIME_IS_UP = auto()
    RELAY_IS_SLOW = auto()
    RELAY_IS_AWAY = auto()


class Round:
    """One batch on its way to the relay. ``left``: not yet tried, in order; the first ``opened`` have open attempts."""

    def __init__(self, house: House, relay: Relay, watch: Watch, sealed: Sequence[Sealed]) -> None:
        self.house, self.relay, self.watch = house, relay, watch
        self.left = list(sealed)
        self.opened = min(GROUP, len(self.left))
        self.heard: list[Tried] = []
        self.busy_in_a_row = 0

    def run(self) -> None:
        """Every mail is tried once, or given back."""
        while self.opened:
            try:
                ending = self.talk()
            except BaseException:  # whoever stops us: what was heard is written down; the mail under way is in doubt
                self.write_down(Ending.TO_RECORD, opening=False)
                raise
            self.write_down(ending)

    def talk(self) -> Ending:
        """With the opened ones, until something has to be recorded."""
        began = self.watch.seconds()
        for each in self.left[: self.opened]:
            if not self.watch.has_time():
                return Ending.TIME_IS_UP
            before = self.watch.seconds()
            answer = self.ask(each)
            ending = self.ending_after(answer, took=self.watch.seconds() - before)
            if ending is not None:
                return ending
            if isinstance(answer, Never) or self.watch.seconds() - began > RECORD_AFTER_S:
                break
        return Ending.TO_RECORD

    def ask(self, sealed: Sealed) -> RelayAnswer:
        try:
            content = sealed.for_relay(self.house)
            reach("send.before_relay")
            answer = self.relay.send(content)
            reach("send.after_relay")
        except FilesDown:  # before the relay was asked, or in the middle of the text: nothing was taken
            log.exception("files_down", mail=sealed.mail.id)
            answer = Later(reply="not sent: the stored mail could not be read", busy=False)
        self.heard.append(Tried(mail=sealed.mail, answer=answer))
        return answer

    def ending_after(self, answer: RelayAnswer, *, took: float) -> Ending | None:
        is_busy = isinstance(answer, Later) and answer.busy
        self.busy_in_a_row = self.busy_in_a_row + 1 if is_busy else 0
        if is_busy and (self.busy_in_a_row >= AWAY_AFTER or took > SLOW_S):
            return Ending.RELAY_IS_AWAY
        return Ending.RELAY_IS_SLOW if took > SLOW_S else None

    def write_down(self, ending: Ending, *, opening: bool = True) -> None:
        """What was heard, what goes back, what is next: one transaction. Then who waited for it is rung for."""
        tried, self.heard = self.heard, []
        open_ones = self.left[len(tried) : self.opened]
        rest = self.left[len(tried) :]
        back = rest if ending is not Ending.TO_RECORD else those_refused(tried, rest)
        kept = [each for each in rest if each not in back]
        with self.house.database.writing() as session:
            lock_talks(session, [each.mail for each in tried] + [each.mail for each in rest])
            now = self.house.now(session)
            states = record(session, self.house, tried, now=now)
            rung = following(session, self.house, [each.mail for each in tried], now=now)
            give_back(session, back, open_ones, away=ending is Ending.RELAY_IS_AWAY, now=now)
            self.opened = len([each for each in open_ones if each in kept])
            if opening and not self.opened:
                kept = self.open_next(session, kept, now=now)
        self.left = kept
        reach("send.after_record")
        if ending is not Ending.RELAY_IS_AWAY:
            rung += [each.mail.id for each in back]
        if rung:
            self.house.bell.ring_outgoing(rung)
        tell(tried, states)

    def open_next(self, session: Session, kept: list[Sealed], *, now: datetime) -> list[Sealed]:
        """Open the attempts of the next group; a mail that something else has moved meanwhile leaves the round."""
        group = kept[:GROUP]
        mine = outbox_claims.still_claimed(session, {each.mail.id: each.mail.fence for each in group})
        ours = [each for each in group if each.mail.id in mine]
        outbox_batches.open_attempts(session, [each.mail for each in ours], self.relay.name, now=now)
        self.opened = len(ours)
        return ours + kept[GROUP:]


def those_refused(tried: Sequence[Tried], rest: Sequence[Sealed]) -> list[Sealed]:
    """Further mails to an address that was refused just now."""
    refused = {each.mail.address for each in tried if isinstance(each.answer, Never)}
    return [each for each in rest if each.mail.address in refused]


def give_back(
    session: Session, back: Sequence[Sealed], open_ones: Sequence[Sealed], *, away: bool, now: datetime
) -> None:
    """As if never claimed; ``away``: after the pause of a first try. Bytes that no try was made with are made anew."""
    if not back:
        return
    mine = outbox_claims.still_claimed(session, {each.mail.id: each.mail.fence for each in back})
    untried = [each.mail for each in back if each in open_ones]
    ended = [Ended(mail=each, outcome=AttemptOutcome.TEMPORARY, reply=NOT_TRIED) for each in untried]
    outbox_batches.end_attempts(session, ended, now=now)
    later = {"due_at": now + pause_after(1)} if away else {}
    remade = {each.mail.id for each in back if each.remade and each.mail.id in mine}
    outbox_claims.give_back(session, remade, bytes_path=None, **later)
    outbox_claims.give_back(session, mine - remade, **later)


def tell(tried: Sequence[Tried], states: Mapping[OutgoingMailId, MailState]) -> None:
    for each in tried:
        mail = each.mail
        log.info("tried", mail=mail.id, state=states[mail.id], tries=mail.tries, answer=type(each.answer).__name__)
