import errno
import hashlib
from pathlib import Path

import pytest

from artifix.errors import WeightsError
from artifix.weights.checksums import write_index, write_sums
from artifix.weights.verification import verify_weights


@pytest.fixture
def folder(weights_folder):
    return weights_folder


def change(path):
    """Another last byte, of a tensor."""
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def test_index_lists_the_digest_of_every_file_but_prose(folder):
    index = (folder.parent / "index.toml").read_text()
    digest = hashlib.sha256((folder / "projection" / "c.safetensors").read_bytes()).hexdigest()
    assert f'"projection/c.safetensors" = "{digest}"' in index
    assert index.count(" = ") == 9
    assert "MODEL_CARD" not in index


def test_whole_weights_are_identified_by_one_digest(folder):
    digest = verify_weights(folder)
    assert len(digest) == 64
    assert verify_weights(folder) == digest
    change(folder / "unet" / "a-00001.safetensors")
    write_index(folder.parent)
    assert verify_weights(folder) != digest


def test_one_changed_byte_is_noticed(folder):
    change(folder / "unet" / "a-00002.safetensors")
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
    change(folder / "unet" / "a-00001.safetensors")
    assert len(verify_weights(folder)) == 64


@pytest.mark.parametrize("part", ["unet", "image_encoder", "projection"])
def test_a_part_without_tensors_is_named(folder, part):
    (folder.parent / "index.toml").unlink()
    for path in (folder / part).glob("*.safetensors"):
        path.rename(path.with_suffix(".txt"))
    with pytest.raises(WeightsError, match=f"{part}: holds no .safetensors"):
        verify_weights(folder)


@pytest.mark.parametrize("content", [b"[small\n", b"\xff\xfe"])
def test_a_damaged_index_is_no_free_pass(folder, content):
    (folder.parent / "index.toml").write_bytes(content)
    with pytest.raises(WeightsError, match="is damaged"):
        verify_weights(folder)


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
    digest = hashlib.sha256((own / "projection" / "c.safetensors").read_bytes()).hexdigest()
    assert f"{digest}  projection/c.safetensors" in lines
    assert len(lines) == 9
    write_sums(own)
    assert (own / "SHA256SUMS").read_text().splitlines() == lines


def spoil_own(folder):
    change(folder / "unet" / "a-00001.safetensors")


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
