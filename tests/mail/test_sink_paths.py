"""What MAIL and RCPT may say."""

import pytest

from worker.mail.sink_paths import Path, read_path


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("FROM:<sophie@boulangerie.example>", "sophie@boulangerie.example"),
        ("from: <sophie@boulangerie.example>", "sophie@boulangerie.example"),
        ("FROM:sophie@boulangerie.example", "sophie@boulangerie.example"),
        ("FROM:<>", ""),
        ("FROM:<postmaster>", "postmaster"),
        ("FROM:<@old.example,@older.example:a@b.example>", "a@b.example"),
        ('FROM:<"a > b\\" c"@b.example>', '"a > b\\" c"@b.example'),
        ("FROM:<hélène@é.example>", "hélène@é.example"),
        ("FROM:<prvs=1234=a@b.example>", "prvs=1234=a@b.example"),
        ("FROM:<SRS0=x+y=z=b.example=a@c.example>", "SRS0=x+y=z=b.example=a@c.example"),
        ("FROM:<a..b.@b.example>", "a..b.@b.example"),
    ],
)
def test_a_path_as_people_and_machines_write_it_is_read(argument: str, address: str) -> None:
    assert read_path(argument, "FROM:") == Path(address=address)


def test_parameters_are_read_by_name() -> None:
    read = read_path("FROM:<a@b.example> size=5 BODY=8BITMIME SMTPUTF8", "FROM:")

    assert read == Path(address="a@b.example", parameters={"SIZE": "5", "BODY": "8BITMIME", "SMTPUTF8": ""})


@pytest.mark.parametrize(
    "argument",
    [
        None,
        "",
        "FROM:",
        "TO:<a@b.example>",
        "FROM:<a@b.example",
        "FROM:a@b.example>",
        "FROM:<a b@b.example>",
        "FROM:<a@b@c.example>",
        "FROM:<a\0@b.example>",
        "FROM:<a@b.example>\0",
        "FROM:<a\t@b.example>",
        "FROM:<a\r@b.example>",
        "FROM:<a\n@b.example>",
        "FROM:<a\x7f@b.example>",
        "FROM:<a\x85@b.example>",
        "FROM:<a\udcff@b.example>",
        "FROM:<a@b.example>SIZE=5",
        "FROM:<a@b.example> =5",
        "FROM:<a@b.example> SIZE=5=6",
        "FROM:<" + "a" * 400 + "@b.example>",
    ],
)
def test_everything_else_is_no_path(argument: str | None) -> None:
    assert read_path(argument, "FROM:") is None


def test_a_long_argument_of_nearly_matching_pieces_is_read_in_no_time() -> None:
    assert read_path('FROM:<"' + "\\\\" * 50_000 + "@" * 1000, "FROM:") is None
    assert read_path("FROM:<" + "@a," * 50_000 + "x", "FROM:") is None
