"""Answers that raters sent, and what is wrong with some."""

import json

import pytest

from artifix.errors import InputError
from artifix.evaluation.study.answers import answer_files, read_answers, require_one_each
from artifix.evaluation.study.key import key_record, read_key
from artifix.evaluation.study.raters import raters_of, require_some
from tests.evaluation.study.conftest import drawn_study, saved_answers, write_answers

STUDY = drawn_study({("a", "b"): 4, ("b", "c"): 4}, parts=("realism", "fidelity"))


def by_name(question):
    return tuple(sorted(question.methods.values()))


@pytest.fixture
def given():
    return saved_answers(STUDY, "r1", by_name)


def read(folder, *answers, study=STUDY):
    paths = [write_answers(folder, one, f"{number}.json") for number, one in enumerate(answers)]
    return read_answers(paths, study)


def test_answers_are_read_back(tmp_path, given):
    (one,) = read(tmp_path, given)
    assert (one.rater, one.is_finished, one.total, one.seconds) == ("r1", True, 18, 27.0)
    question = next(q for q in STUDY.questions if not q.is_check)
    assert [question.methods[name] for name in one.choices[question.id]] == ["a", "b"]


def test_a_key_is_read_back(tmp_path):
    (tmp_path / "key.json").write_text(json.dumps(key_record(STUDY)))
    assert read_key(tmp_path / "key.json") == STUDY


def changed(given, **more):
    return given | more


def altered(given, place, **more):
    answers = [dict(one) for one in given["answers"]]
    answers[place] |= more
    return given | {"answers": answers}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda g: changed(g, study="other"), "answers the study other, the key is of 0123456789abcdef"),
        (lambda g: changed(g, kind="artifix study key"), "it is the key of a study"),
        (lambda g: changed(g, kind="shopping"), "it holds no answers of a study"),
        (lambda g: [g], "it holds no answers of a study"),
        (lambda g: changed(g, rater="Not An Id"), "the rater is 'Not An Id'"),
        (lambda g: changed(g, rater="r2"), "answer 1 is not to the question that this rater was asked there"),
        (lambda g: changed(g, rater=3), "damaged"),
        (lambda g: changed(g, answers=g["answers"] * 2), "36 answers to 18 questions"),
        (lambda g: changed(g, answers=7), "damaged"),
        (lambda g: {name: g[name] for name in g if name != "answers"}, "it tells no answers"),
        (lambda g: altered(g, 2, choice=[]), "answer 3 is no order of the pictures shown"),
        (lambda g: altered(g, 2, choice=["x", "y"]), "answer 3 is no order of the pictures shown"),
        (lambda g: altered(g, 2, choice=g["answers"][2]["shown"][:1]), "answer 3 is no order"),
        (lambda g: altered(g, 2, shown=g["answers"][2]["shown"][::-1]), "answer 3 is not to the question"),
        (lambda g: altered(g, 2, seconds=-1), "an answer took -1.0 s"),
        (lambda g: altered(g, 2, seconds="long"), "damaged"),
    ],
)
def test_files_that_are_no_answers_of_this_study_are_named_with_what_is_wrong(tmp_path, given, change, said):
    good = saved_answers(STUDY, "r9", by_name)
    with pytest.raises(InputError, match=r"1 file of 2 cannot be used:\n  .*1.json") as error:
        read(tmp_path, good, change(given))
    assert said in str(error.value)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"\x89PNG\r\n", b"[" * 200_000, b'{"kind": NaN}']
)
def test_garbled_files_are_told_and_never_a_crash(tmp_path, content):
    path = tmp_path / "garbled.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"garbled\.json"):
        read_answers([path], STUDY)
    with pytest.raises(InputError, match=r"garbled\.json"):
        read_key(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key | {"kind": "other"},
        lambda key: key | {"questions": []},
        lambda key: key | {"questions": [*key["questions"], key["questions"][0]]},
        lambda key: key | {"methods": ["a", "b"]},
        lambda key: key | {"form": "guess"},
        lambda key: {name: key[name] for name in key if name != "study"},
        lambda key: key | {"questions": [{**key["questions"][0], "part": "taste"}]},
        lambda key: key | {"questions": [{**key["questions"][0], "right": "nobody"}]},
    ],
)
def test_a_key_that_contradicts_itself_is_refused(tmp_path, change):
    (tmp_path / "key.json").write_text(json.dumps(change(key_record(STUDY))))
    with pytest.raises(InputError, match=r"key\.json: is (damaged|no key)"):
        read_key(tmp_path / "key.json")


def test_no_difference_is_an_answer_only_where_it_was_offered(tmp_path, given):
    tied = drawn_study({("a", "b"): 4, ("b", "c"): 4}, ties=True, parts=("realism", "fidelity"))
    (one,) = read(tmp_path, altered(given, 2, choice=[]), study=tied)
    assert list(one.choices.values())[2] == ()


def test_a_file_downloaded_twice_counts_once(tmp_path, given):
    kept, copies = require_one_each(read(tmp_path, given, given))
    assert [one.name for one in kept] == ["0.json"]
    assert [one.name for one in copies] == ["1.json"]
    raters = raters_of(STUDY, kept, copies, 0)
    assert [one.left_out for one in raters] == ["", "the same file twice"]


def test_two_different_files_of_one_rater_are_refused(tmp_path, given):
    other = altered(given, 0, choice=given["answers"][0]["choice"][::-1])
    with pytest.raises(InputError, match=r"1 rater answered twice, and not the same: r1 \(0.json, 1.json\)"):
        require_one_each(read(tmp_path, given, other))


def test_unfinished_answers_and_failed_checks_are_left_out_with_the_reason(tmp_path, given):
    unfinished = saved_answers(STUDY, "r2", by_name, count=5)
    careless = saved_answers(STUDY, "r3", by_name)
    checks = {q.id: q.right for q in STUDY.questions if q.is_check}
    for one in careless["answers"]:
        if one["question"] in checks:
            one["choice"] = one["choice"][::-1]
    found = read(tmp_path, given, unfinished, careless)
    raters = {one.rater: one.left_out for one in raters_of(STUDY, found, [], 0)}
    assert raters == {"r1": "", "r2": "unfinished: 5 of 18 answered", "r3": "failed 2 of 2 checks"}
    assert [one.left_out for one in raters_of(STUDY, found[2:], [], 2)] == [""]
    with pytest.raises(InputError, match="nobody's answers count: 1 failed, 1 unfinished"):
        require_some(raters_of(STUDY, found[1:], [], 0))


def test_folders_are_searched_and_the_key_is_no_answer(tmp_path, given):
    first = write_answers(tmp_path, given, "b.json")
    key = tmp_path / "key.json"
    key.write_text("{}")
    (tmp_path / "notes.txt").touch()
    assert answer_files([tmp_path, first, key], key) == [first]
    with pytest.raises(InputError, match="no answers"):
        answer_files([key], key)
    with pytest.raises(InputError, match="no such file"):
        answer_files([tmp_path / "none"], key)


def test_a_key_whose_questions_are_not_of_its_form_is_refused(tmp_path):
    (tmp_path / "key.json").write_text(json.dumps(key_record(STUDY) | {"form": "rank"}))
    with pytest.raises(InputError, match="shows 2 pictures, not 3"):
        read_key(tmp_path / "key.json")
