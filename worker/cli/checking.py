"""navette check: the doctor's findings, one line each."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.terminal import open_house, print_json
from worker.settings import load_settings
from worker.settings_sources import BadSettings

if TYPE_CHECKING:  # what checks need is loaded by the command alone: the others start faster
    from worker.checking.verdicts import Verdict

COLOURS = {"ok": typer.colors.GREEN, "warning": typer.colors.YELLOW, "fault": typer.colors.RED}


def add_to(app: typer.Typer) -> None:
    app.command()(check)


def check(
    round_trip: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--round-trip", help="Also send a signed probe through the relay and wait for it.")
    ] = False,
    wait: Annotated[float, typer.Option(min=1, help="Seconds to wait for the probe.")] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,  # noqa: FBT002 - an option
) -> None:
    """What of this set-up works, what does not, and what to do about it. Exit code 1 when there is a fault."""
    has_fault = False
    for verdict in verdicts(round_trip=round_trip, wait=wait):
        has_fault = has_fault or verdict.level == "fault"
        if as_json:
            print_json(asdict(verdict))
        else:
            typer.echo(line(verdict))
    raise typer.Exit(int(has_fault))


def verdicts(*, round_trip: bool, wait: float) -> Iterator["Verdict"]:
    """Settings that cannot be read are faults like any other, and all that can be told."""
    from worker.checking.everything import checks_of, round_trip_of
    from worker.checking.running import verdicts_of
    from worker.checking.secrets import secret_words
    from worker.checking.verdicts import fault

    try:
        settings = load_settings()
    except BadSettings as bad:
        for each in str(bad).splitlines():
            yield fault("settings", each, "README.md lists the settings")
        return
    secrets = secret_words(settings)
    yield from verdicts_of(checks_of(settings), secrets=secrets)
    if round_trip:
        yield from verdicts_of([round_trip_of(settings, open_house, wait)], secrets=secrets)


def line(verdict: "Verdict") -> str:
    level = typer.style(f"{verdict.level:<8}", fg=COLOURS[verdict.level])
    todo = f" -> {verdict.todo}" if verdict.todo else ""
    return f"{level} {verdict.about:<18} {verdict.found}{todo}"
