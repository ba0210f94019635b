"""Who made an element of HTML: the names that tell, of all the classes and ids a mail holds (REPLIES.md, 5 and 8).

A name is a class, id, name, data-marker or data-smartmail of the element, without what the next program puts in front
of each: Outlook ``x_``, Yahoo ``yiv123`` and ``ydp1a2b3c4d``, Gmail ``m_-123``, Hotmail ``ecx``. ``blockquote_cite``
stands for ``blockquote[type=cite]``; ``outlook_border`` for the block with a thin line on top that Outlook puts above
what it quotes; ``coloured`` for red, blue or green text.
"""

import re
from collections.abc import Mapping

NAMES = frozenset(
    # what stands around quoted text (REPLIES.md, method 5)
    "gmail_quote gmail_quote_container gmail_attr gmail_extra divRplyFwdMsg appendonsend OutlookMessageHeader "
    "mail-editor-reference-message-container ms-outlook-mobile-reference-message "
    "moz-cite-prefix moz-forward-container yahoo_quoted protonmail_quote "
    "tutanota_quote zmail_extra zwchr __DIVIDER__ __HEADERS__ __QUOTED_TEXT__ quote quoted-content reply-intro "
    "OLK_SRC_BODY_SECTION stopSpelling messageReplySection spark_quote airmail_on front-blockquote missive_quote "
    "hs_reply "
    # what stands around signatures (method 8)
    "Signature gmail_signature gmail_signature_prefix ms-outlook-mobile-signature protonmail_signature_block "
    "composer_signature moz-signature ymail_android_signature messageSignatureSection AppleMailSignature bloop_sign "
    "__SIG_POST__ __SIG_PRE__ "
    # the author's own text
    "elementToProof".split()
)
# Where one of these is empty, what comes next is a quote; an empty signature says nothing of the next line.
LENT = frozenset({"appendonsend", "stopSpelling", "zwchr", "__DIVIDER__"})
BY_LOWER = {name.lower(): name for name in NAMES}
BEGINNINGS = ("yahoo_quoted",)
MOST_NAMES = 20
# The colour is #E1E1E1 or #B5C4DF; programs that write the style anew put its parts in another order.
OUTLOOK_COLOUR = re.compile(r"#(?:e1e1e1|b5c4df)\b|rgb\(\s*(?:225,\s*225,\s*225|181,\s*196,\s*223)\s*\)")
OUTLOOK_BORDER = re.compile(r"border-(?:top|style|width|color)\s*:")
# Red, blue and green as Word and Outlook on the web offer them to a writer; not the dark blue of Word's own replies.
COLOURED = re.compile(
    r"(?:^|[;\s])color\s*:\s*(?:red|blue|green|#ff0000|#c00000|#0070c0|#00b0f0|#00b050|#0000ff"
    r"|rgb\(\s*(?:255,\s*0,\s*0|192,\s*0,\s*0|200,\s*38,\s*19|0,\s*112,\s*192|0,\s*176,\s*80|0,\s*0,\s*255)\s*\))"
)
COLOURS = frozenset({"red", "blue", "green", "#ff0000", "#c00000", "#0000ff", "#0070c0", "#00b050"})
RENAMED = re.compile(r"(?:x_|ecx|yiv\d{1,20}|ydp[0-9a-f]{1,12}?(?=yahoo_)|m_-?\d{1,20})", re.IGNORECASE)


def names_of(tag: str, attributes: Mapping[str, str | None], style: str) -> list[str]:
    words = [
        *(attributes.get("class") or "").split()[:MOST_NAMES],
        *(attributes.get(key) or "" for key in ("id", "name", "data-marker", "data-smartmail")),
    ]
    names = [name for word in words if word and (name := known_name(word))]
    if tag == "blockquote" and (attributes.get("type") or "").lower() == "cite":
        names.append("blockquote_cite")
    if style and OUTLOOK_BORDER.search(style) and OUTLOOK_COLOUR.search(style):
        names.append("outlook_border")
    if (style and COLOURED.search(style)) or (attributes.get("color") or "").lower() in COLOURS:
        names.append("coloured")
    return names


def known_name(word: str) -> str | None:
    while (renamed := RENAMED.match(word)) is not None:
        word = word[renamed.end() :]
    lower = word.lower()
    return next((each for each in BEGINNINGS if lower.startswith(each)), None) or BY_LOWER.get(lower)
