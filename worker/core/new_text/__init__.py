"""The new text of a reply: what the writer added, apart from what he quotes. See ``cutting.cut_reply``."""

from worker.core.new_text.cut import Cut, Sent
from worker.core.new_text.cutting import cut_reply

__all__ = ["Cut", "Sent", "cut_reply"]
