"""Nothing is forgotten: what is said in two places says the same."""

from pathlib import Path

import typer

from storage.states import Language
from worker.cli import app
from worker.core.new_text.markers import MARKERS
from worker.faults import POINTS
from worker.mail.phrases import phrases_in

ROOT = Path(__file__).parent.parent


def test_the_marker_we_print_is_the_marker_we_recognise() -> None:
    for language in Language:
        assert phrases_in(language)("marker") == MARKERS[language]


def test_every_fault_point_is_reached_somewhere_in_the_code() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "worker").rglob("*.py") if path.name != "faults.py"
    )
    for point in POINTS:
        assert f'"{point}"' in code, point


def names_of(group: typer.Typer, before: str = "") -> list[str]:
    own = [before + (each.name or each.callback.__name__) for each in group.registered_commands if each.callback]
    below = [
        name
        for each in group.registered_groups
        if each.typer_instance
        for name in names_of(each.typer_instance, f"{before}{each.name} ")
    ]
    return own + below


def test_every_command_says_what_it_does() -> None:
    for group in [app, *(each.typer_instance for each in app.registered_groups)]:
        assert group is not None
        for command in group.registered_commands:
            assert command.callback is not None
            assert command.callback.__doc__, command.name


def test_the_documents_name_every_command() -> None:
    documents = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    missing = [name for name in names_of(app) if f"navette {name}" not in documents]

    assert missing == []
