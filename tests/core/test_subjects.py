"""What programs put in front of subjects, in four languages."""

import pytest

from worker.core.subjects import is_forward, strip_prefixes


@pytest.mark.parametrize(
    "written",
    [
        "Facture [2024]",
        "Re: Facture [2024]",
        "RE : Facture [2024]",
        "RE\u00a0: Facture [2024]",
        "Réf : Facture [2024]",
        "Rép. : Facture [2024]",
        "Antw: Facture [2024]",
        "Antwoord: Facture [2024]",
        "AW: Facture [2024]",
        "TR: Facture [2024]",
        "TR : Re: Facture [2024]",
        "Doorst: Facture [2024]",
        "WG: Facture [2024]",
        "Fwd: Facture [2024]",
        "FW: Facture [2024]",
        "Re[2]: Facture [2024]",
        "Re (3): Facture [2024]",
        "Re: Re: RE: Antw: AW: Facture [2024]",
        "re:Facture [2024]",
        "[EXT] Re: Facture [2024]",
        "Re: [EXTERN] Facture [2024]",
        "[External] Re: [EXTERNAL] Facture [2024]",
        "*EXTERNAL* Facture [2024]",
        "[Expéditeur externe] Facture [2024] ",
    ],
)
def test_prefixes_go_and_the_subject_stays(written: str) -> None:
    assert strip_prefixes(written) == "Facture [2024]"


@pytest.mark.parametrize(
    "written",
    [
        "[2024] Facture",
        "Référence: 12",
        "Trans-Europe: offre",
        "Reçu : 12",
        "Aw yes",
        "[Boulangerie] TVA",
        "Extern bureau",
        "",
    ],
)
def test_what_is_no_prefix_stays(written: str) -> None:
    assert strip_prefixes(written) == written


def test_a_subject_of_prefixes_alone_is_empty() -> None:
    assert strip_prefixes("Re: " * 30) == ""


@pytest.mark.parametrize("written", ["Fwd: x", "FW: Re: x", "TR : x", "Doorst: x", "WG: x", "[EXT] Fwd: x"])
def test_forwards_are_told_apart(written: str) -> None:
    assert is_forward(written)


@pytest.mark.parametrize("written", ["Re: Fwd: x", "x", "Antw: x", "Forward: x", "Fwd"])
def test_replies_and_others_are_no_forwards(written: str) -> None:
    assert not is_forward(written)
