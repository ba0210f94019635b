"""Who made an element of HTML: the names that tell, of all the classes and ids a mail holds (REPLIES.md, 5 and 8).

A name is a class, id, name or data-marker of the element, without the ``x_`` that Outlook puts in front of each;
``blockquote_cite`` stands for ``blockquote[type=cite]``; ``outlook_border`` for the block with a thin line on top that
Outlook puts above what it quotes.
"""

import re
from collections.abc import Mapping

NAMES = frozenset(
    # what stands around quoted text (REPLIES.md, method 5)
    "gmail_quote gmail_quote_container gmail_attr gmail_extra divRplyFwdMsg appendonsend "
    "mail-editor-reference-message-container ms-outlook-mobile-reference-message "
    "moz-cite-prefix moz-forward-container yahoo_quoted protonmail_quote "
    "tutanota_quote zmail_extra zwchr __QUOTED_TEXT__ quote quoted-content reply-intro OLK_SRC_BODY_SECTION "
    "stopSpelling messageReplySection front-blockquote missive_quote hs_reply "
    # what stands around signatures (method 8)
    "Signature gmail_signature gmail_signature_prefix ms-outlook-mobile-signature protonmail_signature_block "
    "composer_signature moz-signature __SIG_POST__ __SIG_PRE__ "
    # the author's own text
    "elementToProof".split()
)
BY_LOWER = {name.lower(): name for name in NAMES}
BEGINNINGS = ("yahoo_quoted",)
MOST_NAMES = 20
OUTLOOK_BORDER = re.compile(r"border-top\s*:\s*solid\s+#(?:e1e1e1|b5c4df)|border-top\s*:\s*#(?:e1e1e1|b5c4df)\s")


def names_of(tag: str, attributes: Mapping[str, str | None], style: str) -> list[str]:
    words = [
        *(attributes.get("class") or "").split()[:MOST_NAMES],
        *(attributes.get(key) or "" for key in ("id", "name", "data-marker")),
    ]
    names = [name for word in words if word and (name := known_name(word))]
    if tag == "blockquote" and (attributes.get("type") or "").lower() == "cite":
        names.append("blockquote_cite")
    if style and OUTLOOK_BORDER.search(style):
        names.append("outlook_border")
    return names


def known_name(word: str) -> str | None:
    while word.lower().startswith("x_"):
        word = word[2:]
    lower = word.lower()
    return next((each for each in BEGINNINGS if lower.startswith(each)), None) or BY_LOWER.get(lower)
