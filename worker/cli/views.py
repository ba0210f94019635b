"""How conversations are shown in the terminal and as JSON."""

from typing import Any

from storage.out_of_office import OutOfOffice
from storage.states import Side, Tick, Visibility
from worker.cli.terminal import out
from worker.core.replacements import Replacement
from worker.flows.reading import ConversationView, MessageView, RecipientTick

TICKS = {
    Tick.PENDING: ("·", "dim"),
    Tick.GREY: ("✓", "dim"),
    Tick.BLUE: ("✓", "bold blue"),
    Tick.FAILED: ("✗", "bold red"),
    Tick.NONE: ("-", "dim"),
}


def print_conversation(view: ConversationView, *, full: bool) -> None:
    conversation = view.conversation
    out.tell(f"c{conversation.id} ({conversation.state}) {conversation.subject}", style="bold")
    people = ", ".join(f"{person.name} ({side})" for person, side in view.participants)
    out.tell(f"{view.client.code} {view.client.name}: {people}", style="dim")
    if view.waits_for_firm:
        out.tell(f"waits for the firm: {', '.join(dict.fromkeys(view.waits_for_firm))}", style="yellow")
    if view.waits_for_client:
        out.tell(f"waits for the client: {', '.join(dict.fromkeys(view.waits_for_client))}", style="yellow")
    for person, answer in view.away:
        out.tell(f"{person.name}: {told_absence(answer)}", style="yellow")
    for message in view.messages:
        print_message(message, full=full)


def told_absence(answer: OutOfOffice) -> str:
    """One line: from and until when, back when, who replaces."""
    until = f" until {answer.until_on}" if answer.until_on else ", until when was not said"
    parts = [f"away{f' from {answer.from_on}' if answer.from_on else ''}{until}"]
    parts += [f"back on {answer.back_on}"] if answer.back_on else []
    parts += [f"replaced by {Replacement(**each)}" for each in answer.replacements]
    return "; ".join(parts)


def marks_of(view: MessageView) -> list[str]:
    message = view.message
    marks = [message.origin.value]
    if message.visibility is Visibility.INTERNAL:
        marks.append("internal")
    if message.forwarded_by_id is not None:
        marks.append(forwarded(view))
    if message.sender_unverified:
        marks.append("sender not verified")
    if message.edited_at and not message.deleted_at:
        marks.append("edited after it was mailed" if view.edited_after_mailed else "edited")
    return marks


def print_message(view: MessageView, *, full: bool) -> None:
    message, marks = view.message, marks_of(view)
    author = view.author.name if view.author else "Navette"
    out.print(
        f"\nm{message.id} {message.happened_at:%d/%m %H:%M} {author} ({', '.join(marks)})", style="bold", markup=False
    )
    out.tell("(deleted)" if message.deleted_at else view.text)
    for file in view.attachments:
        aside = f", set aside: {file.aside_why}" if file.aside_why else ""
        out.tell(f"  [file] {file.name} ({file.media_type}, {file.size} bytes{aside})")
    if full and view.quoted_text:
        out.tell(view.quoted_text, style="dim")
    if full and view.cut_rule:
        out.tell(f"  cut by {view.cut_rule}, confidence {view.cut_confidence}", style="dim")
    for tick in view.ticks:
        print_tick(tick)


def forwarded(view: MessageView) -> str:
    message = view.message
    told = [f"forwarded by {view.forwarded_by.name}" if view.forwarded_by else "forwarded"]
    told += [f"from {message.original_from}"] if message.original_from else []
    told += [f"of {message.original_at:%d/%m/%Y %H:%M} UTC"] if message.original_at else []
    told += [f"signature {message.original_signature}"] if message.original_signature else []
    return " ".join(told)


def print_tick(tick: RecipientTick) -> None:
    sign, style = TICKS[tick.tick]
    told = " ".join(
        part for part in (tick.mail_state, f"by {tick.evidence}" if tick.evidence else "", tick.why or "") if part
    )
    doubled = " (may be doubled)" if tick.may_be_doubled else ""
    out.tell(f"  {sign} {tick.person.name}: {told}{doubled}", style=style)


def conversation_data(view: ConversationView) -> dict[str, Any]:
    return {
        "id": view.conversation.id,
        "public_id": f"{view.conversation.public_id:016x}",
        "subject": view.conversation.subject,
        "state": view.conversation.state,
        "client": view.client.code,
        "participants": [
            {"person": person.id, "name": person.name, "side": side} for person, side in view.participants
        ],
        "waits_for": {Side.CLIENT: view.waits_for_client, Side.FIRM: view.waits_for_firm},
        "away": [absence_data(person.id, answer) for person, answer in view.away],
        "messages": [message_data(each) for each in view.messages],
    }


def absence_data(person_id: int, answer: OutOfOffice) -> dict[str, Any]:
    days = {"from_on": answer.from_on, "until_on": answer.until_on, "back_on": answer.back_on}
    return {"person": person_id, "replacements": answer.replacements, "told_by": f"i{answer.inbound_mail_id}"} | {
        name: day and day.isoformat() for name, day in days.items()
    }


def message_data(view: MessageView) -> dict[str, Any]:
    message = view.message
    return {
        "id": message.id,
        "author": view.author.name if view.author else None,
        "side": message.author_side,
        "visibility": message.visibility,
        "origin": message.origin,
        "happened_at": message.happened_at.isoformat(),
        "forwarded_by": view.forwarded_by.name if view.forwarded_by else None,
        "original_from": message.original_from,
        "original_at": message.original_at.isoformat() if message.original_at else None,
        "original_signature": message.original_signature,
        "text": view.text,
        "quoted_text": view.quoted_text,
        "deleted": message.deleted_at is not None,
        "edited_after_mailed": view.edited_after_mailed,
        "attachments": [
            {
                "name": each.name,
                "type": each.media_type,
                "size": each.size,
                "sha256": each.sha256,
                "public_id": f"{each.public_id:016x}",
                "aside": each.aside_why,
                "scan": each.scan_state,
                "inline": each.inline,
                "content_id": each.content_id,
            }
            for each in view.attachments
        ],
        "ticks": [
            {
                "person": tick.person.id,
                "name": tick.person.name,
                "tick": tick.tick,
                "state": tick.mail_state,
                "evidence": tick.evidence,
                "why": tick.why,
                "may_be_doubled": tick.may_be_doubled,
            }
            for tick in view.ticks
        ],
    }
