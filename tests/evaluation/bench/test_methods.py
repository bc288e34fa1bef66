from pathlib import Path

import pytest

from artifix.errors import UsageError
from artifix.evaluation.bench.methods import Method, methods_of


def test_methods_are_named_by_their_kind_or_anew(tmp_path):
    written = ["artifix", "big=artifix:runs/big", "t=telea", f"other={tmp_path}"]
    assert methods_of(written) == [
        Method("artifix", "artifix"),
        Method("big", "artifix", "runs/big"),
        Method("t", "telea"),
        Method("other", "folder", folder=Path(tmp_path)),
    ]


def test_a_name_may_be_a_folder_of_the_layout(tmp_path):
    (tmp_path / "paint-by-example").mkdir()
    assert methods_of(["paint-by-example"], tmp_path)[0].folder == tmp_path / "paint-by-example"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["magic"], "method magic: is no method"),
        (["a=/no/such/folder"], "/no/such/folder is no folder"),
        (["a="], "is no folder"),
        (["../up=telea"], "../up is no name of a method"),
        (["nul=telea"], "nul is no name of a method"),
        (["t=telea:weights"], "telea takes no weights"),
        (["telea", "Telea=as-is"], "is there twice"),
    ],
)
def test_what_is_no_method_is_refused_with_the_known_ones(written, said):
    with pytest.raises(UsageError) as caught:
        methods_of(written)
    assert said in caught.value.problem
    assert "artifix" in caught.value.hint or "NAME=" in caught.value.hint
