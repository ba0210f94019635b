"""navette import: clients, people and regimes from one CSV file."""

from typing import Annotated

import typer

from worker.cli.terminal import errors, open_house, out, print_table
from worker.flows.importing import import_file


def add_to(app: typer.Typer) -> None:
    app.command(name="import")(run)


def run(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(help="The CSV file, - for standard input; docs/import.md has the columns."),
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, write nothing.")] = False,
) -> None:
    """Import clients, people and regimes. Running it again updates by client code."""
    result = import_file(open_house(), file.read(), dry_run=dry_run)
    if result.faults:
        for fault in result.faults:
            errors.tell(f"line {fault.line}, {fault.column or 'row'}: {fault.what}")
        errors.tell(f"{len(result.faults)} fault(s); nothing was written: mend them and run it again")
        raise typer.Exit(1)
    rows = [[each.what, each.column, each.before or "(new)", each.after] for each in result.differences]
    print_table(["what", "column", "before", "after"], rows)
    done = "written" if result.written else "nothing was written (dry run)"
    out.tell(f"{len(result.differences)} difference(s); {done}")
