"""From cases and methods to the questions and pictures of a page."""

import io
import json
import re
from collections import Counter

import cv2
import numpy as np
import pytest
from PIL import Image

from artifix.errors import UsageError
from artifix.evaluation.study.config import StudyConfig, check_wanted
from artifix.evaluation.study.page import check_size, page_of
from artifix.evaluation.study.pictures import DESTROYED, INTACT, destroyed
from artifix.evaluation.study.texts import texts_of
from tests.evaluation.study.conftest import METHODS, SIZE


def decoded(picture):
    return np.array(Image.open(io.BytesIO(picture.data)))


def test_both_parts_ask_the_same_pairs_each_once(design):
    asked = {
        part: sorted(
            (q.case, tuple(sorted(q.methods.values())))
            for q in design.study.questions
            if q.part == part and not q.is_check
        )
        for part in ("realism", "fidelity")
    }
    assert asked["realism"] == asked["fidelity"]
    assert len(asked["realism"]) == len(set(asked["realism"])) == design.possible == 15


def test_a_reference_is_shown_in_the_second_part_only(design):
    for question in design.study.questions:
        reference = design.references[question.id]
        assert (reference != "") == (question.part == "fidelity")
        assert not reference or decoded(design.pictures[reference]).shape == (60, 40, 3)


def test_the_order_of_the_page_says_nothing_of_the_methods(sources):
    first = Counter()
    for seed in range(12):
        for question in sources.design(seed=seed, checks=0).study.questions:
            shown = list(question.methods.values())
            first[shown == sorted(shown, key=METHODS.index)] += 1
    assert 0.4 < first[True] / first.total() < 0.6


def test_checks_show_the_image_beside_itself_destroyed(design):
    checks = [q for q in design.study.questions if q.is_check]
    assert Counter(q.part for q in checks) == {"realism": 2, "fidelity": 2}
    for question in checks:
        assert sorted(question.methods.values()) == sorted((INTACT, DESTROYED))
        assert question.methods[question.right] == INTACT
        intact, spoiled = (
            decoded(design.pictures[name]).astype(float)
            for name in sorted(question.methods, key=question.methods.get, reverse=True)
        )
        assert np.abs(intact - spoiled).mean() > 20


def test_a_destroyed_picture_has_its_tiles_elsewhere_and_its_size():
    picture = cv2.resize(np.arange(64, dtype=np.uint8).reshape(8, 8), (83, 50), interpolation=0)
    spoiled = destroyed(np.dstack([picture] * 3), np.random.default_rng(0))
    assert spoiled.shape == (50, 83, 3)
    assert (spoiled > 150).mean() == pytest.approx(0.5, abs=0.02)
    assert destroyed(np.zeros((4, 40, 3), np.uint8), np.random.default_rng(0)).min() == 255


def test_the_same_arguments_make_the_same_page_and_another_seed_another(sources, design):
    texts = texts_of(None)
    again = sources.design(ties=True)
    assert page_of(again, texts) == page_of(design, texts)
    other = sources.design(ties=True, seed=1)
    assert other.study.id != design.study.id
    assert not set(other.pictures) & set(design.pictures)


def test_nothing_in_the_page_names_a_method_a_case_or_a_check(design, sources):
    page = page_of(design, texts_of(None)).decode("ascii")
    plain = re.sub(r'"data":"[^"]*"', "", page).lower()
    for name in (*METHODS, "secretcase", "destroyed", '"right"', "is_check", str(sources.cases)):
        assert name.lower() not in plain
    for picture in design.pictures.values():
        for name in (*METHODS, "secretcase"):
            assert name.encode() not in picture.data


def test_a_page_needs_nothing_but_itself(design):
    page = page_of(design, texts_of(None)).decode("ascii")
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert "http:" not in page
    assert "https:" not in page


def test_pictures_are_embedded_once_and_only_what_is_asked_about(sources):
    design = sources.design(questions=2, checks=0)
    shown = {name for q in design.study.questions for name in q.pictures}
    assert set(design.pictures) == shown | {name for name in design.references.values() if name}


def test_large_pictures_are_made_smaller_and_small_ones_are_not_enlarged(sources):
    sides = {max(decoded(p).shape) for p in sources.design(side=64).pictures.values()}
    assert sides == {64, 60}
    assert {max(p.width, p.height) for p in sources.design(side=4000).pictures.values()} == {64, 60}


def test_png_is_exact(sources):
    design = sources.design(coding="png")
    image = np.array(Image.open(sources.methods["SuperRepair"] / "secretcase0.png"))
    shown = [
        design.pictures[name]
        for q in design.study.questions
        for name, method in q.methods.items()
        if method == "SuperRepair" and q.case == "secretcase0"
    ]
    assert {picture.kind for picture in design.pictures.values()} == {"image/png"}
    np.testing.assert_array_equal(decoded(shown[0]), image)


def test_a_crop_shows_the_square_around_the_mask_and_the_whole_reference(sources):
    design = sources.design(crop=2.0, coding="png")
    question = next(q for q in design.study.questions if q.part == "fidelity" and not q.is_check)
    assert decoded(design.pictures[question.pictures[0]]).shape == (32, 32, 3)
    assert decoded(design.pictures[design.references[question.id]]).shape == (60, 40, 3)
    assert design.focus[question.id] == (0.5, 14 / 32)  # the mask is near the upper edge


def test_a_closer_look_begins_at_the_mask(design):
    for focus in design.focus.values():
        assert focus == pytest.approx((48 / SIZE[1], 14 / SIZE[0]))


def test_cases_of_which_two_methods_made_the_same_are_told(own_sources):
    made = (own_sources.methods["SuperRepair"] / "secretcase3.png").read_bytes()
    (own_sources.methods["OldInpainter"] / "secretcase3.png").write_bytes(made)
    assert own_sources.design().alike == ("secretcase3",)


def test_an_order_asks_about_all_methods_of_a_case_at_once(sources):
    study = sources.design(form="rank", checks=1).study
    asked = [q for q in study.questions if not q.is_check]
    assert len(asked) == 10
    assert all(sorted(q.methods.values()) == sorted(METHODS) for q in asked)


def test_more_checks_than_cases_are_refused(sources):
    with pytest.raises(UsageError, match="checks=6: there are only 5 cases"):
        sources.design(checks=6)


def test_a_page_that_is_too_large_is_refused_with_its_size(design):
    with pytest.raises(UsageError, match=r"would be 3 MB with its \d+ pictures, most_mb allows 2") as error:
        check_size(b"x" * 3_400_000, design, StudyConfig(most_mb=2))
    assert "most_mb=4" in error.value.hint
    check_size(b"x" * 2_000_000, design, StudyConfig(most_mb=2))


@pytest.mark.parametrize(
    ("wanted", "methods", "said"),
    [
        ({"questions": 0}, 2, "questions is 0"),
        ({"side": 32}, 2, "side is 32"),
        ({"crop": 0.5}, 2, "crop is 0.5"),
        ({}, 1, "a study compares methods, and 1 is given"),
        ({"form": "rank"}, 10, "9 at most"),
        ({"form": "rank", "ties": True}, 3, "an order has no ties"),
    ],
)
def test_settings_that_cannot_be_are_refused(wanted, methods, said):
    with pytest.raises(UsageError, match=said):
        check_wanted(StudyConfig(**wanted), methods)


def test_texts_may_be_replaced_one_by_one(tmp_path, design):
    path = tmp_path / "texts.toml"
    path.write_text('title = "Welches Bild?"\nconsent = "Ich stimme zu <b>&\\u00fc"\n', encoding="utf-8")
    texts = texts_of(path)
    assert texts["next"] == texts_of(None)["next"]
    page = page_of(design, texts).decode("ascii")
    assert "<title>Welches Bild?</title>" in page
    found = re.search(r'<script type="application/json" class="study">(.*?)</script>', page)
    assert json.loads(found[1])["texts"]["consent"] == "Ich stimme zu <b>&\u00fc"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('titel = "x"', "unknown text titel"),
        ("title = 3", "title is 3, not a text"),
        ('title = " "', "title is ' ', not a text"),
        ('progress = "{part} of {total}"', r"nothing fills in \{part\}"),
        ('progress = "{done"', "progress"),
    ],
)
def test_texts_that_cannot_be_shown_are_refused(tmp_path, text, said):
    path = tmp_path / "texts.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        texts_of(path)
