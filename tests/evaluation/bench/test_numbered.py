import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError, UsageError
from artifix.evaluation.bench.finding import Source, find_groups, manifest_of
from artifix.evaluation.bench.numbered import method_folders, read_numbered, tasks_of_numbers
from artifix.evaluation.manifest import read_manifest


@pytest.fixture
def numbered(tmp_path):
    """Groups 0, 2 and 10, in other formats and with leading zeros, and a folder of a method."""
    for folder in ("original/artifacts", "original/ref", "original/masks", "painter"):
        (tmp_path / folder).mkdir(parents=True)
    for number in (0, 2, 10):
        picture = np.random.default_rng(number).integers(0, 256, (40, 40, 3)).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / "original/artifacts" / f"{number}.png")
        Image.fromarray(255 - picture).save(tmp_path / "original/ref" / f"{number:03d}.jpg")
        mask = np.zeros((40, 40), np.uint8)
        mask[10:20, 10:20] = 255
        Image.fromarray(mask).save(tmp_path / "original/masks" / f"{number}.png")
        Image.fromarray(picture).save(tmp_path / "painter" / f"{number}.png")
    return tmp_path


def test_groups_are_found_in_the_order_of_their_numbers(numbered):
    groups = read_numbered(numbered, None, tasks_of_numbers(["try-on=2-9", "composition=10"]))
    assert [group.name for group in groups] == ["0", "2", "10"]
    assert [group.task for group in groups] == ["unnamed", "try-on", "composition"]
    assert groups[1].reference == numbered / "original/ref/002.jpg"
    assert method_folders(numbered) == ["painter"]


def test_masks_may_lie_elsewhere(numbered):
    (numbered / "original/masks").rename(numbered / "drawn")
    with pytest.raises(InputError, match="no mask for 3 groups: 0, 2, 10"):
        read_numbered(numbered, None, {})
    assert len(read_numbered(numbered, numbered / "drawn", {})) == 3


def test_every_group_without_its_reference_is_named(numbered):
    (numbered / "original/ref/002.jpg").unlink()
    with pytest.raises(InputError, match=r"original/ref: no reference for 1 group: 2"):
        read_numbered(numbered, None, {})


@pytest.mark.parametrize(
    ("name", "said"), [("a cat", "a cat named by no number"), ("002", r"2\.png and 002\.png may both")]
)
def test_what_has_no_number_of_its_own_is_refused(numbered, name, said):
    (numbered / "original/artifacts" / f"{name}.png").write_bytes(b"")
    with pytest.raises(InputError, match=said):
        read_numbered(numbered, None, {})


def test_a_folder_of_another_form_is_refused(tmp_path):
    (tmp_path / "original/artifacts").mkdir(parents=True)
    with pytest.raises(InputError, match="holds no picture that is named by a number"):
        read_numbered(tmp_path, None, {})


@pytest.mark.parametrize(
    ("written", "error", "said"),
    [
        (["try-on"], UsageError, "is no span of numbers"),
        (["try-on=5-2"], UsageError, "is no span of numbers"),
        (["try-on=0-5", "composition=5-9"], UsageError, "5 has a task already"),
        (["painting=0-5"], InputError, "unknown task painting"),
    ],
)
def test_spans_that_say_nothing_are_refused(written, error, said):
    with pytest.raises(error, match=said):
        tasks_of_numbers(written)


def test_the_manifest_of_a_layout_gives_the_same_groups(numbered):
    cases = find_groups(Source(numbered, "numbered", tasks=("try-on=0-5",)))
    (numbered / "groups.csv").write_text(manifest_of(cases, numbered))
    assert read_manifest(numbered / "groups.csv") == cases


@pytest.mark.parametrize(
    ("more", "said"),
    [({"layout": "lettered"}, "unknown layout lettered"), ({"tasks": ("try-on=1",)}, "task is of layout")],
)
def test_a_source_that_contradicts_itself_is_refused(numbered, more, said):
    with pytest.raises(UsageError, match=said):
        find_groups(Source(numbered, **more))
