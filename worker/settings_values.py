"""What a value of a setting may be: one type per kind, each with the sentence that refuses what it is not.

A value stands for itself to its last character: systemd keeps a comment behind it ("/srv/navette   # shared") as part
of it, so kinds that have no blanks in them refuse that.
"""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from worker.core.collecting_rules import INBOX
from worker.core.key_rings import read_keys
from worker.core.mail_addresses import is_address
from worker.core.mailbox_accounts import LOOPBACK
from worker.core.scanning import read_scanner

SEPARATORS = ("+", "-", "=", "_", ".")
COMMENT = re.compile(r"\s#")


def parts_of(value: str) -> list[str]:
    return [each.strip() for each in value.split(",") if each.strip()]


def must_have_no_comment(value: str) -> str:
    """For what has no blanks before a number sign in it: paths, URLs, names of hosts."""
    if COMMENT.search(value):
        raise ValueError("holds a comment: what follows a value is part of it; put comments on a line of its own")
    return value


def must_be_a_plain_path(value: Path) -> Path:
    must_have_no_comment(str(value))
    return value


def must_be_an_address(value: str) -> str:
    if value and not is_address(value):
        raise ValueError("must be one plain mail address, like office@firm.example")
    return value


def must_be_a_key_ring(value: SecretStr) -> SecretStr:
    read_keys(value.get_secret_value())
    return value


def must_be_a_domain(value: str) -> str:
    if not is_address(f"x@{value}"):
        raise ValueError("must be a mail domain, like mail.firm.example")
    return value


def must_separate(value: str) -> str:
    if value not in SEPARATORS:
        raise ValueError(f"must be one of {' '.join(SEPARATORS)}")
    return value


def must_be_one_line(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be one line of text, not empty")
    return value


def must_list_addresses(value: str) -> str:
    for each in parts_of(value):
        if not is_address(each if not each.startswith("@") else f"x{each}"):
            raise ValueError(f"{each} is neither a mail address nor @domain")
    return value


def must_be_a_file(value: str) -> str:
    if value and not Path(value).is_file():
        raise ValueError(f"there is no file {value}")
    return value


def must_be_a_redis(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://", "redis+socket://")):
        raise ValueError("must begin with redis://, rediss:// or redis+socket://")
    return value


def must_be_encrypted(value: str) -> str:
    parts = urlsplit(value)
    if value and not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise ValueError("must begin with https://")
    return value


def must_be_a_scanner(value: str) -> str:
    if value:
        read_scanner(value)
    return value


def must_list_names(value: str) -> str:
    for each in parts_of(value):
        if len(each.split()) > 1:
            raise ValueError(f"{each} holds a blank: names are separated by commas")
    return value


def must_list_endings(value: str) -> str:
    for each in parts_of(value):
        if not each.isalnum():
            raise ValueError(f"{each} is no ending of a file name, like exe")
    return value


def must_not_be_collected(value: str) -> str:
    if value.strip().upper() == INBOX:
        raise ValueError("must be another folder than INBOX")
    return value.strip()


UNCOMMENTED = AfterValidator(must_have_no_comment)

Address = Annotated[str, AfterValidator(must_be_an_address)]
KeyRing = Annotated[SecretStr, AfterValidator(must_be_a_key_ring)]
Domain = Annotated[str, AfterValidator(must_be_a_domain)]
Separator = Annotated[str, AfterValidator(must_separate)]
Line = Annotated[str, AfterValidator(must_be_one_line)]
AddressList = Annotated[str, AfterValidator(must_list_addresses)]
Plain = Annotated[str, UNCOMMENTED]
Folder = Annotated[Path, AfterValidator(must_be_a_plain_path)]
Host = Annotated[str, UNCOMMENTED, AfterValidator(must_be_one_line)]
FileName = Annotated[str, UNCOMMENTED, AfterValidator(must_be_a_file)]
BrokerUrl = Annotated[str, UNCOMMENTED, AfterValidator(must_be_a_redis)]
TokenUrl = Annotated[str, UNCOMMENTED, AfterValidator(must_be_encrypted)]
ScannerUrl = Annotated[str, UNCOMMENTED, AfterValidator(must_be_a_scanner)]
NameList = Annotated[str, UNCOMMENTED, AfterValidator(must_list_names)]
EndingList = Annotated[str, AfterValidator(must_list_endings)]
MailboxFolder = Annotated[str, AfterValidator(must_not_be_collected)]
