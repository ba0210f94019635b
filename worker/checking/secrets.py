"""Secrets: keys that cannot be guessed, a key ring that holds together, files that not everybody reads.

``secret_words`` are what no verdict may show. A word of less than four letters is left alone: taking every ``a`` out
would hide what is wrong and no secret.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from worker.checking.verdicts import Verdict, fault, ok, warning
from worker.core.key_rings import read_keys
from worker.settings import DEMO_SECRET, Settings
from worker.settings_sources import PREFIX

KEYS, FILES = "keys", "secret files"
LEAST_LETTERS = 10
"""Different ones: a random key of 24 has about 18, a word that was repeated fewer."""
SHORTEST_VEILED = 4
URLS = ("database_url", "broker_url")
CONTAINERS = Path("/run/secrets")
"""Docker and Podman mount secrets there, readable by all inside a container that has one user."""


def secret_words(settings: Settings) -> frozenset[str]:
    words = {part.partition(":")[2] for part in settings.keys.get_secret_value().split(",")}
    words |= {value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)}
    words |= {form for name in URLS for form in passwords_in(getattr(settings, name))}
    return frozenset(word.strip() for word in words if len(word.strip()) >= SHORTEST_VEILED)


def passwords_in(url: str) -> tuple[str, ...]:
    """The password of a URL, as it is and as it is written there."""
    try:
        written = urlsplit(url).password or ""
    except ValueError:
        return ()
    return (written, unquote(written), quote(unquote(written), safe=""))


def check_keys(settings: Settings) -> Iterator[Verdict]:
    ring = read_keys(settings.keys.get_secret_value()).keys
    if DEMO_SECRET in settings.keys.get_secret_value():
        yield warning(
            KEYS, "the demo's secret: everybody knows it", "fit for the demo only; `navette keys new` makes one"
        )
        return
    weak = [number for number, secret in ring if len(set(secret)) < LEAST_LETTERS]
    if weak:
        yield fault(KEYS, f"key {weak[0]} can be guessed: it repeats few letters", "`navette keys new` makes one")
    elif len({secret for _, secret in ring}) < len(ring):
        yield warning(KEYS, "two keys have the same secret", "each id has a secret of its own: `navette keys new`")
    else:
        older = [str(number) for number, _ in ring[1:]]
        verifies = f", {', '.join(older)} still verif{'y' if len(older) > 1 else 'ies'}" if older else ""
        yield ok(KEYS, f"key {ring[0][0]} signs{verifies}")


def check_files(
    *,
    environment: Mapping[str, str] = os.environ,
    env_file: Path = Path(".env"),
    containers: Path = CONTAINERS,
    user: int | None = None,
) -> Iterator[Verdict]:
    """Files that give a setting with a secret in it, and ``.env``. What only its group reads is fine.

    ``NAVETTE_RELAY_CA_FILE`` is a setting of its own and names authorities: everybody's to read. ``user``: who asks.
    """
    named = [Path(environment[name]) for name in secret_file_names() if environment.get(name)]
    looked_at = [path for path in (*named, env_file) if path.is_file()]
    open_ones = [path for path in looked_at if is_open(path, containers)]
    asking = os.geteuid() if user is None else user
    for path in open_ones:
        yield fault(FILES, f"{path} can be read by every user of this machine", how_to_close(path, asking))
    if not open_ones:
        yield ok(FILES, f"{len(looked_at)} files, none open to everybody" if looked_at else "none is used")


def secret_file_names() -> list[str]:
    """Names of the environment whose files hold secrets: of secret settings, and of URLs that may have a password."""
    secret = [name for name, field in Settings.model_fields.items() if field.annotation is SecretStr]
    return [f"{PREFIX}{name.upper()}_FILE" for name in (*secret, *URLS)]


def how_to_close(path: Path, user: int) -> str:
    """A file of somebody else may have other readers: nobody is told to take it from them."""
    if path.stat().st_uid != user:
        return "it is another user's, who may share it: give Navette a copy of its own with mode 600, and name that"
    return f"chmod 600 {path}: from then on its owner alone reads it (640: its group too)"


def is_open(path: Path, containers: Path) -> bool:
    is_mounted = path.resolve().is_relative_to(containers)
    return not is_mounted and bool(path.stat().st_mode & stat.S_IROTH)
