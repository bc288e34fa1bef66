"""Manifests of a batch: the rows that are read, and every mistake that is told."""

import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from artifix.box import Box
from artifix.errors import ArtifixError, InputError
from artifix.inputs import ids
from artifix.inputs.cells import KINDS, OF_THE_RUN
from artifix.inputs.manifest import read_rows
from artifix.inputs.places import Url
from artifix.inputs.request import Request

HEAD = "image,mask,reference"
ROW = "a.png,m.png,r.png"


@pytest.fixture
def folder(tmp_path):
    """A folder with the files that the rows name; what is in them does not matter."""
    place = tmp_path / "batch"
    (place / "deep").mkdir(parents=True)
    for name in ("a.png", "b.png", "m.png", "r.png", "r2.png", "deep/a.png", "p.csv", "al.json", "a b.png"):
        (place / name).touch()
    (tmp_path / "outside.png").touch()
    return place


@pytest.fixture
def manifest(folder):
    """Write a manifest: manifest(line, ...) is its path."""

    def write(*lines, name="batch.csv"):
        path = folder / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


@pytest.fixture
def json_lines(manifest):
    def write(*objects):
        return manifest(*map(json.dumps, objects), name="batch.jsonl")

    return write


def told(path, **options):
    with pytest.raises(InputError) as caught:
        read_rows(path, **options)
    return caught.value.problem


def test_a_row_is_a_request_with_absolute_paths(manifest, folder, monkeypatch):
    manifest(HEAD, ROW)
    monkeypatch.chdir(folder.parent)
    (row,) = read_rows(Path("batch/batch.csv"))
    assert row.request == Request(folder / "a.png", folder / "m.png", (folder / "r.png",))
    assert (row.line, row.id, row.settings) == (2, "a", {})
    assert row.written == {"image": "a.png", "mask": "m.png", "reference": "r.png"}


def test_settings_have_the_types_of_their_fields(manifest):
    head = f"{HEAD},seed,guidance_scale,steps,contexts,zoom,layer,force,feather_px,timestep,matchers"
    (row,) = read_rows(manifest(head, f'{ROW},7,2,3,"1.8, 3",FALSE,up.1,yes,1e-1,,"xfeat, sift"'))
    assert row.settings == {
        "seed": 7, "guidance_scale": 2.0, "steps": 3, "contexts": (1.8, 3.0), "zoom": False, "layer": "up.1",
        "force": True, "feather_px": 0.1, "matchers": ("xfeat", "sift"),
    }  # fmt: skip
    assert isinstance(row.settings["guidance_scale"], float)
    assert row.written["contexts"] == "1.8, 3"
    assert "timestep" not in row.written


def test_files_are_read_as_the_row_says(manifest, folder):
    head = f"{HEAD},mask_from,invert_mask,fit_mask,image_crop,mask_crop,reference_crop,points"
    (row,) = read_rows(manifest(head, f'{ROW},alpha,true,0,"0,0,9,9","1, 1,8,8","2,2,5,5",p.csv'))
    crops = {"image": Box(0, 0, 9, 9), "mask": Box(1, 1, 8, 8), "reference": Box(2, 2, 5, 5)}
    assert row.request == Request(
        folder / "a.png", folder / "m.png", (folder / "r.png",), points=folder / "p.csv",
        mask_from="alpha", invert_mask=True, fit_mask=False, crops=crops,
    )  # fmt: skip


def test_a_region_stays_text(manifest):
    (row,) = read_rows(manifest(f"{HEAD},region", f'{ROW},"1,2,3,4"'))
    assert row.request.region == "1,2,3,4"


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("reference", "r.png;r2.png"),
        ("reference,reference", "r.png,r2.png"),
        ("reference,reference2", "r.png,r2.png"),
    ],
)
def test_several_references_may_be_given(manifest, folder, head, cells):
    (row,) = read_rows(manifest(f"image,mask,{head}", f"a.png,m.png,{cells}"))
    assert row.request.references == (folder / "r.png", folder / "r2.png")
    assert row.written["reference"] == "r.png;r2.png"


def test_json_lines_say_the_same(json_lines, manifest):
    (row,) = read_rows(
        json_lines(
            {
                "image": "a.png", "mask": "m.png", "reference": ["r.png", "r2.png"], "seed": 7,
                "zoom": False,
                "guidance_scale": 2, "contexts": [1.8, 3], "image_crop": [0, 0, 9, 9], "id": 12,
                "steps": None, "matchers": ["sift", "xfeat"],
            }
        )
    )  # fmt: skip
    head = "id,image,mask,reference,seed,zoom,guidance_scale,contexts,image_crop,matchers"
    (same,) = read_rows(
        manifest(head, '12,a.png,m.png,r.png;r2.png,7,false,2,"1.8,3","0,0,9,9","sift,xfeat"')
    )
    assert (row.id, row.request, row.settings, row.written) == (
        same.id,
        same.request,
        same.settings,
        same.written,
    )


def test_addresses_are_kept_and_not_looked_for(manifest):
    (row,) = read_rows(manifest(HEAD, "https://x.org/d/i.png?a=b,s3://b/m.png,r.png;hf://r.png"))
    assert row.request.image == "https://x.org/d/i.png?a=b"
    assert [isinstance(place, Url) for place in row.request.places] == [True, True, False, True]
    assert row.id == "i"


def test_ids_are_stems_and_folders_where_those_are_shared(manifest):
    rows = read_rows(
        manifest(
            f"id,{HEAD}", f",{ROW}", f"x,{ROW}", f",{ROW.replace('a.', 'deep/a.', 1)}", ",b.png,m.png,r.png"
        )
    )
    assert [row.id for row in rows] == ["a", "x", "deep-a", "b"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".a",
        "a/b",
        "a\\b",
        "a\x07",
        "a\0b",
        "a.",
        "a ",
        "CON",
        "nul",
        "com1.txt",
        "x" * 201,
        "é" * 101,
        "a:b",
        "\ud800",
    ],
)
def test_names_that_are_no_safe_folder_are_known_and_mended(name):
    assert ids.fault_of(name)
    assert not ids.fault_of(ids.safe(name))


@pytest.mark.parametrize("name", ["a", "a.b", "CONSOLE", "x" * 200, "日本", "a b", "-a", "a.nul"])
def test_other_names_are_safe_and_stay(name):
    assert not ids.fault_of(name)
    assert ids.safe(name) == name


def test_ids_that_some_disks_confuse_are_refused(manifest):
    head = f"id,{HEAD}"
    problem = told(
        manifest(head, f"Ä,{ROW}", f"a\u0308,{ROW}", f"b,{ROW}", f"b,{ROW}", f"..,{ROW}", f"CON,{ROW}")
    )
    assert problem.splitlines()[1:] == [
        "  line 3: id a\u0308: may on some disks be that of line 2, Ä",
        "  line 5: id b: is that of line 4, b",
        "  line 6: id ..: begins with a dot, so it cannot name a folder",
        "  line 7: id CON: is a name that Windows keeps for itself, so it cannot name a folder",
    ]


def test_all_mistakes_are_told_at_once_with_their_lines(manifest):
    path = manifest(
        f"{HEAD},steps,zoom,region,points,weights,guidance_scal",
        "a.png,none.png,r.png,0,,,,,",
        "",
        "a.png,,,,maybe,,,,",
        "a.png,m.png",
        'deep,m.png,r.png,,,"1,1,2,2",p.csv,,',
    )
    assert told(path) == "\n  ".join(
        [
            f"{path}: 10 mistakes:",
            "line 1: weights is of the whole run, not of a row: give it on the command line",
            "line 1: unknown column guidance_scal, is guidance_scale meant?",
            "line 2: steps is 0; give a number: 1 to 1000",
            "line 2: mask: none.png: no such file",
            "line 4: has no mask",
            "line 4: has no reference",
            "line 4: zoom: maybe is not true or false; mend the cell",
            "line 5: has no reference",
            "line 6: region and points both say where the part lies",
            "line 6: image: deep: is a folder",
        ]
    )


def test_a_mistake_is_told_at_once(manifest):
    path = manifest(HEAD, *["a.png,none.png,r.png"] * 100)
    program = (
        "import sys; from pathlib import Path; from artifix.inputs.manifest import read_rows\n"
        "try: read_rows(Path(sys.argv[1]))\n"
        "except Exception as error: print(error)\n"
        "assert not {'numpy', 'cv2', 'PIL', 'torch'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].endswith("100 mistakes:")
    assert done.stdout.splitlines()[-1] == "  and 50 more"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("image,mask", "no column reference"),
        (f"{HEAD},image", "column image is there 2 times"),
        (f"{HEAD},maskk", "unknown column maskk, is mask meant?"),
        ("image;reference", "no column mask"),
        (",,", "names no columns"),
        (",".join(["x"] * 1_000_000), "has 1000000 columns, 1000 at most"),
        *[(f"{HEAD},{name}", f"{name} is of the whole run") for name in OF_THE_RUN],
    ],
)  # fmt: skip
def test_wrong_columns_are_named(manifest, head, said):
    assert said in told(manifest(head))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("batch.csv", "", "line 1: names no columns"),
        ("batch.csv", "\ufeff", "line 1: names no columns"),
        ("batch.csv", f"{HEAD}\n", "has no rows"),
        ("batch.jsonl", "", "has no rows"),
        ("batch.jsonl", "\ufeff", "has no rows"),
        ("batch.ndjson", "\n", "line 1: is empty"),
    ],
)
def test_a_manifest_without_rows_is_refused(folder, name, text, said):
    (folder / name).write_text(text, encoding="utf-8")
    assert said in told(folder / name)


def test_plain_json_is_no_manifest(manifest):
    assert "neither CSV nor JSON lines" in told(manifest("[]", name="batch.json"))


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("seed", "1.5", "seed: 1.5 is not a whole number"),
        ("seed", "-1", "seed is -1; give a number: 0 to"),
        ("seed", "9" * 500, f"seed: {'9' * 80}... is not a whole number"),
        ("strength", "0", "strength is 0.0; give a number: above 0 to 1"),
        ("strength", "nan", "strength: nan is not a number"),
        ("guidance_scale", "1e9999", "guidance_scale is inf"),
        ("contexts", '"1.8,x"', "contexts: 1.8,x is not numbers with commas"),
        ("contexts", '"1.8,0.5"', "contexts is 0.5; give a number: 1 to 100"),
        ("mask_from", "red", "mask_from: red is not auto or alpha or luminance"),
        ("image_crop", '"5,5,5,9"', "image_crop: 5,5,5,9 is not x0,y0,x1,y1 in whole pixels"),
        ("region", "1", "region: 1 is not x0,y0,x1,y1"),
        ("alignment", "none.json", "alignment: none.json: no such file"),
    ],
)
def test_cells_that_say_nothing_are_refused(manifest, column, text, said):
    assert f"line 2: {said}" in told(manifest(f"{HEAD},{column}", f"{ROW},{text}"))


@pytest.mark.parametrize(
    ("columns", "cells", "said"),
    [
        (
            "region,alignment",
            '"1,1,2,2",al.json',
            "region says how to find the match, but alignment holds one",
        ),
        ("alignment,zoom", "al.json,false", "zoom says how to find the match, but alignment holds one"),
        ("points,transform", "p.csv,false", "points gives a transform, which transform false forbids"),
        ("reference2,points", "r2.png,p.csv", "points is for one reference, but reference was given 2 times"),
    ],
)
def test_hints_that_contradict_each_other_are_refused(manifest, columns, cells, said):
    assert f"line 2: {said}" in told(manifest(f"{HEAD},{columns}", f"{ROW},{cells}"))


def test_files_outside_are_refused_unless_they_are_allowed(manifest, folder):
    outside = folder.parent / "outside.png"
    (folder / "link.png").symlink_to(outside)
    (folder / "inner.png").symlink_to("a.png")
    (folder / "ring.png").symlink_to("ring.png")
    cells = [str(outside), "../outside.png", "link.png", "deep/../a.png", "inner.png"]
    path = manifest(HEAD, *[f"{cell},m.png,r.png" for cell in cells])
    reasons = [line.partition(": ")[2] for line in told(path).splitlines()[1:]]
    assert [reason.split(": ")[-1].partition(",")[0] for reason in reasons] == [
        "is an absolute path",
        "leads upwards",
        "is a link that leads out of the manifest's folder",
        "leads upwards",
    ]
    assert all("allow_outside" in reason for reason in reasons)
    assert [row.request.image.name for row in read_rows(path, allow_outside=True)][:2] == ["outside.png"] * 2
    assert "ring.png" in told(manifest(HEAD, "ring.png,m.png,r.png"))
    local = manifest(HEAD, "file:///etc/passwd,m.png,r.png")
    assert "may lead to files of this machine" in told(local)
    assert isinstance(read_rows(local, allow_outside=True)[0].request.image, Url)


def test_endless_paths_are_refused_before_they_are_looked_for(manifest):
    assert "is longer than any path" in told(manifest(HEAD, f"{'a/' * 50_000}a.png,m.png,r.png"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "is empty"),
        ("{}", "is empty"),
        ("[1]", "is no object"),
        ('{"image": 1', "is not JSON"),
        ('{"seed": NaN}', "NaN is no JSON"),
        ('{"seed": -Infinity}', "-Infinity is no JSON"),
        ('{"image": "a", "image": "b"}', "image is there twice"),
        ("[" * 200_000, "is nested too deeply"),
        ('{"seed": ' + "9" * 10_000 + "}", "4300"),
        ('{"seed": true}', "seed: True is not a whole number"),
        ('{"seed": "1"}', "seed: '1' is not a whole number"),
        ('{"zoom": 1}', "zoom: 1 is not true or false"),
        ('{"image": 1}', "image: 1 is not the path of a file"),
        ('{"reference": [["r.png"]]}', "reference: ['r.png'] is not paths of files"),
        ('{"reference": ["a;b.png"]}', "a semicolon separates files"),
        (
            '{"image": "a\\u0000", "mask": "m.png", "reference": "r.png"}',
            "image: holds a NUL or half a character",
        ),
        (
            '{"image": "a\\ud800", "mask": "m.png", "reference": "r.png"}',
            "image: holds a NUL or half a character",
        ),
        ('{"imag": 1}', "unknown column imag, is image meant?"),
        ('{"contexts": []}', "has no image"),
    ],
)
def test_json_that_is_no_row_is_refused_with_its_line(manifest, line, said):
    good = json.dumps({"image": "a.png", "mask": "m.png", "reference": "r.png"})
    problem = told(manifest(good, line, good.replace("a.png", "b.png"), name="batch.jsonl"))
    assert re.search(f"line 2: .*{re.escape(said)}", problem)
    assert "line 3" not in problem


ROW_OBJECT = '{"image": "a.png", "mask": "m.png", "reference": "r.png"}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"[{ROW_OBJECT}, {ROW_OBJECT}]", "is one array of JSON"),
        (f"[\n{ROW_OBJECT},\n{ROW_OBJECT}\n]", "is one array of JSON"),
        ('{\n "image": "a.png"\n}', "line 1: begins an object that goes on"),
        (f"{ROW_OBJECT},\n{ROW_OBJECT}", "line 1: ends with a comma"),
        (f"{HEAD}\n{ROW}", "line 1: names columns, as CSV does"),
    ],
)
def test_json_of_another_form_is_told_for_what_it_is(manifest, text, said):
    problem = told(manifest(text, name="batch.jsonl"))
    assert said in problem
    assert problem.count("\n") <= 1


def test_options_of_refine_are_columns():
    from typer.main import get_command

    from artifix.cli.app import app

    names = {parameter.name for parameter in get_command(app).commands["refine"].params}
    assert names - {"ref", "auto_mask", "help"} <= {*KINDS, *OF_THE_RUN}  # --auto-mask is of all rows


GOOD = {
    "csv": f"""id,{HEAD},reference2,seed,zoom,contexts,image_crop
x,{ROW},,7,true,"1.8,3","0,0,9,9"
y,{ROW},r2.png,,,,
""",
    "jsonl": """{"image": "a.png", "mask": "m.png", "reference": ["r.png", "r2.png"], "contexts": [1.8, 3]}
{"id": "y", "image": "b.png", "mask": "m.png", "reference": "r.png", "zoom": false, "seed": 7}
""",
}


def _mutated(text, dice):
    """`text` with a few pieces lost, doubled, moved or replaced by what hurts."""
    hurtful = [
        "\0",
        '"',
        "\n",
        "\r",
        ",",
        ";",
        "\ud800",
        "\ufeff",
        "../",
        "://",
        "9" * 400,
        "[" * 99,
        "NaN",
        "\\ud800",
        "\\u0000",
        "-",
        "é",
    ]
    for _ in range(dice.randint(1, 5)):
        start = dice.randrange(len(text) + 1)
        end = min(len(text), start + dice.choice((0, 1, 3, 20)))
        piece = dice.choice([dice.choice(hurtful), text[start:end] * 2, "", dice.choice("abc{}[]:1.") * 3])
        text = text[:start] + piece + text[end:]
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_whatever_is_written_only_our_own_errors_leave(folder, suffix):
    good = GOOD[suffix]
    path = folder / f"batch.{suffix}"
    path.write_text(good, encoding="utf-8")
    assert len(read_rows(path)) == 2
    dice, refused = random.Random(1), 0
    for _ in range(300):
        path.write_bytes(_mutated(good, dice))
        try:
            assert read_rows(path)
        except ArtifixError as error:
            refused += 1
            error.problem.encode()  # can be printed
    assert refused > 100


def test_many_wrong_rows_do_not_take_long(folder):
    path = folder / "batch.jsonl"
    path.write_text('{"imagee": "a", "maskk": "m"}\n' * 20_000)
    start_s = time.perf_counter()
    assert "and 99950 more" in told(path)
    assert time.perf_counter() - start_s < 10


def test_manifests_of_odd_kinds_are_refused(folder):
    for name in ("pipe.csv", "pipe.jsonl"):
        os.mkfifo(folder / name)
        assert "not a regular file" in told(folder / name)
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 9)
    assert "binary.csv: is not UTF-8" in told(folder / "binary.csv")
