"""Named places where a process can be made to die, for the kill tests. Off unless ``NAVETTE_FAULT`` arms one.

``NAVETTE_FAULT=NAME@FILE`` kills this process with SIGKILL the first time it reaches the place NAME; FILE is made by
the one that dies, so that what a supervisor starts anew lives.
"""

import os
import signal

ARMED = "NAVETTE_FAULT"
POINTS = (
    "send.after_claim",
    "send.before_relay",
    "send.after_relay",
    "send.after_record",
    "file.after_claim",
    "file.before_commit",
    "file.after_commit",
    "sink.before_commit",
    "sink.after_commit",
    "sweep.before_ring",
)


def reach(name: str) -> None:
    """Die here if this place is armed and nobody died here before."""
    armed = os.environ.get(ARMED)
    if armed is None:
        return
    place, _, marker = armed.partition("@")
    if place != name:
        return
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
