"""navette run, worker, beat, sink: the processes."""

import asyncio
import os
import signal
import warnings
from typing import Annotated

import structlog
import typer

from worker.cli.terminal import errors
from worker.folder_lock import lock_folder
from worker.logs import set_up_logs
from worker.settings import Settings, load_settings
from worker.tether import stop_myself, watch_tether
from worker.wiring import open_database

log = structlog.get_logger("navette.run")

Tethered = Annotated[bool, typer.Option("--tethered", hidden=True, help="Stop when standard input ends.")]


def add_to(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(worker)
    app.command()(beat)
    app.command()(sink)


def begin(*, tethered: bool) -> Settings:
    settings = load_settings()
    set_up_logs(settings.log_level)
    if tethered:
        watch_tether(stop_myself)
    return settings


def run(*, tethered: Tethered = False) -> None:
    """Everything on one machine: broker (when none is set), worker, beat, sink, collector; started anew when dead."""
    try:
        run_supervisor(tethered=tethered)
    except KeyboardInterrupt:  # before the supervisor listens to signals: no child has been started
        errors.tell("navette: interrupted")
        raise typer.Exit(128 + signal.SIGINT) from None


def run_supervisor(*, tethered: bool) -> None:
    from worker.supervisor import Supervisor

    settings = begin(tethered=tethered)
    open_database(settings).close()
    with lock_folder(settings.data_dir):
        log.info("running", sending=settings.sending, rehearsal=bool(settings.redirect_all_to))
        Supervisor(settings).run()


def worker(*, tethered: Tethered = False) -> None:
    """A Celery worker: sends due mails, files what arrived. Any number may run, on any number of machines."""
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")  # a soft shutdown: what is not finished goes back at once
    settings = begin(tethered=tethered)
    from worker import tasks
    from worker.app import build_for_children, configure, node_name

    app = configure(settings)
    build_for_children(settings)
    assert tasks.send.name in app.tasks
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    words = ["--quiet", "worker", "--loglevel=WARNING", "--pool=prefork", f"--concurrency={settings.worker_processes}"]
    words += ["--hostname", node_name()]
    app.worker_main([*words, "--without-gossip", "--without-mingle", "--without-heartbeat"])


def beat(*, tethered: Tethered = False) -> None:
    """The heart: asks for a sweep every second. One is enough; two do no harm."""
    settings = begin(tethered=tethered)
    from worker.app import configure

    app = configure(settings)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app.Beat(loglevel="WARNING", quiet=True, pidfile=None).run()


def sink(*, tethered: Tethered = False) -> None:
    """The SMTP or LMTP listener: keeps what arrives before it says 250."""
    settings = begin(tethered=tethered)
    from worker.receiving import serve_sink

    asyncio.run(serve_sink(settings))
