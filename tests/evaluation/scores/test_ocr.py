"""Whether the repaired part says what the reference says: edits on letters, and the letters read."""

import importlib.util
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from artifix.errors import InputError
from artifix.evaluation.scores import ocr, reading
from artifix.evaluation.scores.ocr import OcrScorer, edits_on, error_rate
from artifix.evaluation.scores.reading import Line, in_reading_order, normalised, read_lines

needs_reader = pytest.mark.skipif(
    importlib.util.find_spec("rapidocr") is None or importlib.util.find_spec("onnxruntime") is None,
    reason="needs artifix[ocr]",
)
FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


def line(letters, left=0.0, y=0.0, confidence=1.0, step=10.0):
    """Letters beside each other, `step` px apart."""
    places = [(left + step * i, y) for i in range(len(letters))]
    return Line(letters, np.array(places, np.float64).reshape(-1, 2), confidence, 12.0)


def targets(letters, pattern):
    """Which letters are capitals in `pattern`."""
    assert letters == pattern.lower()
    return np.array([letter.isupper() for letter in pattern])


@pytest.mark.parametrize(
    ("pattern", "text", "edits"),
    [
        ("MILK", "milk", 0),
        ("MILK", "freshmilkdaily", 0),  # what stands beside it is not the part's
        ("MILK", "mifk", 1),
        ("MILK", "mlk", 1),
        ("MILK", "", 4),
        ("MILK", "xyz", 4),
        ("MILK", "mixlk", 1),
        ("somMARmjolk", "sommarmjolk", 0),
        ("somMARmjolk", "somxxxmjolk", 3),
        ("somMARmjolk", "xxxmarmjolk", 0),  # wrong letters outside the part do not count
        ("abcDEFghi", "abcghi", 3),
        ("somMARmjolk", "sommaxxrmjolk", 2),
        ("abcDEFghi", "defabcghi", 3),
    ],
)
def test_edits_count_where_they_fall_on_the_part(pattern, text, edits):
    letters = pattern.lower()
    assert edits_on(letters, targets(letters, pattern), text) == edits


def test_the_rate_is_of_all_target_letters_of_all_lines():
    told = [(line("fresh"), np.ones(5, bool)), (line("milk"), targets("milk", "mILk"))]
    told.append((line("other"), np.zeros(5, bool)))
    assert error_rate(told, "freshmxxk") == 2 / 7
    assert error_rate(told, "freshmilk") == 0
    assert error_rate(told, "") == 1
    assert np.isnan(error_rate(told[2:], "other"))


def test_letters_count_without_case_accents_and_marks():
    assert normalised("Sommarmjölk, 1½ %!") == "sommarmjolk112"
    assert normalised("Straße") == "strasse"
    assert normalised("- .") == ""


def test_pieces_of_a_line_are_put_in_order_along_the_way_it_is_written():
    written = [line("yoghurt", 100, 3), line("vanilla", 40, 40), line("mild", 0, 0)]
    assert [one.letters for one in in_reading_order(written)] == ["mild", "yoghurt", "vanilla"]
    downwards = [
        Line(one.letters, np.column_stack([-one.places[:, 1], one.places[:, 0]]), 1.0, 12.0)
        for one in written
    ]
    assert [one.letters for one in in_reading_order(downwards)] == ["mild", "yoghurt", "vanilla"]


def test_letters_lie_in_a_mask_by_their_centres():
    mask = np.zeros((10, 40), bool)
    mask[:, 8:22] = True
    assert line("abcde", 0, 5).within(mask).tolist() == [False, True, True, False, False]
    assert not line("abc", -100, 5).within(mask).any()
    assert not line("abc", 10, 50).within(mask).any()


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_places_are_turned_back_with_the_picture(quarters):
    picture = np.zeros((5, 9), np.uint8)
    picture[1, 7] = 1
    row, column = np.argwhere(np.rot90(picture, quarters))[0]
    assert reading._upright(np.array([[column, row]]), quarters, picture.shape).tolist() == [[7, 1]]


@pytest.fixture
def told(monkeypatch):
    """told(picture, lines): what is read in each picture, by its size; nothing is really read."""
    known = {}

    def around(picture, mask):
        return known.get(picture.shape[:2], [])

    monkeypatch.setattr(ocr, "_read_around", around)
    monkeypatch.setattr(ocr, "read_lines", lambda picture: known.get(picture.shape[:2], []))
    monkeypatch.setattr(ocr, "require_reader", lambda: None)
    ocr._read_reference.cache_clear()
    yield lambda size, lines: known.update({size: lines})
    ocr._read_reference.cache_clear()


IMAGE, REFERENCE = (
    (100, 120),
    (120, 160),
)  # the mask is rows 30 to 70, columns 40 to 90; the region 20, 10 later


def test_lines_that_the_reader_is_not_sure_of_do_not_count(told, repaired):
    told(REFERENCE, [line("milk", 65, 50), line("smudge", 65, 60, confidence=0.6, step=5)])
    told(IMAGE, [line("milk", 45, 40)])
    assert OcrScorer().score(repaired())["cer"] == 0


def test_text_beside_the_mask_does_not_stand_for_the_part(told, repaired):
    told(REFERENCE, [line("milk", 65, 50)])
    told(IMAGE, [line("milk", 45, 5)])
    assert OcrScorer().score(repaired())["cer"] == 1


def test_a_reference_without_text_in_its_region_says_nothing(told, repaired):
    told(REFERENCE, [line("milk", 65, 5)])
    told(IMAGE, [line("milk", 45, 40)])
    assert np.isnan(OcrScorer().score(repaired())["cer"])


def test_without_a_region_what_is_read_is_looked_for_in_all_of_the_reference(told, repaired):
    told(REFERENCE, [line("fresh", 0, 5), line("milk", 0, 25), line("daily", 0, 90)])
    told(IMAGE, [line("mifk", 45, 40), line("other", 0, 5, step=5)])
    assert OcrScorer().score(repaired(region=None))["cer"] == 1 / 4


@pytest.mark.parametrize("empty", [IMAGE, REFERENCE])
def test_without_a_region_nothing_is_said_where_either_has_no_text(told, repaired, empty):
    told({IMAGE: REFERENCE, REFERENCE: IMAGE}[empty], [line("milk", 45, 40)])
    assert np.isnan(OcrScorer().score(repaired(region=None))["cer"])


def test_a_wheel_without_its_networks_is_refused_and_nothing_is_fetched(monkeypatch, tmp_path):
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    (tmp_path / "models").mkdir()
    monkeypatch.setattr(reading.importlib.util, "find_spec", lambda name: Spec())
    with pytest.raises(InputError, match=r"models: holds no network det") as refused:
        OcrScorer()
    assert "artifix[ocr]" in refused.value.hint


def written(text, turned=0):
    """A picture of a line of text, and the box of its third letter and those after."""
    picture = Image.new("RGB", (260, 90), (215, 220, 205))
    draw = ImageDraw.Draw(picture)
    draw.text((30, 28), text, (20, 30, 60), font=ImageFont.truetype(str(FONT), 30))
    mask = np.zeros((90, 260), bool)
    start = 30 + draw.textlength(text[:2], font=ImageFont.truetype(str(FONT), 30))
    mask[25:65, round(start) : 250] = True
    return np.ascontiguousarray(np.rot90(picture, turned)), np.ascontiguousarray(np.rot90(mask, turned))


@needs_reader
@pytest.mark.parametrize("turned", [0, 1, 2, 3])
def test_text_is_read_letter_by_letter_however_it_is_turned(turned):
    picture, mask = written("MARGINS", turned)
    lines = read_lines(picture)
    assert [one.letters for one in lines] == ["margins"]
    assert lines[0].within(mask).tolist() == [False, False, True, True, True, True, True]


@needs_reader
def test_wrong_letters_of_the_part_are_told_of_those_in_it(repaired):
    reference, mask = written("MARGINS")
    refined, _ = written("MARKIWS")
    scores = [
        OcrScorer().score(
            repaired(image=right, mask=mask, reference=reference, refined=right, region=mask, truth=None)
        )["cer"]
        for right in (reference, refined)
    ]
    assert scores == [0, 2 / 5]


@needs_reader
def test_nothing_is_fetched_and_nothing_is_logged(monkeypatch, capfd):
    import socket

    def refuse(*arguments):
        raise AssertionError("asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    reading._reader.cache_clear()
    assert read_lines(np.full((60, 60, 3), 200, np.uint8)) == []
    assert capfd.readouterr() == ("", "")
