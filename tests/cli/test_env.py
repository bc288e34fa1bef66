"""`artifix env`: what a bug report needs."""

import json

from artifix import __version__


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
