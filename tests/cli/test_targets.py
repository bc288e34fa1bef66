"""Where the repaired picture goes, in which format, and what is told of it."""

import io
import json
import sys

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("pipeline")


def spared(files) -> np.ndarray:
    """True outside the mask."""
    return np.asarray(Image.open(files.mask)) == 0


def case(files, *more: object) -> list[object]:
    """Arguments without a place for the results."""
    return ["refine", *files.arguments()[:-2], *more]


class Piped:
    """Standard input or output of bytes."""

    def __init__(self, data: bytes = b"", terminal: bool = False) -> None:
        self.buffer, self.terminal = io.BytesIO(data), terminal

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> None:
        self.buffer.write(text.encode())

    def flush(self) -> None: ...


def test_a_file_gets_the_picture_alone(artifix, files):
    run = artifix(*case(files, "--to", files.folder / "a" / "fixed.png"))
    assert (run.code, run.out.split(":")[0]) == (0, str(files.folder / "a" / "fixed.png"))
    assert [path.name for path in (files.folder / "a").iterdir()] == ["fixed.png"]
    assert not (files.folder / "gen-artifix").exists()


def test_the_name_of_a_picture_for_a_folder_asks_for_the_file(artifix, files):
    assert artifix(*case(files, "--out", files.folder / "fixed.PNG")).code == 0
    assert (files.folder / "fixed.PNG").is_file()


def test_a_folder_called_like_a_picture_stays_a_folder(artifix, files):
    (files.folder / "odd.png").mkdir()
    assert artifix(*case(files, "--out", files.folder / "odd.png")).code == 0
    assert (files.folder / "odd.png" / "refined.png").is_file()


def test_folder_and_file_are_both_written_where_both_are_asked_for(artifix, files):
    run = artifix("refine", *files.arguments(), "--to", files.folder / "f.jpg", "--json")
    told = json.loads(run.out)
    assert (told["out"], told["to"]) == (str(files.out), str(files.folder / "f.jpg"))
    assert (files.out / "refined.jpg").read_bytes() == (files.folder / "f.jpg").read_bytes()
    assert "refined.jpg" in told["files"]


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("f.png", "PNG"),
        ("f.jpg", "JPEG"),
        ("f.JPEG", "JPEG"),
        ("f.webp", "WEBP"),
        ("f.tif", "TIFF"),
        ("f", "PNG"),
    ],
)
def test_the_ending_says_the_format(artifix, files, name, format):
    assert artifix(*case(files, "--to", files.folder / name)).code == 0
    assert Image.open(files.folder / name).format == format


def test_an_exact_format_spares_what_is_outside_the_mask(artifix, files):
    for name in ("f.webp", "f.tif"):
        artifix(*case(files, "--to", files.folder / name))
        written = np.asarray(Image.open(files.folder / name))
        assert np.array_equal(written[spared(files)], np.asarray(Image.open(files.image))[spared(files)])


@pytest.mark.parametrize(
    ("to", "more", "said"),
    [
        ("x.gif", [], "not written"),
        ("x.jpg", ["--format", "webp"], "a WEBP called JPEG"),
        ("x.png", ["--format", "keep"], ""),
        ("x.png", ["--quality", "80"], "png is exact"),
        ("x.jpg", ["--quality", "0"], "quality is 0"),
        ("x.jpg", ["--format", "bmp"], "known formats are"),
        ("x.jpg", ["--out", "y.png"], "both files"),
    ],
)
def test_what_contradicts_itself_is_refused_before_any_work(artifix, files, pipeline, to, more, said):
    run = artifix(*case(files, "--to", files.folder / to, *more))
    assert (run.code, bool(pipeline.seen)) == ((2, False) if said else (0, True))
    assert said in run.err


def test_a_file_is_replaced_only_if_asked_and_an_input_never(artifix, files):
    place = files.folder / "f.png"
    place.write_bytes(b"mine")
    run = artifix(*case(files, "--to", place))
    assert (run.code, place.read_bytes()) == (7, b"mine")
    assert "--overwrite" in run.err
    assert artifix(*case(files, "--to", place, "--overwrite")).code == 0
    before = files.image.read_bytes()
    run = artifix(*case(files, "--to", files.image, "--overwrite"))
    assert (run.code, files.image.read_bytes()) == (7, before)
    assert artifix(*case(files, "--to", files.folder)).code == 7


def test_the_format_of_the_image_is_kept_and_its_changes_are_told(artifix, files):
    source = files.folder / "photo.jpg"
    Image.open(files.image).convert("RGB").save(source, quality=85)
    run = artifix("refine", *files.arguments(image=source), "--format", "keep")
    record = json.loads((files.out / "record.json").read_text())
    written = np.asarray(Image.open(files.out / "refined.jpg")).astype(int)
    differences = abs(written - np.asarray(Image.open(source))).max(axis=2) * spared(files)
    told = record["coding"]["outside"]
    assert record["coding"]["format"] == "jpeg"
    assert (told["changed_px"], told["largest_levels"]) == ((differences > 0).sum(), differences.max())
    rows, columns = np.nonzero(differences)
    assert told["box"] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert f"changes {told['changed_px']:,} pixels outside the mask" in run.err


def test_a_picture_of_a_kind_that_is_not_written_becomes_a_png_and_that_is_said(artifix, files):
    source = files.folder / "drawn.bmp"
    Image.open(files.image).convert("RGB").save(source)
    run = artifix("refine", *files.arguments(image=source), "--format", "keep")
    assert (files.out / "refined.png").is_file()
    assert "BMP is not written" in run.err


def test_a_jpeg_of_a_transparent_image_is_refused_and_of_an_opaque_one_written(artifix, files):
    image = Image.open(files.image).convert("RGBA")
    image.save(files.image)
    assert artifix("refine", *files.arguments(), "--format", "jpeg").code == 0
    image.putpixel((0, 0), (1, 2, 3, 9))
    image.save(files.image)
    run = artifix(*case(files, "--to", files.folder / "x.jpg"))
    assert (run.code, (files.folder / "x.jpg").exists()) == (3, False)
    assert "transparent" in run.err


def test_depth_that_a_format_cannot_hold_is_told(artifix, files):
    deep = np.asarray(Image.open(files.image).convert("L")).astype(np.uint16) * 257
    Image.fromarray(deep).save(files.image)
    run = artifix("refine", *files.arguments(), "--format", "webp")
    assert json.loads((files.out / "record.json").read_text())["coding"] == {"bits": 8, "format": "webp"}
    assert "8 bits" in run.err


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
@pytest.mark.parametrize("format", ["png", "tiff"])
def test_grey_images_stay_of_their_mode(artifix, files, mode, format):
    grey = Image.open(files.image).convert("L")
    if mode == "I;16":
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(files.image)
    else:
        grey.convert(mode).save(files.image)
    assert artifix("refine", *files.arguments(), "--format", format).code == 0
    written = next(files.out.glob("refined.*"))
    assert Image.open(written).mode == ("L" if mode == "1" else mode)


def test_an_image_may_come_from_a_pipe_and_go_into_one(artifix, files, monkeypatch):
    data, out = files.image.read_bytes(), Piped()
    monkeypatch.setattr(sys, "stdin", Piped(data))
    monkeypatch.setattr(sys, "stdout", out)
    run = artifix("refine", "-", *files.arguments()[1:-2])
    assert run.code == 0
    written = Image.open(io.BytesIO(out.buffer.getvalue()))
    assert (written.format, written.size) == ("PNG", (80, 64))
    assert "the repaired picture: 1 part repainted" in run.err


def test_nothing_goes_into_a_pipe_where_nothing_matches(artifix, files, pipeline, monkeypatch):
    pipeline.confidence, out = 0.1, Piped()
    monkeypatch.setattr(sys, "stdout", out)
    assert artifix(*case(files, "--to", "-")).code == 5
    assert out.buffer.getvalue() == b""


@pytest.mark.parametrize(
    ("arguments", "terminal", "said"),
    [
        (["-", "--mask", "-"], False, "named twice"),
        (["-", "--mask", "m.png"], True, "no place for the results"),
        (["i.png", "--mask", "m.png", "--to", "-"], True, "is a terminal"),
        (["i.png", "--mask", "m.png", "--to", "-", "--json"], False, "both write to standard output"),
    ],
)
def test_pipes_that_cannot_work_are_refused(artifix, monkeypatch, arguments, terminal, said):
    monkeypatch.setattr(sys, "stdout", Piped(terminal=terminal))
    run = artifix("refine", *arguments, "--ref", "r.png")
    assert run.code == 2
    assert said in run.err


@pytest.mark.parametrize(
    ("piped", "said"), [(Piped(terminal=True), "is a terminal"), (Piped(), "nothing came")]
)
def test_an_empty_pipe_and_a_keyboard_are_no_image(artifix, files, monkeypatch, piped, said):
    monkeypatch.setattr(sys, "stdin", piped)
    run = artifix("refine", "-", *files.arguments()[1:])
    assert run.code == 3
    assert said in run.err


def test_a_url_is_told_to_be_one(artifix, files):
    run = artifix("refine", "https://x.org/i.png", *files.arguments()[1:])
    assert run.code == 3
    assert "is a URL" in run.err
    assert "artifix batch" in run.err


def test_images_of_one_stem_have_results_of_their_own(artifix, files):
    other = files.folder / "gen.jpg"
    Image.open(files.image).convert("RGB").save(other)
    for image in (files.image, other):
        assert artifix("refine", *files.arguments(image=image)[:-2], "--overwrite").code == 0
    for name, folder in (("gen.png", "gen-artifix"), ("gen.jpg", "gen.jpg-artifix")):
        record = json.loads((files.folder / folder / "record.json").read_text())
        assert record["inputs"]["image"]["name"] == name
    assert artifix("refine", *files.arguments(image=other)[:-2]).code == 7  # its own, and not to be replaced


def test_locate_writes_no_single_picture(artifix, files):
    run = artifix("locate", *files.arguments(out=files.folder / "x.png"))
    assert run.code == 2
    assert "name a folder" in run.err
