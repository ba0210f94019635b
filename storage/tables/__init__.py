"""The tables; private to storage. DESIGN.md section 11 fixes their shape.

Split by room (people, conversations, mail, inbox, requests, operation), because together they are five times the length
a module may have. Importing this package fills ``metadata``.

Conventions: 64-bit keys (SQLite: AUTOINCREMENT, so that a deleted number never comes back); ``*_at`` aware UTC,
``*_on`` dates; TEXT for states; JSON only for findings and evidence; deleting is by state.
"""

from storage.tables import conversations, inbox, mail, operation, people, requests
from storage.tables.columns import metadata

__all__ = ["conversations", "inbox", "mail", "metadata", "operation", "people", "requests"]
