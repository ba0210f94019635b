"""The Celery application. SQL is the queue, Redis a doorbell: tasks carry ids, nothing is timed here, no results.

Settings that matter, and why (STACK.md has the measurements): late ack with reject on lost, prefetch 1; a task is not
cancelled when Redis goes away for a moment, since that would kill an SMTP dialogue in the middle and leases make a
second run harmless; the visibility timeout is longer than the hard time limit, so that a running task is not handed
out again.
"""

import gc
import os
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog
from celery import Celery
from celery.signals import worker_before_create_process, worker_process_init
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from storage.records import ArrivalId, OutgoingMailId
from worker.embedded_broker import broker_url
from worker.settings import Settings, load_settings
from worker.wiring import Workshop, build_workshop

if TYPE_CHECKING:
    from kombu.connection import Connection

log = structlog.get_logger("navette.bell")

SEND, FILE, SWEEP, HOUSEKEEP = "navette.send", "navette.file", "navette.sweep", "navette.housekeep"
WATCH, SCAN = "navette.watch", "navette.scan"
SWEEP_TURN = "turn:sweep"
SWEEP_EVERY_S, SCAN_EVERY_S, WATCH_EVERY_S, HOUSEKEEP_EVERY_S = 1.0, 5.0, 60.0, 3600.0
RING_EXPIRES_S = 15
"""A ring nobody heard in this time is dropped: the sweep has rung again."""
BATCH = 50
RING_OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0, "retry_on_timeout": False}
QUIET_S = 5.0
UNHEARD = (OperationalError, RedisError, OSError)

app = Celery("navette", include=["worker.tasks"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    result_backend=None,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_soft_shutdown_timeout=2.0,
    worker_enable_soft_shutdown_on_idle=False,
    broker_connection_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_serializer="json",
    accept_content=["json"],
    beat_scheduler="celery.beat:Scheduler",
    beat_max_loop_interval=1.0,
    # No expires: the hearer's clock would judge it. Ticks too many end in worker.flows.turns.
    beat_schedule={
        name: {"task": task, "schedule": every, "options": {"ignore_result": True}}
        for name, task, every in (
            ("sweep", SWEEP, SWEEP_EVERY_S),
            ("scan", SCAN, SCAN_EVERY_S),
            ("watch", WATCH, WATCH_EVERY_S),
            ("housekeep", HOUSEKEEP, HOUSEKEEP_EVERY_S),
        )
    },
)


def configure(settings: Settings) -> Celery:
    """Point the application at this firm's broker."""
    app.conf.update(
        broker_url=broker_url(settings),
        task_time_limit=settings.task_seconds,
        broker_transport_options={
            "visibility_timeout": settings.task_seconds + 300,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 2,
            "health_check_interval": 25,
        },
    )
    return app


def node_name() -> str:
    """Of the worker that this process is. Celery's own ``celery@HOST`` would be shared by two workers of one machine,
    and what is told to one of them (a ping, a stop) would be heard by either.
    """
    return f"worker-{os.getpid()}@{socket.gethostname()}"


def nodes_at(host: str) -> str:
    """A glob for the names of all workers of a machine (in containers: of this container)."""
    return f"*@{host}"


class CeleryBell:
    """Rings over Redis. A ring that cannot be sent is only logged: the sweep finds what is due.

    The connection is the bell's own, impatient and kept; when a kept one fails, a new one is tried once, for Redis may
    have been started anew. After that the bell is quiet for a while: who posts in the portal waits for a broken broker
    once, and briefly.
    """

    def __init__(self) -> None:
        self.quiet_until = 0.0
        self._connection: Connection | None = None
        self._pid = 0
        self._lock = threading.Lock()

    def ring_outgoing(self, ids: Sequence[OutgoingMailId]) -> None:
        self.ring(SEND, ids)

    def ring_inbound(self, ids: Sequence[ArrivalId]) -> None:
        self.ring(FILE, ids)

    def ring(self, task: str, ids: Sequence[int]) -> None:
        if not ids or self.is_quiet():
            return
        with self._lock:
            fault = None if self.is_quiet() else self._try(task, ids)
        if fault is not None:
            log.warning("bell_lost", task=task, count=len(ids), fault=type(fault).__name__)

    def is_quiet(self) -> bool:
        return time.monotonic() < self.quiet_until

    def _try(self, task: str, ids: Sequence[int]) -> Exception | None:
        """Whoever hears a ring twice finds nothing the second time."""
        if self._pid != os.getpid():  # a connection belongs to the process that made it
            self._connection, self._pid = None, os.getpid()
        was_kept = self._connection is not None
        fault = self._send(task, ids)
        if fault is not None and was_kept:
            fault = self._send(task, ids)
        if fault is not None:
            self.quiet_until = time.monotonic() + QUIET_S
        return fault

    def _send(self, task: str, ids: Sequence[int]) -> Exception | None:
        options: dict[str, Any] = {"expires": RING_EXPIRES_S, "retry": False, "ignore_result": True}
        try:
            self._connection = self._connection or app.connection(transport_options=RING_OPTIONS)
            for start in range(0, len(ids), BATCH):
                part = list(ids[start : start + BATCH])
                app.send_task(task, args=[part], connection=self._connection, **options)
        except UNHEARD as fault:
            self._drop()
            return fault
        return None

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*UNHEARD):
                connection.release()  # type: ignore[no-untyped-call]


class Here:
    """The workshop of this process: built at first need, or before the fork by its parent."""

    settings: Settings | None = None
    workshop: Workshop | None = None
    pid: int | None = None


def workshop() -> Workshop:
    if Here.workshop is None or Here.pid != os.getpid():
        Here.settings = Here.settings or load_settings()
        Here.workshop, Here.pid = build_workshop(Here.settings, CeleryBell()), os.getpid()
    return Here.workshop


def build_for_children(settings: Settings) -> None:
    """What every child of a pool would build for itself is built once, by their parent. Everything in it knows what a
    fork is; no connection and no thread of it is there when the children are made.
    """
    Here.settings = settings
    workshop().house.database.close()


@worker_before_create_process.connect  # type: ignore[untyped-decorator]
def before_fork(**_: Any) -> None:
    """What is there stays out of the children's garbage collections, which would write to its pages: so they stay one
    copy for all. Measured in benchmarks/results/memory.md.
    """
    gc.collect()
    gc.freeze()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def after_fork(**_: Any) -> None:
    """Connections belong to the process that made them."""
    if Here.workshop is not None:
        Here.workshop.house.database.after_fork()
        Here.pid = os.getpid()
