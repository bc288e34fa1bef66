"""`artifix sheet`: from results to a figure, and what is refused."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from artifix.outputs.drawing import MASK_COLOUR, REGION_COLOUR


@pytest.fixture
def repaired(artifix, files, pipeline):
    """The drawn case, refined into files.out."""
    assert artifix("refine", *files.arguments()).code == 0
    return files


@pytest.fixture
def sheet(artifix, repaired, tmp_path):
    """Run the command on the case: sheet(option, ...); the figure is sheet.figure."""

    def run(*more, runs=None, figure=tmp_path / "figure.png"):
        return artifix("sheet", runs or repaired.out, "--out", figure, *more)

    run.figure = tmp_path / "figure.png"
    return run


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))


def has(picture, colour):
    return bool((picture == colour).all(-1).any())


def test_a_run_becomes_a_figure_of_the_asked_size(sheet):
    run = sheet(
        "--width", "80", "--dpi", "254", "--columns", "image,mask,reference,region,correspondence,ours"
    )
    assert (run.code, run.out) == (0, f"{sheet.figure}: 1 case, 6 columns, 80 x 15 mm at 254 dpi\n"), run.err
    picture = pixels(sheet.figure)
    assert picture.shape[1] == 800
    assert has(picture, MASK_COLOUR)
    assert has(picture, REGION_COLOUR)


def test_the_repair_is_shown_and_not_the_image(sheet, repaired):
    assert sheet("--columns", "ours:zoom,artifact:zoom", "--dpi", "100").code == 0
    picture = pixels(sheet.figure)
    left, right = picture[30:, :330], picture[30:, 340:]
    assert (left == 255).all(-1).mean() > (right == 255).all(-1).mean() + 0.2  # the stand-in paints white


def test_equal_runs_write_equal_bytes_and_pdf_is_written_too(sheet, tmp_path):
    for name in ("a.png", "b.png", "a.pdf", "b.pdf"):
        assert sheet(figure=tmp_path / name).code == 0
    for form in ("png", "pdf"):
        assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("layout", ["fig5", "fig6", "fig12", "fig14", "fig15"])
def test_every_layout_draws_with_and_without_other_methods(sheet, repaired, tmp_path, layout):
    other = tmp_path / "other"
    other.mkdir()
    Image.open(repaired.image).resize((160, 128)).save(other / "out.png")
    assert sheet("--layout", layout, "--dpi", "72").code == 0
    run = sheet("--layout", layout, "--dpi", "72", "--method", f"Other={other}", "--overwrite", "--json")
    assert run.code == 0, run.err
    shown = [column["shows"] for column in json.loads(run.out)["columns"]]
    assert ("Other" in shown) == (layout in ("fig5", "fig6"))


def test_inputs_elsewhere_are_found_by_content(sheet, repaired, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(repaired.out, moved / "case")
    run = sheet(runs=moved)
    assert run.code == 3
    assert "3 files missing:\n  case: image: gen.png of sha256 " in run.err
    assert "--inputs DIR" in run.err
    assert not sheet.figure.exists()
    assert sheet("--inputs", tmp_path, runs=moved).code == 0
    Image.new("RGB", (80, 64)).save(repaired.image)
    assert "of other content" in sheet("--inputs", tmp_path, "--overwrite", runs=moved).err


def test_gaps_are_left_only_if_asked_for(sheet):
    run = sheet("--columns", "image,truth,ours")
    assert run.code == 3
    assert "out: truth: no truth.png or expected.png beside the image" in run.err
    assert "--truth" in run.err
    assert "--gaps" in run.err
    assert sheet("--columns", "image,truth,ours", "--gaps").code == 0


def test_a_refused_case_has_that_word_in_the_place_of_its_repair(artifix, files, pipeline, tmp_path):
    pipeline.confidence = 0.1
    assert artifix("locate", *files.arguments()).code == 5
    run = artifix("sheet", files.out, "--out", tmp_path / "figure.png", "--layout", "fig15")
    assert run.code == 0, run.err


def test_a_located_case_without_a_repair_is_told(artifix, files, pipeline, tmp_path):
    assert artifix("locate", *files.arguments()).code == 0
    run = artifix("sheet", files.out, "--out", tmp_path / "figure.png")
    assert run.code == 3
    assert "holds no ours" not in run.err
    assert "holds no repaired picture" in run.err


def test_a_mask_that_was_read_inverted_is_shown_as_it_was_read(artifix, files, pipeline, tmp_path):
    mask = Image.open(files.mask)
    Image.fromarray(255 - np.asarray(mask)).save(files.mask)
    assert artifix("refine", *files.arguments(), "--invert-mask").code == 0
    figure = tmp_path / "figure.png"
    assert artifix("sheet", files.out, "--out", figure, "--columns", "mask", "--dpi", "72").code == 0
    body = pixels(figure)[40:]
    assert (body == 255).all(-1).mean() < 0.2


def test_a_mask_of_other_pixels_than_the_run_tells_of_is_refused(sheet, repaired):
    record = json.loads((repaired.out / "record.json").read_text())
    record["groups"][0]["mask_pixels"] += 1
    (repaired.out / "record.json").write_text(json.dumps(record))
    run = sheet()
    assert run.code == 3
    assert "mask.png: marks another part than the 161 px" in run.err


def test_a_result_of_other_proportions_is_refused(sheet, tmp_path):
    (tmp_path / "other").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "other" / "out.png")
    run = sheet("--method", f"Other={tmp_path / 'other'}")
    assert run.code == 3
    assert "out.png: is 64x64 px but the image is 80x64 px" in run.err


def test_cases_without_runs_are_drawn_with_the_results_of_methods(artifix, cases, tmp_path):
    made = tmp_path / "made"
    for name in ("boxed", "known"):
        (made / name).mkdir(parents=True)
        shutil.copy(cases / name / "image.png", made / name / "refined.png")
    figure = tmp_path / "figure.png"
    run = artifix("sheet", cases, "--out", figure, "--method", f"Mine={made}", "--method", f"ours={made}")
    assert run.code == 0, run.err
    run = artifix(
        "sheet", cases, "--out", figure, "--overwrite", "--columns", "region,truth:zoom,ours,Mine+zoom",
        "--method", f"Mine={made}", "--method", f"ours={made}", "--rows", "Known=known", "--names",
    )  # fmt: skip
    assert run.code == 0, run.err
    assert "1 case, 4 columns" in run.out


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--columns", "image,foo"), 2, "unknown column foo"),
        (("--titles", "a,b"), 2, "2 titles for 4 columns"),
        (("--rows", "zebra"), 2, "there is no such row"),
        (("--across", "0"), 2, "--across 0"),
        (("--across", "20"), 2, "leave less than 4 mm for each"),
        (("--width", "5"), 2, "width is 5.0"),
        (("--dpi", "1"), 2, "dpi is 1"),
        (("--font", "Nonesuch"), 2, "no such font is installed"),
        (("--method", "Other"), 2, "names no folder"),
        (("--method", "Other=/nothere"), 3, "/nothere: no such folder"),
        (("--inputs", "/nothere"), 3, "/nothere: no such folder"),
        (("--truth", "/nothere"), 3, "/nothere: no such folder"),
        (("/nothere",), 3, "/nothere: no such folder"),
    ],
)
def test_wrong_usage_is_told_and_nothing_written(sheet, more, code, said):
    run = sheet(*more)
    assert run.code == code
    assert said in run.err
    assert not sheet.figure.exists()


def test_a_figure_replaces_nothing_that_it_should_not(sheet, repaired, tmp_path):
    assert sheet().code == 0
    assert sheet().code == 7
    assert sheet("--overwrite").code == 0
    before = repaired.image.read_bytes()
    run = sheet("--overwrite", figure=repaired.image)
    assert (run.code, "is an input" in run.err) == (7, True)
    assert repaired.image.read_bytes() == before
    assert sheet(figure=tmp_path / "figure.svg").code == 2


def test_a_figure_higher_than_a_page_is_told(sheet, artifix, repaired, tmp_path):
    for number in range(4):
        shutil.copytree(repaired.out, tmp_path / "many" / str(number))
    run = sheet("--columns", "image", "--dpi", "36", "--inputs", tmp_path, runs=tmp_path / "many")
    assert run.code == 0
    assert "mm high, more than a page of A4" in run.err
