"""What the house writes about mails that came in, laid out for both templates; strangers' words are cleaned."""

from dataclasses import dataclass
from urllib.parse import quote

from worker.core.desk import Desk, HeldItem, Link
from worker.mail.cleaning import clean_line, clean_lines, shortened
from worker.mail.phrases import Phrases

MOST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLink:
    label: str
    address: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    head: str
    facts: tuple[str, ...]
    excerpt: str
    links: tuple[ShownLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    intro: str
    items: tuple[ShownItem, ...]
    how: str
    how_in_text: str
    links: tuple[ShownLink, ...]
    lines: tuple[str, ...]
    text: str


def desk_view(desk: Desk, say: Phrases, *, firm: str, subject: str) -> DeskView:
    has_links = bool(desk.links or any(each.links for each in desk.items))
    return DeskView(
        intro=say(
            f"desk.{desk.intro}",
            firm=firm,
            subject=subject,
            sender=short(desk.sender),
            when=say.when_in_sentence(desk.at) if desk.at else "",
        ),
        items=tuple(shown_item(each, say) for each in desk.items),
        how=say("desk.how") if has_links else "",
        how_in_text=say("desk.how_in_text") if has_links else "",
        links=tuple(shown_link(each, say) for each in desk.links),
        lines=tuple(
            say(f"answer.{each.key}", **{name: short(value) for name, value in each.values}) for each in desk.lines
        ),
        text=clean_lines(desk.text),
    )


def shown_item(item: HeldItem, say: Phrases) -> ShownItem:
    name = f"{short(item.sender_name)} <{short(item.sender)}>" if item.sender_name else short(item.sender) or "?"
    facts = [say("held.why", why=say(f"held_why.{item.why}")), say("held.number", number=item.number)]
    if item.client_name:
        facts.insert(0, say("message.client", client=short(item.client_name)))
    if item.subject.strip():
        facts.insert(0, say("held.subject", subject=short(item.subject)))
    return ShownItem(
        head=say("held.head", sender=name, when=say.when_in_sentence(item.at)),
        facts=tuple(facts),
        excerpt=clean_lines(item.excerpt),
        links=tuple(shown_link(each, say) for each in item.links),
    )


def shown_link(link: Link, say: Phrases) -> ShownLink:
    """A mail that is sent as it stands; one that needs a word more says so in its text (RFC 6068)."""
    label = say(f"link.{link.key}", name=short(link.name))
    body = say("link.body_client") + " " if link.key == "contact_of" else say("link.body")
    address = quote(link.address, safe="@")
    return ShownLink(
        label=label,
        address=link.address,
        link=f"mailto:{address}?subject={quote(label, safe='')}&body={quote(body, safe='')}",
    )


def short(text: str) -> str:
    return shortened(clean_line(text), MOST)
