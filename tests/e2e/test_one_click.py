"""A held mail through real processes: told to the case manager, accepted by one click in her mail program, filed."""

import email
import email.policy
from collections.abc import Callable

from tests.e2e.conftest import Station
from tests.e2e.test_main_job import ANNE, SOPHIE, ask, submit, texts
from tests.flows.clicking import LINK, click
from worker.demo.world_clients import reply_from

PRIVATE = "sophie.perso@gmail.example"


def with_link(mails: list[bytes], label: str) -> str | None:
    """The mailto of this label in the newest of the mails that has one."""
    for raw in reversed(mails):
        part = email.message_from_bytes(raw, policy=email.policy.default).get_body(("html",))
        found: dict[str, str] = {name: link for link, name in LINK.findall(str(part.get_content()) if part else "")}
        if label in found:
            return found[label].replace("&amp;", "&")
    return None


def test_a_held_mail_is_accepted_by_one_click(stations: Callable[..., Station]) -> None:
    station = stations()
    station.start()
    started = ask(station)
    (mail,) = station.wait_for(lambda: station.mailbox(SOPHIE), "the mail reaches Sophie")
    raw = reply_from("iphone", mail, "C'est le nouveau four.").replace(SOPHIE.encode(), PRIVATE.encode())
    submit(station, raw, PRIVATE)

    link = station.wait_for(
        lambda: with_link(station.mailbox(ANNE) or [], "Accepter cette fois"), "Anne is told that a mail is held"
    )
    assert len(texts(station, started.conversation_id)) == 1
    submit(station, click(link, f"Anne Dupont <{ANNE}>")[0], ANNE)
    station.wait_for(lambda: len(texts(station, started.conversation_id)) == 2, "her click files the mail")
    assert texts(station, started.conversation_id)[1] == "C'est le nouveau four."
    asked = station.mailbox(SOPHIE) or []
    assert any(PRIVATE.encode() in each for each in asked[1:]), "Sophie was asked whether it was she"
    station.wait_for(
        lambda: any(b"auto-replied" in each for each in station.mailbox(ANNE) or []), "Anne hears what was done"
    )
    station.stop()
    assert PRIVATE not in "".join(station.lines), "logs carry ids, never addresses"
