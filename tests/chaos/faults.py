"""What is done to a plant under load. One function per fault; ``size`` of each is in ``Dose``."""

import errno
import os
import random  # noqa: TID251 - the seed is printed
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.chaos.plant import Plant
from tests.chaos.powers import freeze, thaw

PAGE = 4096
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@dataclass(frozen=True, kw_only=True)
class Dose:
    """``kills`` per kind of process; seconds of the freezes and outages."""

    kills: int
    kill_gap: tuple[float, float]
    frozen: float
    database_frozen: float
    away: float


Fault = Callable[[Plant, random.Random, Dose], None]


def pass_time(seconds: float) -> None:
    """A fault lasts as long as it lasts: there is no event to wait for."""
    time.sleep(seconds)


def kill_of(*names: str) -> Fault:
    """SIGKILL to one process of these parts (a worker's pool counts), again and again."""

    def kill(plant: Plant, chance: random.Random, dose: Dose) -> None:
        for _ in range(dose.kills):
            pass_time(chance.uniform(*dose.kill_gap))
            try:
                chance.choice(plant.processes_of(chance.choice(names))).send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:  # it had just died of the last one
                continue

    return kill


def freeze_of(*names: str) -> Fault:
    def stop(plant: Plant, _chance: random.Random, dose: Dose) -> None:
        for name in names:
            frozen = freeze(plant.kept[name].pid)
            pass_time(dose.frozen)
            thaw(frozen)

    return stop


def empty_redis(plant: Plant, chance: random.Random, dose: Dose) -> None:
    import redis

    with redis.Redis(port=plant.redis.port) as client:
        for _ in range(5):
            pass_time(chance.uniform(0.2, 1.5))
            client.flushall()


def freeze_and_restart_redis(plant: Plant, _chance: random.Random, dose: Dose) -> None:
    frozen = freeze(plant.redis.pid)
    pass_time(dose.frozen)
    thaw(frozen)
    pass_time(1)
    plant.redis.kill()
    pass_time(dose.away)
    plant.redis.start()


def restart_postgres(how: signal.Signals) -> Fault:
    def restart(plant: Plant, _chance: random.Random, dose: Dose) -> None:
        plant.postgres.stop(how)
        pass_time(dose.away)
        plant.postgres.start()

    return restart


def freeze_postgres(plant: Plant, _chance: random.Random, dose: Dose) -> None:
    frozen = freeze(plant.postgres.pid)
    pass_time(dose.database_frozen)
    thaw(frozen)


def stop_postfix(plant: Plant, _chance: random.Random, dose: Dose) -> None:
    plant.postfix.stop()
    pass_time(dose.away)
    plant.postfix.start()


def restart_dovecot(plant: Plant, _chance: random.Random, dose: Dose) -> None:
    plant.dovecot.stop()
    pass_time(dose.away)
    plant.dovecot.start()


def second_beat(plant: Plant, _chance: random.Random, dose: Dose) -> None:
    plant.add_part("beat 2", "beat")
    pass_time(dose.frozen)
    plant.drop_part("beat 2")


def wrong_clock(name: str, shift: str) -> Fault:
    """libfaketime moves what this part takes for the time; monotonic clocks stay."""

    def shifted(plant: Plant, _chance: random.Random, dose: Dose) -> None:
        wrong = {"LD_PRELOAD": str(FAKETIME[0]), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        plant.restart_part(name, **wrong)
        pass_time(dose.frozen)
        plant.restart_part(name)

    return shifted


def fill_disk(plant: Plant, _chance: random.Random, dose: Dose) -> None:
    """Not one byte is left below the data folder, which is a file system of its own."""
    ballast = plant.folder / "data" / "ballast"
    with ballast.open("wb") as file:
        take_all(file.fileno())
        pass_time(dose.away + 2)
    ballast.unlink()


def take_all(fd: int) -> None:
    """Until nothing is left: others write at the same time, so how much is free is known only by taking it."""
    taken, size = 0, 64 * 1024 * 1024
    while size >= PAGE:
        try:
            os.posix_fallocate(fd, taken, size)
        except OSError as full:
            if full.errno != errno.ENOSPC:
                raise
            size //= 2
        else:
            taken += size


FAULTS: dict[str, Fault] = {
    "kill -9 of a worker or one of its pool": kill_of("worker 1", "worker 2"),
    "kill -9 of the sink": kill_of("sink"),
    "kill -9 of the collector": kill_of("collector"),
    "kill -9 of beat": kill_of("beat"),
    "Redis: FLUSHALL, five times": empty_redis,
    "Redis: SIGSTOP, then killed and started": freeze_and_restart_redis,
    "SIGSTOP of a worker, the collector, the sink": freeze_of("worker 1", "collector", "sink"),
    "PostgreSQL: fast restart": restart_postgres(signal.SIGINT),
    "PostgreSQL: immediate restart": restart_postgres(signal.SIGQUIT),
    "PostgreSQL: SIGSTOP": freeze_postgres,
    "Postfix stopped": stop_postfix,
    "Dovecot restarted": restart_dovecot,
    "two beats": second_beat,
    "a worker's clock an hour ahead": wrong_clock("worker 2", "+3600"),
    "a worker's clock an hour behind": wrong_clock("worker 2", "-3600"),
    "disk full under the file store": fill_disk,
}


def why_not(name: str, *, own_disk: bool) -> str | None:
    """Why this machine cannot have that fault."""
    if "clock" in name and not FAKETIME:
        return "no libfaketime here: apt-get install faketime"
    if "disk" in name and not own_disk:
        return "this user may not mount a tmpfs here"
    return None


def mount(folder: Path) -> bool:
    words = ["mount", "-t", "tmpfs", "-o", "size=8g,mode=0700", "tmpfs", str(folder)]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=True)
