"""The command ``navette``, and ``python -m worker``.

Reading the code takes a second or two. Who presses Ctrl-C in that time gets a sentence, not a traceback: nothing has
been begun then, no file opened and no child started, so the process may end where it stands.
"""

import os
import signal
from types import FrameType
from typing import NoReturn

INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    hears_it = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a shell's background job does not
    if hears_it:
        signal.signal(signal.SIGINT, end_here)
    from worker.cli import main as begin

    if hears_it:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    begin()


def end_here(_number: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, b"navette: interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
