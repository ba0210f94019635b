"""``navette sink``: the sink, its keeping and the bell, in one event loop, until SIGTERM or SIGINT."""

import asyncio
import signal

import structlog

from worker.app import CeleryBell, configure
from worker.core.policy import SinkRole
from worker.faults import reach
from worker.flows.keeping import Keeping
from worker.mail.sink import Sink, SinkSettings
from worker.settings import Settings
from worker.settings_sources import BadSettings
from worker.wiring import build_house, policy_of

log = structlog.get_logger("navette.sink")


async def serve_sink(settings: Settings) -> None:
    """Listen until asked to stop; then finish what is coming in."""
    configure(settings)
    house = build_house(settings, CeleryBell())
    keeping = Keeping(house, reach=reach)
    sink = Sink(sink_settings(settings), keeping)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        host, port = await sink.start()
    except OSError as fault:
        where = f"{settings.sink_host}:{settings.sink_port}"
        raise BadSettings(
            f"the sink cannot listen on {where}: {fault.strerror}; set NAVETTE_SINK_PORT or NAVETTE_SINK_HOST"
        ) from fault
    keeping.start()
    log.info("listening", host=host, port=port, protocol=settings.sink_protocol)
    await stopping.wait()
    await sink.stop()
    await asyncio.to_thread(keeping.stop)
    log.info("stopped")


def sink_settings(settings: Settings) -> SinkSettings:
    return SinkSettings(
        host=settings.sink_host,
        port=settings.sink_port,
        protocol=settings.sink_protocol,
        hostname=settings.domain,
        at_border=policy_of(settings).sink_role is SinkRole.BORDER,
        max_bytes=settings.sink_max_bytes,
        max_recipients=settings.sink_max_recipients,
        max_sessions=settings.sink_max_sessions,
    )
