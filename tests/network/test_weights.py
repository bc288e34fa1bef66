import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from artifix.errors import OutputError, WeightsError
from artifix.network import weights
from artifix.network.calibration import require_writable, write_calibration
from artifix.network.sums import write_index, write_sums
from artifix.network.weights import bundled_names, find_weights, verify_weights


@pytest.fixture
def folder(tmp_path):
    """Weights of three parts, by their names; nothing here loads them."""
    folder = tmp_path / "weights" / "small"
    for name in ("unet/a-00001.safetensors", "unet/a-00002.safetensors", "image_encoder/b.safetensors"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (folder / "projection").mkdir()
    (folder / "projection" / "c.safetensors").write_bytes(b"c")
    (folder / "model_index.json").write_text("{}")
    (folder / "MODEL_CARD.md").write_text("says what they are")
    write_index(folder.parent)
    return folder


@pytest.fixture
def bundled(folder, monkeypatch):
    monkeypatch.setattr(weights, "SEARCHED", (folder.parent,))
    return folder


def test_index_lists_the_digest_of_every_file_but_prose(folder):
    index = (folder.parent / "index.toml").read_text()
    digest = hashlib.sha256(b"c").hexdigest()
    assert f'"projection/c.safetensors" = "{digest}"' in index
    assert index.count(" = ") == 5
    assert "MODEL_CARD" not in index


def test_whole_weights_are_identified_by_one_digest(folder):
    digest = verify_weights(folder)
    assert len(digest) == 64
    assert verify_weights(folder) == digest
    (folder / "unet" / "a-00001.safetensors").write_bytes(b"other")
    write_index(folder.parent)
    assert verify_weights(folder) != digest


def test_one_changed_byte_is_noticed(folder):
    shard = folder / "unet" / "a-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    with pytest.raises(WeightsError, match=r"a-00002.safetensors: was changed: sha256 is \w{12}"):
        verify_weights(folder)


def test_a_missing_shard_is_named(folder):
    (folder / "unet" / "a-00001.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"a-00001.safetensors: is missing"):
        verify_weights(folder)


@pytest.mark.parametrize("name", ["unet/model.bin", "extra/x.pt", "old.ckpt", "a.pkl", "b.pickle", "c.pth"])
def test_a_pickle_is_refused_wherever_it_lies(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"")
    with pytest.raises(WeightsError, match="is a pickle"):
        verify_weights(folder)


def test_weights_of_the_users_own_need_no_index(folder):
    (folder.parent / "index.toml").unlink()
    (folder / "unet" / "a-00001.safetensors").write_bytes(b"changed")
    assert len(verify_weights(folder)) == 64


@pytest.mark.parametrize("part", ["unet", "image_encoder", "projection"])
def test_a_part_without_tensors_is_named(folder, part):
    (folder.parent / "index.toml").unlink()
    for path in (folder / part).iterdir():
        path.rename(path.with_suffix(".txt"))
    with pytest.raises(WeightsError, match=f"{part}: holds no .safetensors"):
        verify_weights(folder)


@pytest.mark.parametrize("content", [b"[small\n", b"\xff\xfe"])
def test_a_damaged_index_is_no_free_pass(folder, content):
    (folder.parent / "index.toml").write_bytes(content)
    with pytest.raises(WeightsError, match="is damaged"):
        verify_weights(folder)


def test_weights_are_found_by_name_by_folder_and_by_environment(bundled, tmp_path, monkeypatch):
    assert find_weights("small") == bundled
    assert find_weights(str(bundled)) == bundled
    monkeypatch.setenv("ARTIFIX_WEIGHTS", "small")
    assert find_weights(None) == bundled
    assert bundled_names() == ["small"]


def test_an_unknown_name_is_answered_with_those_there_are(bundled):
    with pytest.raises(WeightsError, match="large: no such weights; bundled are: small"):
        find_weights("large")


def test_without_any_weights_the_answer_says_so(bundled, monkeypatch):
    monkeypatch.setattr(weights, "SEARCHED", ())
    with pytest.raises(WeightsError, match="bundled are: none"):
        find_weights(None)


def test_a_folder_of_something_else_is_refused(bundled, tmp_path):
    with pytest.raises(WeightsError, match="holds no model_index.json"):
        find_weights(str(tmp_path))


def test_a_file_the_index_does_not_list_is_refused_unless_it_is_prose(folder):
    (folder / "NOTES.md").write_text("more words")
    assert verify_weights(folder)
    (folder / "unet" / "extra.safetensors").write_bytes(b"x")
    with pytest.raises(WeightsError, match="extra.safetensors: is not one of the files"):
        verify_weights(folder)


@pytest.fixture
def own(folder):
    """The user's own weights: no index beside them, but their sums inside."""
    (folder.parent / "index.toml").unlink()
    write_sums(folder)
    return folder


def test_sums_have_the_form_that_sha256sum_reads(own):
    lines = (own / "SHA256SUMS").read_text().splitlines()
    assert f"{hashlib.sha256(b'c').hexdigest()}  projection/c.safetensors" in lines
    assert len(lines) == 5
    write_sums(own)
    assert (own / "SHA256SUMS").read_text().splitlines() == lines


def spoil_own(folder):
    (folder / "unet" / "a-00001.safetensors").write_bytes(b"?")


OWN_SPOILERS = {
    "changed": (spoil_own, "a-00001.safetensors: was changed"),
    "missing": (lambda f: (f / "model_index.json").unlink(), "model_index.json: is missing"),
    "strange": (lambda f: (f / "unet" / "b.safetensors").write_bytes(b""), "b.safetensors: is not one of"),
    "no sums": (lambda f: (f / "SHA256SUMS").write_text(""), "SHA256SUMS: is damaged"),
    "cut sums": (lambda f: (f / "SHA256SUMS").write_text("12ab  unet"), "SHA256SUMS: is damaged"),
    "sums that are no text": (lambda f: (f / "SHA256SUMS").write_bytes(b"\xff\n"), "SHA256SUMS: is damaged"),
}


@pytest.mark.parametrize("name", OWN_SPOILERS)
def test_own_weights_are_held_to_their_sums(own, name):
    spoil, said = OWN_SPOILERS[name]
    assert verify_weights(own)
    spoil(own)
    with pytest.raises(WeightsError, match=said) as caught:
        verify_weights(own)
    assert "delete SHA256SUMS" in caught.value.hint


def test_an_index_that_lists_other_weights_leaves_the_sums_in_force(own):
    (own.parent / "index.toml").write_text("[other]\n")
    spoil_own(own)
    with pytest.raises(WeightsError, match="was changed"):
        verify_weights(own)


def test_an_index_that_lists_the_folder_wins_over_its_sums(own):
    spoil_own(own)
    write_index(own.parent)
    assert verify_weights(own)


def test_what_git_and_the_hub_leave_is_not_counted(own):
    digest = verify_weights(own)
    (own / ".cache" / "huggingface").mkdir(parents=True)
    (own / ".cache" / "huggingface" / "a.metadata").write_text("downloaded")
    (own / ".gitattributes").write_text("*.safetensors filter=lfs")
    assert verify_weights(own) == digest


@pytest.fixture
def calibrated(folder):
    """Weights that tell where they are read, as diffusers writes it; with an index and sums of their own."""
    described = {"_class_name": "P", "alignment_layer": "a", "alignment_timestep": 0, "unet": ["b", "c"]}
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
    assert described["unet"] == ["b", "c"]
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
    spoil_own(calibrated), spoil_own(other)
    write_calibration(calibrated, {"alignment_layer": "b", "alignment_timestep": 1})
    for weights_folder in (calibrated, other):
        with pytest.raises(WeightsError, match="a-00001.safetensors: was changed"):
            verify_weights(weights_folder)


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


@pytest.mark.parametrize("name", ["unet/a-00001.safetensors", "SHA256SUMS"])
def test_a_file_that_the_disk_does_not_give_is_named(own, monkeypatch, name):
    plain = Path.open

    def refuse(path, *arguments, **named):
        if path == own / name:
            raise OSError(errno.EIO, "Input/output error")
        return plain(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(WeightsError, match=f"{name}: cannot be read: Input/output error"):
        verify_weights(own)
