"""The figures of one moment, in the text format of Prometheus: numbers only, never who or what.

Watch ``navette_oldest_due_seconds``: it stays under a few seconds while all is well, whatever broke elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence

from storage import figures
from worker.flows.house import House

METRICS = {
    "navette_outgoing_mails": "Outgoing mails by state.",
    "navette_arrivals": "Inbound arrivals by state.",
    "navette_filings": "Filings by outcome.",
    "navette_held_mails": "Held mails that nobody has settled.",
    "navette_oldest_due_seconds": "How late the oldest due work is.",
    "navette_mailbox_age_seconds": "Since all folders of a mailbox were last read, by its number in the settings.",
}


def measure(house: House, mailboxes: Sequence[str] = ()) -> str:
    """https://prometheus.io/docs/instrumenting/exposition_formats/ version 0.0.4.

    ``mailboxes``: those of the settings, by name and in their order. Of another one, which was collected once, the age
    would grow for ever; one that no collector has begun with has none yet.
    """
    with house.database.reading() as session:
        now = house.now(session)
        found: dict[str, Mapping[tuple[str, str], float]] = {
            "navette_outgoing_mails": labelled("state", figures.mails_by_state(session)),
            "navette_arrivals": labelled("state", figures.arrivals_by_state(session)),
            "navette_filings": labelled("outcome", figures.filings_by_outcome(session)),
            "navette_held_mails": {("", ""): figures.held_mails(session)},
            "navette_oldest_due_seconds": labelled("work", figures.oldest_due(session, now)),
            "navette_mailbox_age_seconds": labelled("mailbox", numbered(figures.mailbox_ages(session, now), mailboxes)),
        }
    return "".join(line + "\n" for name, told in METRICS.items() for line in lines(name, told, found[name]))


def labelled(label: str, values: Mapping[str, float]) -> dict[tuple[str, str], float]:
    return {(label, name): value for name, value in values.items()}


def numbered(ages: Mapping[str, float], mailboxes: Sequence[str]) -> dict[str, float]:
    """By number, as in the logs: their names are addresses."""
    return {str(number): ages[name] for number, name in enumerate(mailboxes, 1) if name in ages}


def lines(name: str, told: str, values: Mapping[tuple[str, str], float]) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} gauge"
    for (label, value), number in values.items():
        yield f'{name}{{{label}="{value}"}} {number:g}' if label else f"{name} {number:g}"
