"""The child: sets its own limits, answers one question after the other, ends when its parent is gone.

The modules that answer are imported at their first question, so that a worker that never sees a winmail.dat never
loads its reader.
"""

import importlib
import logging
import math
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worker.mail.limited.framing import Silence, framed, read_message, taker
from worker.mail.limited.questions import Question, ReaderLimits

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWERS = {
    Question.PDF: "worker.mail.limited.pdf",
    Question.ZIP: "worker.mail.limited.archives",
    Question.OFFICE: "worker.mail.limited.office",
    Question.TNEF: "worker.mail.limited.tnef",
    Question.SMIME: "worker.mail.limited.smime",
    Question.INVOICE: "worker.mail.limited.ubl",
    Question.IMAGE: "worker.mail.limited.images",
    Question.JPEG: "worker.mail.limited.jpeg",
}


def main() -> int:
    take = taker(sys.stdin.fileno())
    answers_to = os.dup(sys.stdout.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # a library that prints speaks to nobody
    logging.disable()
    sys.setrecursionlimit(2_000)
    try:
        limits = ReaderLimits(**read_message(take))
        confine(limits)
        while True:
            request = read_message(take)
            allow_seconds(limits.cpu_seconds)
            os.write(answers_to, framed(answered(request, limits)))
    except Silence:
        return 0


def confine(limits: ReaderLimits) -> None:
    """No system call asks for more after this; what does fails or dies."""
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def allow_seconds(seconds: int) -> None:
    """Of the processor, from now on; then SIGXCPU ends this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + seconds, hard))


def answered(request: dict[str, Any], limits: ReaderLimits) -> dict[str, Any]:
    try:
        module = importlib.import_module(ANSWERS[Question(request["question"])])
        answer: Callable[[Path, Path | None, ReaderLimits], dict[str, Any]] = module.answer
        out = Path(request["out"]) if request["out"] else None
        return answer(Path(request["path"]), out, limits)
    except MemoryError:
        return {"fault": "memory"}
    except Exception:  # noqa: BLE001 - the outermost loop: whatever a library says about a file, it could not be read
        return {"fault": "failed"}


if __name__ == "__main__":
    sys.exit(main())
