"""Choosing the matchers on the command line, and what is said where one is missing."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from artifix.config import CommandConfig
from artifix.errors import ExitCode
from artifix.matching import installed

DEFAULT = CommandConfig().alignment.matchers


@pytest.fixture
def manifest(files):
    def write(matchers: str = ""):
        path = files.folder / "manifest.csv"
        path.write_text(f"image,mask,reference,matchers\ngen.png,mask.png,ref.png,{matchers}\n")
        return path

    return write


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ((), DEFAULT),
        (("--matcher", "attention"), ("attention",)),
        (("--matcher", "attention,sift"), ("attention", "sift")),
        (("--matcher", "sift", "--matcher", "xfeat,attention"), ("sift", "xfeat", "attention")),
    ],
)
def test_matchers_are_repeated_or_listed(artifix, files, pipeline, given, chosen):
    for command in ("refine", "locate"):
        assert artifix(command, *files.arguments(), *given, "--overwrite").code == 0
        assert pipeline.seen[-1].alignment.matchers == chosen


def test_the_environment_and_a_file_may_choose_them(artifix, files, pipeline, tmp_path, monkeypatch):
    toml = tmp_path / "a.toml"
    toml.write_text('[alignment]\nmatchers = ["attention"]\n')
    artifix("refine", *files.arguments(), "--config", toml)
    assert pipeline.seen[-1].alignment.matchers == ("attention",)
    monkeypatch.setenv("ARTIFIX_MATCHERS", "sift,attention")
    artifix("refine", *files.arguments(), "--config", toml, "--overwrite")
    assert pipeline.seen[-1].alignment.matchers == ("sift", "attention")


@pytest.mark.parametrize("given", ["orb", "sift,orb", "sift,", "efficientloftr", "sift=x"])
def test_unknown_matchers_exit_2_and_the_known_ones_are_told(artifix, files, pipeline, given):
    run = artifix("refine", *files.arguments(), "--matcher", given)
    assert (run.code, pipeline.seen) == (ExitCode.USAGE, [])
    assert "known matchers are: sift, xfeat, attention, efficientloftr=DIR, dinov2=DIR" in run.err


def test_a_folder_of_another_network_exits_4_before_anything_is_loaded(artifix, files, pipeline, tmp_path):
    (tmp_path / "config.json").write_text('{"architectures": ["SuperPointForKeypointDetection"]}')
    run = artifix("locate", *files.arguments(), "--matcher", f"efficientloftr={tmp_path}")
    assert (run.code, pipeline.seen) == (ExitCode.WEIGHTS, [])
    assert "SuperPointForKeypointDetection, expected EfficientLoFTRForKeypointMatching" in run.err


@pytest.fixture(scope="module")
def dinov2(tmp_path_factory):
    """Random weights of the real class."""
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("private") / "eyes"
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    Dinov2Model(Dinov2Config(image_size=518, patch_size=14, **sizes)).save_pretrained(folder)
    return folder


def test_dinov2_is_asked_from_its_folder_and_recorded_by_its_name(artifix, files, tiny_weights, dinov2):
    given = ("--weights", tiny_weights, "--force", "--matcher", f"sift,dinov2={dinov2}")
    run = artifix("refine", *files.arguments(), *given)
    assert run.code == 0, run.err
    text = (files.out / "record.json").read_text()
    record = json.loads(text)
    (group,) = record["groups"]
    assert set(group["matchers"]) == {"sift", "dinov2"}
    assert isinstance(group["matchers"]["dinov2"], int)
    assert len(record["matchers"]["dinov2"]["sha256"]) == 64
    assert "dinov2=eyes" in text
    assert "private" not in text


@pytest.mark.parametrize("kind", ["vit", "dinov2_with_registers", "efficientloftr"])
def test_a_folder_that_holds_no_dinov2_exits_4_before_anything_is_loaded(
    artifix, files, pipeline, tmp_path, kind
):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    for folder, said in (
        (tmp_path, f"is of class {kind}, expected Dinov2Model"),
        (tmp_path / "none", "none: is not a folder"),
    ):
        run = artifix("locate", *files.arguments(), "--matcher", f"dinov2={folder}")
        assert (run.code, pipeline.seen) == (ExitCode.WEIGHTS, [])
        assert said in run.err


def test_a_pickled_dinov2_exits_4(artifix, files, tiny_weights, dinov2, tmp_path):
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text((dinov2 / "config.json").read_text())
    torch.save({}, pickled / "pytorch_model.bin")
    given = ("--weights", tiny_weights, "--force", "--matcher", f"dinov2={pickled}")
    run = artifix("locate", *files.arguments(), *given)
    assert run.code == ExitCode.WEIGHTS
    assert "only the pickle pytorch_model.bin" in run.err


@pytest.mark.slow
@pytest.mark.parametrize("matchers", ["attention", "sift,xfeat,attention"])
def test_random_features_of_dinov2_make_nobody_sure_of_another_thing(artifix, files, dinov2, matchers):
    strange = np.random.default_rng(5).integers(0, 256, (12, 16, 3)).astype(np.uint8)
    Image.fromarray(strange.repeat(8, 0).repeat(8, 1)).save(files.reference)
    run = artifix("locate", *files.arguments(), "--matcher", f"{matchers},dinov2={dinov2}")
    assert run.code == ExitCode.NO_MATCH, run.out
    record = json.loads((files.out / "record.json").read_text())
    assert "dinov2" in record["groups"][0]["matchers"]


def test_the_default_without_xfeat_goes_on_and_says_so_once(artifix, files, pipeline, lacking):
    run = artifix("refine", *files.arguments())
    assert run.code == 0
    assert run.err.count("matcher xfeat is not installed") == 1
    assert "not installed" not in artifix("refine", *files.arguments(), "--overwrite", "-q").err


def test_nothing_is_said_of_xfeat_where_nobody_would_ask_it(artifix, files, pipeline, lacking):
    run = artifix("refine", *files.arguments(), "--matcher", "sift")
    assert "xfeat" not in run.err
    run = artifix("refine", *files.arguments(), "--no-transform", "--overwrite")
    assert "xfeat" not in run.err


@pytest.mark.parametrize("given", ["xfeat", "sift,xfeat,attention"])
def test_xfeat_by_name_must_be_installed(artifix, files, pipeline, lacking, given):
    run = artifix("refine", *files.arguments(), "--matcher", given)
    assert (run.code, pipeline.seen) == (ExitCode.USAGE, [])
    assert "--matcher xfeat: is not installed" in run.err
    assert "pip install" in run.err


def test_matchers_say_how_to_find_what_alignment_json_holds(artifix, files, pipeline):
    artifix("locate", *files.arguments(out=files.folder / "found"))
    stored = files.folder / "found" / "alignment.json"
    run = artifix("refine", *files.arguments(), "--alignment", stored, "--matcher", "sift")
    assert run.code == ExitCode.USAGE
    assert "--matcher says how to find the match" in run.err


def test_the_record_says_who_matched_how_much_and_with_what(artifix, files, tiny_weights):
    pytest.importorskip("kornia")
    run = artifix("locate", *files.arguments(), "--weights", tiny_weights, "--force")
    assert run.code == 0, run.err
    record = json.loads((files.out / "record.json").read_text())
    (group,) = record["groups"]
    assert set(group["matchers"]) == set(DEFAULT)
    assert all(isinstance(count, int) for count in group["matchers"].values())
    assert record["matchers"] == {"xfeat": {"sha256": installed.XFEAT_SHA256}}
    assert record["settings"]["alignment"]["matchers"] == list(DEFAULT)


def test_the_record_says_what_was_not_installed(artifix, files, tiny_weights, lacking):
    run = artifix("locate", *files.arguments(), "--weights", tiny_weights, "--force")
    assert run.code == 0, run.err
    record = json.loads((files.out / "record.json").read_text())
    assert record["groups"][0]["matchers"]["xfeat"] == "not installed"
    assert "matchers" not in record


def test_the_record_names_folders_without_what_they_lie_in(artifix, files, pipeline, tmp_path):
    folder = tmp_path / "private" / "loftr"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "efficientloftr"}')
    given = ("--matcher", "sift", "--matcher", f"efficientloftr={folder}")
    assert artifix("refine", *files.arguments(), *given).code == 0
    for name in ("record.json", "alignment.json"):
        text = (files.out / name).read_text()
        assert '"efficientloftr=loftr"' in text
        assert "private" not in text
    stored = ("--alignment", files.out / "alignment.json")
    assert artifix("refine", *files.arguments(out=files.folder / "again"), *stored).code == 0


def test_rows_of_a_batch_choose_their_own(artifix, files, manifest):
    run = artifix("batch", manifest('"sift, attention"'), "--out", files.out, "--dry-run")
    assert run.code == 0, run.err
    assert '"sift, attention"' in run.out


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("orb", "line 2: matchers: 'orb' is no matcher"),
        ("efficientloftr=/srv/x", "line 2: matchers: efficientloftr=/srv/x names a folder"),
    ],
)
def test_rows_may_name_neither_unknown_matchers_nor_folders(artifix, files, manifest, cell, said):
    run = artifix("batch", manifest(cell), "--out", files.out, "--dry-run")
    assert run.code == ExitCode.INPUT
    assert said in run.err


def test_a_batch_without_xfeat_says_so_once_and_refuses_rows_that_name_it(artifix, files, manifest, lacking):
    run = artifix("batch", manifest(), "--out", files.out, "--dry-run")
    assert run.code == 0
    assert run.err.count("matcher xfeat is not installed") == 1
    run = artifix("batch", manifest("xfeat"), "--out", files.out, "--dry-run")
    assert run.code == ExitCode.USAGE
    assert "--matcher xfeat: is not installed" in run.err
