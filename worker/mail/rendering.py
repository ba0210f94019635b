"""Letters to words: Jinja2 templates of ``mail_templates``, compiled once per process, an unknown name is an error.

Which mails exist, what each says and where its words live: docs/mails.md. A kind of mail can be made when there is a
folder ``mail_templates/KIND`` with subject, text and html. In HTML everything is escaped; what people wrote goes
through ``written_text``. In the text part our own sentences flow at 74 columns, people's lines stay as they are.
"""

import textwrap
from functools import cache, lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, TemplateNotFound

from worker.core.letters import Letter, Words
from worker.mail.cleaning import clean_line
from worker.mail.letter_view import view_of
from worker.mail.phrases import phrases_in
from worker.mail.written_text import as_html

COLUMNS = 74


class NoTemplate(LookupError):  # noqa: N818 - named by the reaction
    """No words exist for this kind of mail."""


@lru_cache(maxsize=512)
def flow(sentence: str, width: int = COLUMNS) -> str:
    """Our own words in lines of at most so many columns; an address longer than that stays whole."""
    return textwrap.fill(sentence, width=width, break_long_words=False, break_on_hyphens=False)


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


ENVIRONMENT = Environment(
    loader=PackageLoader("mail_templates", package_path=""),
    undefined=StrictUndefined,
    autoescape=lambda name: name is not None and name.endswith("html.j2"),  # noqa: S701 - subject and text are no HTML
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
ENVIRONMENT.filters.update(flow=flow, quoted=quoted, written=as_html)


def render(letter: Letter) -> Words:
    """Raises NoTemplate for a kind without words, Unprintable for a letter that would tell or show too much."""
    subject, text, html = templates_of(letter.kind)
    say = phrases_in(letter.language)
    view = view_of(letter, say)
    names = {"letter": view.letter, "view": view, "say": say}
    return Words(
        subject=clean_line(subject.render(names)),
        text=text.render(names).strip("\n") + "\n",
        html=html.render(names).strip() + "\n",
    )


@cache
def templates_of(kind: str) -> tuple[Template, Template, Template]:
    try:
        subject, text, html = (ENVIRONMENT.get_template(f"{kind}/{part}.j2") for part in ("subject", "text", "html"))
    except TemplateNotFound as error:
        raise NoTemplate(f"mails of the kind '{kind}' have no words yet; see docs/mails.md") from error
    return subject, text, html
