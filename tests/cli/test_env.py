"""`artifix env`: what a bug report needs."""

import json

import pytest

from artifix import __version__
from artifix.matching import installed


def test_env_names_versions_devices_and_weights(artifix):
    run = artifix("env")
    assert run.code == 0
    lines = dict(line.split(":", 1) for line in run.out.splitlines())
    assert lines["artifix"].strip() == __version__
    assert "cpu" in lines["devices"]
    assert {"python", "system", "processors", "torch", "diffusers", "weights"} <= lines.keys()


def test_env_as_json(artifix):
    assert isinstance(json.loads(artifix("env", "--json").out)["devices"], list)


def test_weights_in_use_are_named_with_their_sha256(artifix, tiny_weights, monkeypatch):
    monkeypatch.setenv("ARTIFIX_WEIGHTS", str(tiny_weights))
    assert f"{tiny_weights} (sha256 " in artifix("env").out


def test_unusable_weights_are_named_with_the_reason(artifix, tmp_path, monkeypatch):
    monkeypatch.setenv("ARTIFIX_WEIGHTS", str(tmp_path))
    run = artifix("env")
    assert run.code == 0
    assert "holds no model_index.json" in run.out


def test_the_learned_matcher_is_named_with_the_sha256_of_its_weights(artifix):
    pytest.importorskip("kornia")
    run = artifix("env")
    assert "kornia:" in run.out
    assert f"xfeat.pt (sha256 {installed.XFEAT_SHA256})" in run.out


def test_a_learned_matcher_that_cannot_be_used_is_named_with_the_reason(artifix, tmp_path, monkeypatch):
    monkeypatch.setattr(installed, "xfeat_path", lambda: None)
    assert json.loads(artifix("env", "--json").out)["xfeat"] == "not installed"
    monkeypatch.setattr(installed, "xfeat_path", lambda: tmp_path / "xfeat.pt")
    assert "unusable" in json.loads(artifix("env", "--json").out)["xfeat"]
