import io
import itertools
import json
import tracemalloc
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes, urljoin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.outputs.picture_strip import MOST_BYTES
from artifix.outputs.report import ReportRow, write_report

HOSTILE = [
    "<script>window.broken = 1</script>",
    "</script><script>window.broken = 1</script>",
    "<!-- <script>",
    "\"><img src=x onerror='window.broken = 1'>",
    "]]> & &lt; &amp;",
    "$style $script ${rows} $$",
    "Größe 東京 \U0001f600",
    "lone \ud800 and \udcff",
    "\u202edcba\u2028\u2029\x00\x07\n",
    "\\u003c/script>",
    "",
]
any_text = st.text(st.characters(exclude_categories=()))


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, and the text in each kind of them."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self._open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        self.texts.append((self._open[-1] if self._open else "", data))

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def text(self, tag):
        return [data for name, data in self.texts if name == tag]

    def rows(self):
        return [json.loads(data) for data in self.text("script") if data.startswith("{")]


def row_of(name="row 1", **changes):
    fields = {"status": "done", "confidence": 0.5, "problem": "", "folder": name, "strip": b"\xff\xd8"}
    return ReportRow(**{"id": name, **fields, **changes})


def written(rows=(), title="A batch", facts=None):
    stream = io.BytesIO()
    write_report(stream, title, facts or {}, rows)
    return stream.getvalue()


def page_of(rows=(), title="A batch", facts=None):
    return Page(written(rows, title, facts).decode("ascii"))


def same_text(first, second):
    """Equal but for what decoders do with two halves of a surrogate pair in a row."""
    return first.encode("utf-16", "surrogatepass") == second.encode("utf-16", "surrogatepass")


def test_every_row_is_in_the_page_in_its_order():
    rows = [
        row_of("b", confidence=0.25, repair_confidence=0.125, placed="rough", note="soft"),
        row_of("a", status="failed", confidence=None, problem="no match"),
    ]
    first, second = page_of(rows).rows()
    assert first == {
        "id": "b",
        "status": "done",
        "confidence": 0.25,
        "repair_confidence": 0.125,
        "placed": "rough",
        "problem": "",
        "note": "soft",
        "link": "./b",
        "strip": "/9g=",
    }
    assert (second["id"], second["confidence"], second["problem"]) == ("a", None, "no match")


def test_a_row_without_a_picture_or_a_folder_has_neither():
    (row,) = page_of([row_of(folder="", strip=None)]).rows()
    assert (row["link"], row["strip"]) == ("", None)


def test_title_and_facts_are_on_the_page():
    page = page_of(title="Covers", facts={"Seed": "7", "Weights": "small"})
    assert page.text("title") == page.text("h1") == ["Covers"]
    assert (page.text("dt"), page.text("dd")) == (["Seed", "Weights"], ["7", "small"])


def test_a_batch_without_rows_has_a_page():
    assert page_of().rows() == []


def test_the_same_rows_give_the_same_bytes():
    assert written([row_of()], facts={"Seed": "7"}) == written([row_of()], facts={"Seed": "7"})


def test_the_page_holds_all_it_needs():
    page = page_of([row_of()])
    assert {name for name, _ in page.elements}.isdisjoint(
        {"iframe", "object", "embed", "base", "audio", "video"}
    )
    assert [attrs["href"] for attrs in page.all("link")] == ["data:,"]
    assert not any("src" in attrs for _, attrs in page.elements)
    text = written([row_of()])
    assert b"http:" not in text
    assert b"https:" not in text
    assert b"@import" not in text


def test_the_policy_allows_the_page_its_own_style_and_script_only():
    (policy,) = [a["content"] for a in page_of().all("meta") if a.get("http-equiv")]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_no_element_carries_a_handler_or_a_style_of_its_own():
    names = {name for _, attrs in page_of([row_of()]).elements for name in attrs}
    assert not {name for name in names if name.startswith("on") or name == "style"}


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_stays_text(text):
    calm = page_of([row_of()], "x", {"x": "x"})
    page = page_of(
        [row_of(text, problem=text, placed=text, note=text, status="failed", folder="x")], text, {text: text}
    )
    assert [name for name, _ in page.elements] == [name for name, _ in calm.elements]
    (row,) = page.rows()
    assert same_text(row["id"], text)
    assert same_text(row["problem"], text)


@settings(max_examples=100, deadline=None)
@given(text=any_text, folder=any_text)
def test_any_text_can_be_written(text, folder):
    (row,) = page_of([row_of(text, folder=folder)], text, {text: text}).rows()
    assert same_text(row["id"], text)
    if folder:
        assert urljoin("file:///there/report.html", f"{row['link']}/overview.png").startswith("file:///")


@pytest.mark.parametrize(
    ("folder", "link"),
    [
        ("rows/one", "./rows/one"),
        ("100 % #1?", "./100%20%25%20%231%3F"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//example.org/x", ".///example.org/x"),
        ("größe", "./gr%C3%B6%C3%9Fe"),
        ("a\\b", "./a%5Cb"),
        ("trailing/", "./trailing"),
    ],
)
def test_links_are_relative_and_percent_encoded(folder, link):
    (row,) = page_of([row_of(folder=folder)]).rows()
    assert row["link"] == link


def test_a_folder_whose_name_is_no_utf8_is_linked_by_its_bytes():
    (row,) = page_of([row_of(folder=b"caf\xe9".decode("utf-8", "surrogateescape"))]).rows()
    assert unquote_to_bytes(row["link"]) == b"./caf\xe9"


def test_rows_are_asked_for_one_by_one_and_written_at_once():
    stream = io.BytesIO()

    def rows():
        for number in range(5):
            if number:
                assert f'"id":"row-{number - 1}"'.encode() in stream.getvalue()
            assert f'"id":"row-{number}"'.encode() not in stream.getvalue()
            yield row_of(f"row-{number}")

    write_report(stream, "A batch", {}, rows())
    assert len(Page(stream.getvalue().decode()).rows()) == 5


def test_memory_does_not_grow_with_the_rows():
    class Nowhere(io.RawIOBase):
        def write(self, data):
            return len(data)

    strip = bytes(MOST_BYTES)
    write_report(Nowhere(), "warm", {}, [])
    tracemalloc.start()
    write_report(Nowhere(), "A batch", {}, (row_of(f"{k}", strip=strip) for k in range(1000)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


def test_two_thousand_rows_make_a_page_of_at_most_26_megabytes():
    strip = bytes(MOST_BYTES)
    rows = (row_of(f"photographs/cover-{k:04d}", strip=strip, confidence=k / 2000) for k in range(2000))
    assert len(written(rows)) < 26e6


def test_what_stops_the_rows_stops_the_report():
    def rows():
        yield row_of()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        written(rows())


def test_a_confidence_of_numpy_is_a_number_too():
    value = np.float32(0.25)
    (row,) = page_of([row_of(confidence=value, repair_confidence=value)]).rows()
    assert row["confidence"] == row["repair_confidence"] == 0.25


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_confidence_out_of_range_is_refused(confidence):
    with pytest.raises(ValueError, match="row 'row 1': confidence is"):
        row_of(confidence=confidence)
    with pytest.raises(ValueError, match="row 'row 1': repair_confidence is"):
        row_of(repair_confidence=confidence)


def test_an_unknown_status_is_refused():
    with pytest.raises(ValueError, match="'row 1': status is 'lost', not done or failed"):
        row_of(status="lost")


def test_all_parts_of_the_page_are_ascii_and_below_the_size_of_a_module():
    lengths = [len(line) for line in written().decode("ascii").splitlines()]
    assert len(lengths) < 600
    assert max(lengths) < 900


def test_blocks_of_rows_cannot_end_early():
    texts = itertools.chain(HOSTILE, ["</SCRIPT>", "</script/x>", "<!--<script>"])
    for block in written([row_of(text) for text in texts]).decode().split('class="case">')[1:]:
        assert "<" not in block.split("</script>")[0]
