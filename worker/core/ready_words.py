"""The words that a one-click link puts into the mail it makes (``link.body``), and what was typed beside them."""

import re
from collections.abc import Collection

from storage.states import Language
from worker.core.commands import is_signature

READY_WORDS = {
    Language.FR: "Envoyez cet e-mail tel quel.",
    Language.NL: "Verzend deze e-mail zoals hij is.",
    Language.DE: "Senden Sie diese E-Mail unverändert.",
    Language.EN: "Send this email as it is.",
}
"""As the links in our mails have them, word for word; a test compares."""
READY = re.compile("|".join(r"\s{1,9}".join(map(re.escape, each.split())) for each in READY_WORDS.values()))


def typed_beside(text: str, names: Collection[str]) -> str:
    """What the writer of a click added; empty when nothing but names stands there (his, his company's, the firm's)."""
    typed = READY.sub("", text).strip()
    lines = [line.strip() for line in typed.split("\n") if line.strip()]
    return "" if all(is_signature(line, names) for line in lines) else typed
