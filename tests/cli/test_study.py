"""`artifix study`: from pictures to a page, and from answers to figures."""

import importlib.util
import json

import pytest

from artifix.evaluation.study.key import read_key
from tests.evaluation.study.conftest import METHODS, saved_answers, write_answers, write_sources


@pytest.fixture
def sources(tmp_path, scene):
    return write_sources(tmp_path / "sources", scene, 3)


@pytest.fixture
def build(artifix, sources, tmp_path):
    """Run the command: build(option, ...), results in build.out."""

    def run(*more, named=None):
        methods = [part for one in named or sources.named for part in ("--method", one)]
        return artifix("study", "build", sources.cases, *methods, "--out", run.out, *more)

    run.out = tmp_path / "built"
    return run


@pytest.fixture
def sent(build, tmp_path):
    """A folder of the answers of two raters, the second of whom likes what the first does not."""
    assert build().code == 0
    study = read_key(build.out / "key.json")
    folder = tmp_path / "sent"
    folder.mkdir()
    for rater, way in (("anna", 1), ("bert", -1)):
        choose = lambda q, way=way: tuple(sorted(q.methods.values(), key=METHODS.index)[::way])  # noqa: E731
        write_answers(folder, saved_answers(study, rater, choose))
    return folder


@pytest.fixture
def score(artifix, build, tmp_path):
    def run(*given):
        return artifix("study", "score", *given, "--key", build.out / "key.json", "--out", run.out)

    run.out = tmp_path / "scores"
    return run


def test_a_study_is_a_page_a_key_and_a_record(build):
    run = build("--seed", "3")
    assert run.code == 0, run.err
    assert {path.name for path in build.out.iterdir()} == {"study.html", "key.json", "record.json"}
    size = (build.out / "study.html").stat().st_size / 1e6
    assert f"asks 11 realism + 11 fidelity questions with 16 pictures, {size:.1f} MB" in run.out
    assert "keep key.json to yourself" in run.out
    assert "asks all 9 questions that there are in each part" in run.err
    record = json.loads((build.out / "record.json").read_text())
    assert record["settings"]["seed"] == 3
    assert list(record["methods"]) == sorted(METHODS)


def test_fewer_questions_than_there_are_are_told(build):
    assert "asks 4 of 9 possible questions in each part" in build("--questions", "4").err


def test_the_record_is_told_as_json(build):
    record = json.loads(build("--json", "--quiet").out)
    assert record["files"] == ["key.json", "record.json", "study.html"]
    assert record["page_bytes"] == (build.out / "study.html").stat().st_size


@pytest.mark.parametrize(
    ("more", "named", "code", "said"),
    [
        (["--form", "guess"], None, 2, "guess"),
        (["--questions", "0"], None, 2, "questions is 0"),
        (["--checks", "4"], None, 2, "--checks 4: there are only 3 cases"),
        (["--form", "rank", "--ties"], None, 2, "--ties with --form rank: an order has no ties"),
        (["--texts", "none.toml"], None, 3, "none.toml"),
        ([], ["a"], 2, "a study compares methods, and 1 is given"),
        ([], ["a", "b=c"], 2, "--method a: is not NAME=FOLDER"),
        ([], ["a=none", "b=none2"], 3, "method a: none: no such folder"),
    ],
)
def test_what_cannot_be_built_is_refused(build, more, named, code, said):
    run = build(*more, named=named)
    assert (run.code, run.out) == (code, "")
    assert said in run.err
    assert not build.out.exists()


def test_a_page_over_the_limit_is_not_written(build, monkeypatch):
    monkeypatch.setattr("artifix.evaluation.study.page.page_of", lambda design, texts: b"x" * 3_000_000)
    run = build("--most-mb", "2")
    assert run.code == 2
    assert "the page would be 3 MB" in run.err
    assert "or allow --most-mb 4" in run.err
    assert not build.out.exists()


def test_an_earlier_study_is_replaced_only_if_asked(build):
    assert build().code == 0
    assert build("--seed", "1").code == 7
    assert build("--seed", "1", "--overwrite").code == 0


def test_inputs_are_not_replaced(artifix, sources):
    out = sources.methods["PlainPaste"]
    methods = [part for one in sources.named for part in ("-m", one)]
    run = artifix("study", "build", sources.cases, *methods, "--out", out, "--overwrite")
    assert run.code == 7
    assert "which would be lost" in run.err


def test_a_manifest_of_cases_serves_as_well(artifix, build, sources, tmp_path):
    lines = ["image,mask,reference"]
    for case in sorted(sources.cases.iterdir()):
        made = sources.methods["PlainPaste"] / case.name / "refined.png"
        for folder in sources.methods.values():
            (folder / "cases" / case.name).mkdir(parents=True)
            (folder / "cases" / case.name / "image.png").write_bytes(made.read_bytes())
        lines.append(",".join(f"cases/{case.name}/{kind}.png" for kind in ("image", "mask", "reference")))
    manifest = sources.cases.parent / "cases.csv"
    manifest.write_text("\n".join(lines))
    methods = [part for one in sources.named for part in ("--method", one)]
    run = artifix("study", "build", manifest, *methods, "--out", build.out)
    assert run.code == 0, run.err
    assert "two methods made the same picture of cases/secretcase0/image" in run.err


def test_answers_become_tables_and_a_chart(score, sent):
    run = score(sent)
    assert run.code == 0, run.err
    assert {path.name for path in score.out.iterdir()} == {
        "methods.csv",
        "pairs.csv",
        "raters.csv",
        "record.json",
        "scores.md",
        "scores.png",
        "scores.tex",
    }
    assert "2 raters; realism: SuperRepair first, preferred in 50.0%" in run.out
    record = json.loads((score.out / "record.json").read_text())
    assert [one["strength"] for one in record["parts"][0]["methods"]] == pytest.approx([0, 0, 0], abs=1e-9)
    assert record["parts"][0]["kappa"] == -1


def test_who_is_left_out_is_told_and_listed(score, sent, build):
    study = read_key(build.out / "key.json")
    choose = lambda q: tuple(q.methods.values())  # noqa: E731
    write_answers(sent, saved_answers(study, "carl", choose, count=3))
    run = score(sent)
    assert run.code == 0
    assert "left out: carl (answers-carl.json): unfinished: 3 of 22 answered" in run.err
    assert "2 raters of 3 files of answers" in (score.out / "scores.md").read_text()
    assert "unfinished: 3 of 22 answered" in (score.out / "raters.csv").read_text()


def test_a_damaged_file_stops_the_scoring(score, sent):
    (sent / "broken.json").write_text('{"kind": ')
    run = score(sent)
    assert run.code == 3
    assert "1 file of 3 cannot be used:" in run.err
    assert "broken.json: is damaged" in run.err
    assert not score.out.exists()


def test_answers_of_another_study_are_refused(score, sent, build):
    assert build("--seed", "9", "--overwrite").code == 0
    run = score(sent)
    assert run.code == 3
    assert "the key is of" in run.err


@pytest.mark.parametrize("level", ["0.5", "1", "nan"])
def test_a_level_that_no_interval_has_is_refused(artifix, sent, build, tmp_path, level):
    key, out = build.out / "key.json", tmp_path / "scores"
    run = artifix("study", "score", sent, "--key", key, "--out", out, "--level", level)
    assert run.code == 2
    assert "--level" in run.err


def test_scoring_without_matplotlib_is_told_with_its_remedy(score, sent, monkeypatch):
    whole = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "matplotlib" else whole(name)
    )
    run = score(sent)
    assert run.code == 2
    assert 'pip install "artifix[eval]"' in run.err
