"""A database with very many messages, written straight into the tables: what a firm has after years.

In a conversation of ten messages, half came by mail: they have a raw mail, an arrival and a filing. Every message has a
revision, was carried by an outgoing mail with its text, and left two events and two changes.
"""

from pathlib import Path


def store(path: Path, messages: int) -> None:
    raise NotImplementedError
