"""What is calibrated is stored whole, and the lists of sha256 tell of it."""

import json
import os
import shutil
from pathlib import Path

import pytest

from artifix.errors import OutputError, WeightsError
from artifix.network.stored_calibration import require_writable, write_calibration
from artifix.weights.checksums import write_index, write_sums
from artifix.weights.verification import verify_weights


@pytest.fixture
def calibrated(weights_folder):
    """Weights that tell where they are read, as diffusers writes it; with an index and sums of their own."""
    folder = weights_folder
    described = json.loads((folder / "model_index.json").read_text())
    described |= {"alignment_layer": "a", "alignment_timestep": 0}
    (folder / "model_index.json").write_text(json.dumps(described, indent=2, sort_keys=True) + "\n")
    write_sums(folder)
    write_index(folder.parent)
    return folder


def remembered(folder):
    return {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}


@pytest.mark.parametrize("lists", [(), ("index",), ("sums",), ("index", "sums")], ids=str)
def test_a_new_calibration_leaves_the_weights_valid_whatever_lists_them(calibrated, lists):
    if "sums" not in lists:
        (calibrated / "SHA256SUMS").unlink()
    write_index(calibrated.parent)
    if "index" not in lists:
        (calibrated.parent / "index.toml").unlink()
    before = verify_weights(calibrated)
    names = set(remembered(calibrated))
    require_writable(calibrated)
    write_calibration(calibrated, {"alignment_layer": "up_blocks.9", "alignment_timestep": 250})
    described = json.loads((calibrated / "model_index.json").read_text())
    assert (described["alignment_layer"], described["alignment_timestep"]) == ("up_blocks.9", 250)
    assert described["unet"] == ["diffusers", "UNet2DConditionModel"]
    assert verify_weights(calibrated) != before
    assert set(remembered(calibrated)) == names


def test_the_same_calibration_changes_no_byte(calibrated):
    before = remembered(calibrated)
    write_calibration(calibrated, {"alignment_layer": "a", "alignment_timestep": 0})
    assert remembered(calibrated) == before


def test_what_someone_else_changed_is_still_noticed_after_a_calibration(calibrated):
    other = calibrated.parent / "other"
    shutil.copytree(calibrated, other)
    write_index(calibrated.parent)
    for spoiled in (calibrated, other):
        (spoiled / "unet" / "a-00001.safetensors").write_bytes(b"?")
    write_calibration(calibrated, {"alignment_layer": "b", "alignment_timestep": 1})
    for folder in (calibrated, other):
        with pytest.raises(WeightsError, match="a-00001.safetensors: was changed"):
            verify_weights(folder)


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("works", [0, 1, 2])
def test_a_full_disk_or_ctrl_c_leaves_the_calibration_as_it_was(calibrated, monkeypatch, failure, works):
    before, sync, calls = remembered(calibrated), os.fsync, []

    def fail_once(number):
        calls.append(number)
        if len(calls) == works + 1:
            raise failure
        sync(number)

    monkeypatch.setattr(os, "fsync", fail_once)
    with pytest.raises((OutputError, KeyboardInterrupt)) as caught:
        write_calibration(calibrated, {"alignment_layer": "b", "alignment_timestep": 1})
    assert remembered(calibrated) == before
    if isinstance(failure, OSError):
        assert "No space left on device" in caught.value.problem


@pytest.mark.parametrize("closed", ["small", "weights"])
def test_weights_that_cannot_be_changed_are_told_before_the_work(calibrated, monkeypatch, closed):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != closed)  # root may write anywhere
    with pytest.raises(OutputError, match=f"{closed}: is not writable") as caught:
        require_writable(calibrated)
    assert "name it with weights" in caught.value.hint
    (calibrated.parent / "index.toml").unlink()
    if closed == "weights":
        require_writable(calibrated)  # nothing beside the folder is to be changed
