"""The commands with a network of the real classes, small and random."""

import json
import shutil

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

MASKED = slice(20, 30), slice(24, 40)


@pytest.fixture
def copied(tiny_weights, tmp_path):
    """A copy of the weights and their index, to be spoiled."""
    shutil.copytree(tiny_weights.parent, tmp_path / "weights")
    return tmp_path / "weights" / tiny_weights.name


def refine(artifix, files, weights, *more):
    return artifix("refine", *files.arguments(), "--weights", weights, "--force", "--steps", "2", *more)


def test_refine_changes_the_mask_only_and_repeats_itself(artifix, files, tiny_weights):
    first = refine(artifix, files, tiny_weights)
    assert first.code == 0, first.err
    assert "on cpu in float32" in first.err
    data = (files.out / "refined.png").read_bytes()
    refined, image = np.asarray(Image.open(files.out / "refined.png")), np.asarray(Image.open(files.image))
    outside = np.ones(image.shape[:2], bool)
    outside[MASKED] = False
    assert (refined[outside] == image[outside]).all()
    assert (refined[MASKED] != image[MASKED]).any()
    assert refine(artifix, files, tiny_weights, "--overwrite").code == 0
    assert (files.out / "refined.png").read_bytes() == data


def painted(mask: np.ndarray, kind: str) -> Image.Image:
    """The mask as some program would save it."""
    if kind == "blurred":
        return Image.fromarray(cv2.GaussianBlur(mask, (0, 0), 2))
    if kind == "red on black":
        return Image.fromarray(mask[..., None] * np.array([1, 0, 0], np.uint8))
    if kind == "blue on transparency":
        return Image.fromarray(np.dstack([0 * mask, 0 * mask, mask, mask]))
    if kind == "with noise and a speck":
        noisy = np.maximum(mask, np.random.default_rng(0).integers(0, 4, mask.shape).astype(np.uint8))
        noisy[2, 2] = 255
        return Image.fromarray(noisy)
    line = np.zeros_like(mask)
    line[25, MASKED[1]] = 255
    return Image.fromarray(line)


@pytest.mark.parametrize(
    "kind", ["blurred", "red on black", "blue on transparency", "with noise and a speck", "a line of 1 px"]
)
def test_masks_as_programs_save_them_are_repaired_and_the_rest_stays(artifix, files, tiny_weights, kind):
    painted(np.asarray(Image.open(files.mask)), kind).save(files.mask)
    run = refine(artifix, files, tiny_weights)
    assert run.code == 0, run.err
    refined, image = np.asarray(Image.open(files.out / "refined.png")), np.asarray(Image.open(files.image))
    reach = np.zeros(image.shape[:2], bool)
    reach[12:38, 16:48] = True  # the mask and its blurred rim
    reach[2, 2] = True
    assert (refined[~reach] == image[~reach]).all()
    assert (refined[25, 26:38] != image[25, 26:38]).any()


def test_an_erased_artifact_is_its_own_mask_and_opaque_once_repaired(artifix, files, tiny_weights):
    image = np.dstack([np.asarray(Image.open(files.image)), np.full((64, 80), 255, np.uint8)])
    image[(*MASKED, 3)] = 0
    Image.fromarray(image).save(files.image)
    arguments = [files.image, "--ref", files.reference, "--out", files.out, "--mask-from", "image-alpha"]
    run = artifix("refine", *arguments, "--weights", tiny_weights, "--force")
    assert run.code == 0, run.err
    refined = np.asarray(Image.open(files.out / "refined.png"))
    assert (refined[MASKED][2:-2, 2:-2, 3] == 255).all()
    outside = np.ones((64, 80), bool)
    outside[MASKED] = False
    assert (refined[outside] == image[outside]).all()


def test_weights_whose_confidence_is_not_calibrated_say_so_once(artifix, files, tiny_weights):
    for run in (
        refine(artifix, files, tiny_weights),
        artifix("locate", *files.arguments(), "--weights", tiny_weights, "--force", "--overwrite"),
    ):
        assert run.code == 0, run.err
        assert run.err.count("confidence of these weights is not calibrated") == 1


def test_record_names_the_weights_and_their_sha256(artifix, files, tiny_weights):
    told = json.loads(refine(artifix, files, tiny_weights, "--json").out)
    assert told["weights"]["name"] == "tiny"
    assert len(told["weights"]["sha256"]) == 64


def test_the_paper_path_needs_no_transform(artifix, files, tiny_weights):
    told = json.loads(refine(artifix, files, tiny_weights, "--no-transform", "--json").out)
    assert told["groups"][0]["transform"] is None


def test_candidates_are_all_recorded(artifix, files, tiny_weights):
    told = json.loads(refine(artifix, files, tiny_weights, "--candidates", "2", "--json").out)
    assert len(told["groups"][0]["candidates"]) == 2


def test_a_reference_smaller_than_the_crop_is_used(artifix, files, tiny_weights):
    Image.open(files.reference).crop((20, 16, 50, 40)).save(files.reference)
    assert refine(artifix, files, tiny_weights).code == 0


def test_locate_writes_its_maps(artifix, files, tiny_weights):
    run = artifix("locate", *files.arguments(), "--weights", tiny_weights, "--force")
    assert run.code == 0, run.err
    assert np.load(files.out / "correspondence.npy").shape == (64, 80)


def test_too_low_a_confidence_exits_5_and_writes_nothing(artifix, files, tiny_weights, tmp_path):
    (tmp_path / "strict.toml").write_text("[alignment]\nmin_confidence = 1.0\n")
    before = files.listing()
    run = artifix(
        "refine", *files.arguments(), "--weights", tiny_weights, "--config", tmp_path / "strict.toml"
    )
    assert (run.code, files.listing()) == (5, before)
    assert "nothing in the reference matches" in run.err


def test_the_best_of_several_references_is_written_where_all_are_refused(
    artifix, files, tiny_weights, tmp_path
):
    grey = tmp_path / "grey.png"
    Image.fromarray(np.full((50, 60, 3), 128, np.uint8)).save(grey)
    arguments = files.arguments(reference=grey)
    run = artifix("locate", *arguments, "--ref", grey, "--weights", tiny_weights, "--no-transform")
    assert run.code == 5, run.err
    assert "error: none of 2 references matches" in run.err
    record = json.loads((files.out / "record.json").read_text())
    assert record["refused"].startswith("none of 2 references")
    assert [entry["used"] for entry in record["references"]] == [True, False]
    assert np.load(files.out / "correspondence.npy").shape == (50, 60)


def test_an_unknown_layer_exits_2(artifix, files, tiny_weights):
    before = files.listing()
    run = refine(artifix, files, tiny_weights, "--layer", "up_blocks.9.attentions.0")
    assert (run.code, files.listing()) == (2, before)
    assert "up_blocks.9.attentions.0" in run.err


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--device", "cuda:7", 6),
        ("--device", "abacus", 6),
        ("--dtype", "fp16", 6),
        ("--weights", "artifix-huge", 4),
    ],
)
def test_what_is_not_there_is_refused(artifix, files, tiny_weights, option, value, code):
    before = files.listing()
    run = refine(artifix, files, tiny_weights, option, value)
    assert (run.code, files.listing()) == (code, before)
    assert value in run.err


def spoil_byte(folder):
    path = next((folder / "unet").glob("*.safetensors"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


SPOILERS = {
    "a changed byte": (spoil_byte, "was changed"),
    "a missing shard": (lambda folder: next((folder / "unet").glob("*.safetensors")).unlink(), "is missing"),
    "a pickle": (lambda folder: (folder / "unet" / "model.bin").write_bytes(b"x"), "is a pickle"),
    "no model_index.json": (lambda folder: (folder / "model_index.json").unlink(), "no model_index.json"),
}


@pytest.mark.parametrize("name", SPOILERS)
def test_spoiled_weights_exit_4_and_nothing_is_written(artifix, files, copied, name):
    spoil, said = SPOILERS[name]
    spoil(copied)
    before = files.listing()
    run = refine(artifix, files, copied)
    assert (run.code, files.listing()) == (4, before)
    assert said in run.err


def test_threads_are_those_asked_for_and_are_recorded(artifix, files, tiny_weights):
    before = torch.get_num_threads()
    try:
        told = json.loads(refine(artifix, files, tiny_weights, "--threads", "1", "--json").out)
        assert (told["threads"], torch.get_num_threads()) == (1, 1)
    finally:
        torch.set_num_threads(before)
    assert refine(artifix, files, tiny_weights, "--threads", "0", "--overwrite").code == 2
