"""Every input that cannot be used: its exit code, its sentence, and nothing written."""

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("pipeline")


def _truncate(files) -> None:
    Image.open(files.image).save(files.folder / "whole.jpg")
    data = (files.folder / "whole.jpg").read_bytes()
    files.image.write_bytes(data[: len(data) // 2])


def _grey(files, value: int, size: tuple[int, int] = (80, 64)) -> None:
    Image.new("L", size, value).save(files.mask)


SPOILERS = {
    "missing image": (lambda f: f.image.unlink(), "gen.png: no such file"),
    "missing mask": (lambda f: f.mask.unlink(), "mask.png: no such file"),
    "missing reference": (lambda f: f.reference.unlink(), "ref.png: no such file"),
    "not an image": (lambda f: f.image.write_text("hello, this is text"), "gen.png: "),
    "truncated": (_truncate, "damaged or cut short"),
    "0 bytes": (lambda f: f.reference.write_bytes(b""), "0 bytes"),
    "folder": (lambda f: (f.mask.unlink(), f.mask.mkdir()), "is a folder"),
    "other mask size": (lambda f: _grey(f, 255, (40, 32)), "40x32 px but the image is 80x64 px"),
    "empty mask": (lambda f: _grey(f, 0), "the mask is empty"),
    "full mask": (lambda f: _grey(f, 255), "covers the whole image"),
    "tiny image": (lambda f: Image.new("RGB", (15, 64)).save(f.image), "15x64 px is too small"),
    "tiny reference": (lambda f: Image.new("RGB", (80, 9)).save(f.reference), "80x9 px is too small"),
}


@pytest.mark.parametrize("name", SPOILERS)
def test_an_unusable_file_exits_3_and_writes_nothing(artifix, files, pipeline, name):
    spoil, said = SPOILERS[name]
    spoil(files)
    before = files.listing()
    run = artifix("refine", *files.arguments())
    assert (run.code, run.out, files.listing(), pipeline.seen) == (3, "", before, [])
    assert said in run.err
    assert run.err.startswith("error: ")
    assert "\n hint: " in run.err


def test_a_decompression_bomb_is_refused(artifix, files, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    run = artifix("refine", *files.arguments())
    assert run.code == 3
    assert "the most that is safe to open" in run.err


def test_a_mask_with_alpha_and_a_drawing_asks_which_is_meant(artifix, files):
    values = np.random.default_rng(0).integers(0, 256, (64, 80, 4), np.uint8)
    Image.fromarray(values).save(files.mask)
    run = artifix("refine", *files.arguments())
    assert run.code == 3
    assert "--mask-from alpha" in run.err


@pytest.mark.parametrize("out", ["gen.png", "gen.png/deeper", "."])
def test_an_impossible_output_folder_exits_7(artifix, files, pipeline, out):
    before = files.listing()
    run = artifix("refine", *files.arguments(out=files.folder / out))
    assert (run.code, files.listing(), pipeline.seen) == (7, before, [])


def test_an_output_folder_without_permission_exits_7(artifix, files, pipeline, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    run = artifix("refine", *files.arguments())
    assert (run.code, pipeline.seen) == (7, [])
    assert "is not writable" in run.err


def test_a_full_disk_exits_7_and_leaves_nothing(artifix, files, monkeypatch):
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    before = files.listing()
    run = artifix("refine", *files.arguments())
    assert (run.code, files.listing()) == (7, before)
    assert "No space left on device" in run.err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("--steps", "0", "steps is 0"),
        ("--steps", "1001", "1 to 1000"),
        ("--steps", "many", "'--steps'"),
        ("--guidance-scale", "-1", "guidance_scale is -1.0"),
        ("--guidance-scale", "nan", "guidance_scale is nan"),
        ("--candidates", "65", "1 to 64"),
        ("--timestep", "1000", "0 to 999"),
        ("--strength", "0", "above 0 to 1"),
        ("--strength", "1.5", "strength is 1.5"),
        ("--seed", "-1", "seed is -1"),
        ("--mask-from", "red", "red"),
        ("--colour", "red", "--colour"),
    ],
)
def test_a_wrong_option_exits_2_and_names_itself(artifix, files, pipeline, name, value, said):
    before = files.listing()
    run = artifix("refine", *files.arguments(), name, value)
    assert (run.code, run.out, files.listing(), pipeline.seen) == (2, "", before, [])
    assert said in run.err


@pytest.mark.parametrize("name", ["--mask", "--ref"])
def test_a_missing_option_exits_2(artifix, files, name):
    arguments = files.arguments()
    place = arguments.index(name)
    run = artifix("refine", *arguments[:place], *arguments[place + 2 :])
    assert run.code == 2
    assert name in run.err


def test_an_erased_image_needs_no_mask_and_takes_none(artifix, files, pipeline):
    run = artifix("refine", *files.arguments(), "--mask-from", "image-alpha")
    assert run.code == 2
    assert "--mask names another" in run.err
    run = artifix("refine", files.image, "--ref", files.reference)
    assert run.code == 2
    assert "--mask-from image-alpha" in run.err
    assert not pipeline.seen
