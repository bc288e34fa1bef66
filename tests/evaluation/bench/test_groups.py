import json

import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.evaluation.bench.finding import Source, find_groups
from artifix.evaluation.bench.groups import named_for_folders, read_groups, tasks_of
from artifix.evaluation.cases import TASKS
from artifix.evaluation.manifest import find_cases


def silent(stage, done, total):
    """Tell nobody."""


def test_tasks_are_the_folders_around_cases(drawn_set):
    folder = drawn_set(2, "set/try-on").parent
    (folder / "try-on" / "case-1").rename(folder / "plain")
    groups = read_groups(find_groups(Source(folder)), None, False, silent)
    assert {group.name: group.files.task for group in groups} == {"plain": "unnamed", "case-0": "try-on"}
    assert tasks_of(groups) == ["try-on", "unnamed"]


def test_tasks_may_be_told_by_the_index(drawn_set):
    folder = drawn_set(1)
    (folder / "index.json").write_text(json.dumps([{"case": "case-0", "task": "composition"}]))
    assert find_groups(Source(folder))[0].task == "composition"
    (folder / "index.json").write_text(json.dumps([{"case": "case-0", "task": "cooking"}]))
    with pytest.raises(InputError, match="case-0: unknown task cooking") as caught:
        find_groups(Source(folder))
    assert all(task in caught.value.hint for task in TASKS)


def test_a_folder_named_after_no_task_is_refused(drawn_set):
    folder = drawn_set(1, "set/swimming").parent
    with pytest.raises(InputError, match="unknown task swimming") as caught:
        find_groups(Source(folder))
    assert "view-synthesis" in caught.value.hint


def test_an_unknown_task_in_a_manifest_is_told_with_its_line(drawn_set):
    folder = drawn_set(1)
    row = "case-0/image.png,case-0/mask.png,case-0/reference.png"
    (folder / "cases.csv").write_text(f"image,mask,reference,task\n{row},try-on\n{row},cooking\n")
    with pytest.raises(InputError, match="line 3: task: cooking is unknown; tasks are: customization"):
        find_groups(Source(folder / "cases.csv"))


def test_rows_are_named_as_they_say_or_by_their_image(drawn_set):
    folder = drawn_set(2)
    rows = [f"case-{i}/image.png,case-{i}/mask.png,case-{i}/reference.png,case-{i}/truth.png" for i in (0, 1)]
    (folder / "cases.csv").write_text(f"image,mask,reference,truth,name\n{rows[0]},\n{rows[1]},mug\n")
    cases = find_groups(Source(folder / "cases.csv"))
    assert [case.name for case in cases] == ["image", "mug"]
    assert cases[1].truth == folder / "case-1/truth.png"


def test_names_become_those_of_folders(drawn_set):
    folder = drawn_set(2)
    rows = [f"case-{i}/image.png,case-{i}/mask.png,case-{i}/reference.png" for i in (0, 1)]
    (folder / "cases.csv").write_text("\n".join(["image,mask,reference", *rows]))
    cases = find_groups(Source(folder / "cases.csv"))
    assert [case.name for case in cases] == ["case-0-image", "case-1-image"]


@pytest.mark.parametrize("kind", ["truth", "image"])
def test_a_truth_or_an_image_without_a_mask_is_refused(drawn_set, kind):
    folder = drawn_set(2)
    for path in (folder / "case-1").iterdir():
        if path.stem != kind:
            path.unlink()
    with pytest.raises(InputError, match=r"1 case without mask\.png: case-1"):
        find_groups(Source(folder))


def test_a_truth_of_another_size_is_refused(drawn_set):
    folder = drawn_set(1)
    Image.new("RGB", (30, 20)).save(folder / "case-0/truth.png")
    with pytest.raises(InputError, match=r"truth\.png: is 30x20 px but the image is 180x160 px"):
        read_groups(find_cases(folder), None, False, silent)


def test_a_missing_file_is_named_with_its_case(drawn_set):
    folder = drawn_set(2)
    (folder / "case-1/reference.png").unlink()
    with pytest.raises(InputError, match="case-1: has no reference"):
        read_groups(find_cases(folder), None, False, silent)


def grey(folder):
    mask = np.asarray(Image.open(folder / "case-1/mask.png")).copy()
    mask[50:60, 60:120] = 200
    mask[60:65, 60:120] = 90
    Image.fromarray(mask).save(folder / "case-1/mask.png")


def test_masks_that_are_not_binary_are_refused_with_how_grey_they_are(drawn_set):
    folder = drawn_set(2)
    grey(folder)
    with pytest.raises(InputError, match=r"1 mask not binary: .*case-1/mask\.png \(37\.5% of it grey\)"):
        read_groups(find_cases(folder), None, False, silent)


def test_masks_are_cut_at_half_where_that_is_asked_for(drawn_set, tmp_path):
    folder = drawn_set(2)
    grey(folder)
    groups = read_groups(named_for_folders(find_cases(folder)), tmp_path / "run", True, silent)
    assert groups[0].files.mask == folder / "case-0/mask.png"
    cut = np.asarray(Image.open(groups[1].files.mask))
    assert groups[1].files.mask == tmp_path / "run/masks/case-1.png"
    assert set(np.unique(cut)) == {0, 255}
    assert (cut > 0).sum() == 35 * 60
