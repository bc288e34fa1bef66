"""`artifix refine`: what it writes and says, and the kinds of input it takes."""

import json

import numpy as np
import pytest
from PIL import Image

from artifix.outputs.save import RESULT_FILES

MASKED = slice(20, 30), slice(24, 40)  # as the drawn case has it

pytestmark = pytest.mark.usefixtures("pipeline")


def test_refine_writes_the_files_it_promises(artifix, files):
    run = artifix("refine", *files.arguments())
    assert (run.code, run.err.count("error")) == (0, 0)
    assert {path.name for path in files.out.iterdir()} == RESULT_FILES


def test_refine_tells_the_result_in_one_sentence_on_stdout(artifix, files):
    run = artifix("refine", *files.arguments())
    assert run.out == (
        f"{files.out / 'refined.png'}: 1 part repainted after ref.png, confidence 0.88 that the place is "
        "right, 0.75 that the repair is good, placed exactly\n"
    )


def test_progress_goes_to_stderr_as_plain_lines_where_there_is_no_terminal(artifix, files):
    assert artifix("refine", *files.arguments()).err.splitlines() == ["find the match 1/1", "repaint 4/4"]


def test_quiet_says_nothing(artifix, files):
    run = artifix("refine", *files.arguments(), "-q")
    assert (run.code, run.out, run.err) == (0, "", "")


def test_json_prints_the_record_and_where_the_files_are(artifix, files):
    run = artifix("refine", *files.arguments(), "--json", "-q")
    told = json.loads(run.out)
    written = json.loads((files.out / "record.json").read_text())
    assert told == {**written, "out": str(files.out), "files": sorted(RESULT_FILES)}


def test_record_says_what_a_repetition_needs(artifix, files):
    artifix("refine", *files.arguments(), "--seed", "7", "--steps", "3")
    record = json.loads((files.out / "record.json").read_text())
    assert record["weights"] == {"name": "fake", "sha256": "0" * 64}
    assert (record["seed"], record["settings"]["refinement"]["steps"]) == (7, 3)
    assert {kind: entry["name"] for kind, entry in record["inputs"].items()} == {
        "image": "gen.png",
        "mask": "mask.png",
        "reference": "ref.png",
    }
    assert record["groups"][0]["confidence"] == 0.875
    assert {"load_s", "align_s", "sample_s", "total_s"} == set(record["timings"])
    assert str(files.folder) not in json.dumps(record)


def test_maps_have_the_size_of_the_reference(artifix, files):
    artifix("refine", *files.arguments())
    correspondence = np.load(files.out / "correspondence.npy")
    assert (correspondence.shape, correspondence.dtype) == ((64, 80), np.float32)
    assert (
        Image.open(files.out / "region.png").size
        == Image.open(files.out / "correspondence.png").size
        == (80, 64)
    )


def test_results_go_beside_the_image_by_default(artifix, files):
    arguments = files.arguments()[:-2]
    assert artifix("refine", *arguments).code == 0
    assert (files.folder / "gen-artifix" / "refined.png").is_file()


def test_an_earlier_result_is_replaced_only_if_asked(artifix, files):
    artifix("refine", *files.arguments(), "--seed", "1")
    before = files.listing()
    refused = artifix("refine", *files.arguments(), "--seed", "2")
    assert (refused.code, files.listing()) == (7, before)
    assert "--overwrite" in refused.err
    assert artifix("refine", *files.arguments(), "--seed", "2", "--overwrite").code == 0
    assert json.loads((files.out / "record.json").read_text())["seed"] == 2


def test_refined_png_carries_provenance_unless_told_not_to(artifix, files):
    artifix("refine", *files.arguments())
    with Image.open(files.out / "refined.png") as picture:
        text = picture.text
    assert json.loads(text["artifix"])["weights"]["name"] == "fake"
    assert "compositeWithTrainedAlgorithmicMedia" in text["XML:com.adobe.xmp"]
    artifix("refine", *files.arguments(), "--no-metadata", "--overwrite")
    with Image.open(files.out / "refined.png") as picture:
        assert picture.text == {}


def test_options_reach_the_pipeline(artifix, files, pipeline):
    given = "--candidates 3 --guidance-scale 2 --strength .5 --timestep 9 --layer mid_block.attentions.0"
    switches = "--no-zoom --no-transform --force --matcher sift,xfeat --matcher attention"
    artifix("refine", *files.arguments(), *given.split(), *switches.split())
    alignment, refinement = pipeline.seen[0].alignment, pipeline.seen[0].refinement
    assert (alignment.timestep, alignment.layer, alignment.force) == (9, "mid_block.attentions.0", True)
    assert (alignment.zoom, alignment.transform) == (False, False)
    assert alignment.matchers == ("sift", "xfeat", "attention")
    assert (refinement.candidates, refinement.guidance_scale, refinement.strength) == (3, 2.0, 0.5)


def test_alpha_and_16_bit_samples_survive(artifix, files, tmp_path):
    import cv2

    samples = np.random.default_rng(0).integers(0, 65536, (64, 80, 4), np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), samples)
    assert artifix("refine", *files.arguments(image=tmp_path / "deep.png")).code == 0
    refined = cv2.imread(str(files.out / "refined.png"), cv2.IMREAD_UNCHANGED)
    outside = np.ones((64, 80), bool)
    outside[MASKED] = False
    assert refined.dtype == np.uint16
    assert (refined[outside] == samples[outside]).all()
    assert (refined[..., 3] == samples[..., 3]).all()


def mask_with(values: np.ndarray) -> np.ndarray:
    mask = np.zeros((64, 80), values.dtype)
    mask[MASKED] = values
    return mask


WHITE = Image.fromarray(mask_with(np.full((10, 16), 255, np.uint8)))
MASKS = {
    "greys": Image.fromarray(mask_with(np.full((10, 16), 120, np.uint8))),
    "16 bit": Image.fromarray(mask_with(np.full((10, 16), 65535, np.uint16))),
    "1 bit": WHITE.convert("1"),
    "palette": WHITE.convert("P"),
    "alpha": Image.merge("LA", [Image.new("L", (80, 64)), WHITE]),
}


@pytest.mark.parametrize("kind", MASKS)
def test_masks_of_every_kind_are_read(artifix, files, kind):
    MASKS[kind].save(files.mask)
    assert artifix("refine", *files.arguments()).code == 0


def test_a_black_marking_mask_can_be_inverted(artifix, files):
    Image.fromarray(255 - np.asarray(Image.open(files.mask))).save(files.mask)
    artifix("refine", *files.arguments(), "--invert-mask")
    refined = np.asarray(Image.open(files.out / "refined.png"))
    assert (refined[MASKED] == 255).all()
    assert (refined[:20] == np.asarray(Image.open(files.image))[:20]).all()


def test_a_mask_of_another_size_is_resized_if_asked(artifix, files):
    Image.open(files.mask).resize((160, 128)).save(files.mask)
    assert artifix("refine", *files.arguments(), "--fit-mask").code == 0


@pytest.mark.parametrize("mode", ["P", "CMYK", "L", "RGBA"])
def test_images_of_every_kind_are_read(artifix, files, mode):
    image = files.folder / ("gen.jpg" if mode == "CMYK" else "gen2.png")
    Image.open(files.image).convert(mode).save(image)
    assert artifix("refine", *files.arguments(image=image)).code == 0


def test_file_names_of_odd_bytes_are_told_and_recorded(artifix, files):
    odd = files.image.rename(files.folder / "g\udcff n.png")
    run = artifix("refine", *files.arguments(image=odd), "--json")
    assert run.code == 0
    assert json.loads(run.out)["inputs"]["image"]["name"] == "g\\udcff n.png"


def test_what_is_not_sure_enough_is_refused_and_nothing_is_written(artifix, files, pipeline):
    pipeline.confidence = 0.25
    before = files.listing()
    run = artifix("refine", *files.arguments())
    assert (run.code, files.listing()) == (5, before)
    assert "nothing in the reference matches the masked part (confidence 0.25" in run.err
    assert artifix("refine", *files.arguments(), "--force").code == 0


@pytest.mark.parametrize(
    ("known", "placed", "how"),
    [
        ({"agreement": 0.2}, "rough", "placed roughly (sift, agreement 0.20)"),
        ({"transforms": False}, "region only", "placed by its region only"),
    ],
)
def test_strict_refuses_what_is_not_placed_exactly(artifix, files, pipeline, known, placed, how):
    for name, value in known.items():
        setattr(pipeline, name, value)
    before = files.listing()
    run = artifix("refine", *files.arguments(), "--strict")
    assert (run.code, files.listing()) == (5, before)
    assert f"error: the reference is {how}, and --strict wants it exactly" in run.err
    for remedy in ("--points", "--region", "another reference", "leave out --strict"):
        assert remedy in run.err
    assert artifix("refine", *files.arguments()).code == 0
    assert json.loads((files.out / "record.json").read_text())["groups"][0]["placed"] == placed


def test_strict_lets_pass_what_is_placed_exactly(artifix, files):
    run = artifix("refine", *files.arguments(), "--strict", "--json")
    assert run.code == 0, run.err
    told = json.loads(run.out)
    assert (told["groups"][0]["placed"], told["settings"]["alignment"]["strict"]) == ("exact", True)


def test_a_repair_that_is_likely_bad_is_refused_if_asked(artifix, files, pipeline):
    before = files.listing()
    run = artifix("refine", *files.arguments(), "--min-repair-confidence", ".8")
    assert (run.code, files.listing()) == (5, before)
    assert (
        "error: the repair is likely worse than the artifact left alone (repair confidence 0.75, 0.80 is the "
        "least; the reference is placed exactly)"
    ) in run.err
    assert "--points" in run.err
    forced = artifix("refine", *files.arguments(), "--min-repair-confidence", ".8", "--force")
    assert forced.code == 0, forced.err
    group = json.loads((files.out / "record.json").read_text())["groups"][0]
    assert (group["confidence"], group["repair_confidence"]) == (0.875, 0.75)


def test_a_repair_confidence_beyond_one_is_wrong_usage(artifix, files):
    run = artifix("refine", *files.arguments(), "--min-repair-confidence", "1.5")
    assert (run.code, "min_repair_confidence is 1.5" in run.err) == (2, True)


@pytest.mark.parametrize("command", ["refine", "locate"])
def test_where_the_artifact_was_erased_the_image_is_the_mask(artifix, files, pipeline, command):
    alpha = 255 - np.asarray(Image.open(files.mask))
    Image.fromarray(np.dstack([np.asarray(Image.open(files.image)), alpha])).save(files.image)
    arguments = [files.image, "--ref", files.reference, "--out", files.out, "--mask-from", "image-alpha"]
    run = artifix(command, *arguments)
    assert run.code == 0, run.err
    record = json.loads((files.out / "record.json").read_text())
    assert record["inputs"]["mask"] == record["inputs"]["image"]


def test_what_is_odd_about_a_mask_is_said(artifix, files):
    mask = np.asarray(Image.open(files.mask))
    Image.fromarray(np.dstack([mask, 0 * mask, 0 * mask])).save(files.mask)
    run = artifix("refine", *files.arguments())
    assert run.code == 0
    assert "mask.png: is painted in colour (255,0,0), which counts as white" in run.err
