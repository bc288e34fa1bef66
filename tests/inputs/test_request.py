"""Requests: where their files lie, what they contradict, and that making one is cheap."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from artifix.cli.options import as_option
from artifix.config import DECIDING, AlignmentConfig
from artifix.errors import InputError, UsageError
from artifix.inputs.places import Url, is_url, may_be_local, stem_of
from artifix.inputs.reading import read_inputs
from artifix.inputs.request import Request, check_request, localised

A, B, C = Path("a.png"), Path("b.png"), Path("c.png")


def test_making_a_request_loads_nothing_heavy():
    program = "import json, sys, artifix.inputs.request; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"numpy", "cv2", "PIL", "torch"} & set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "text",
    [
        "https://x.org/a.png",
        "s3://bucket/a b.png",
        "hf://datasets/a/b.png",
        "zip://a.png::https://x.org/b.zip",
    ],
)
def test_addresses_are_told_from_paths(text):
    assert is_url(text)


@pytest.mark.parametrize("text", ["a.png", "a/b://c", "C://a.png", "://a", "a:b", "http:/x", "", "::a://"])
def test_paths_are_no_addresses(text):
    assert not is_url(text)


@pytest.mark.parametrize(
    "text", ["file:///etc/passwd", "LOCAL://a", "simplecache::file:///a", "zip://a.png::/etc/b.zip"]
)
def test_addresses_that_may_lead_to_this_machine_are_known(text):
    assert is_url(text)
    assert may_be_local(text)
    assert not may_be_local("https://x.org/a.png")


def test_an_address_has_the_name_of_its_file():
    assert stem_of(Url("https://x.org/d/a.b.png?size=1/2#part")) == "a.b"
    assert stem_of(Path("d/a.b.png")) == "a.b"


def test_addresses_are_replaced_by_what_is_fetched_and_paths_stay():
    request = Request(Url("s3://a"), A, (B, Url("s3://c")), points=Url("s3://p"), fit_mask=True)
    assert request.places == (Url("s3://a"), A, B, Url("s3://c"), Url("s3://p"))
    there = localised(request, lambda url: Path("fetched"))
    folder = Path("fetched")
    assert there == Request(folder, A, (B, folder), points=folder, fit_mask=True)


def test_an_address_that_was_not_fetched_is_refused():
    with pytest.raises(InputError, match="s3://a: is a URL"):
        read_inputs(Request(Url("s3://a"), A, (B,)))


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"region": "0,0,1,1", "points": C}, "region and points both"),
        ({"region": "0,0,1,1", "alignment": C}, "region says"),
        ({"references": (A, B), "points": C}, "points is for one reference, but ref was given 2 times"),
    ],
)
def test_contradictions_are_refused(known, said):
    request = Request(**{"image": A, "mask": B, "references": (C,), **known})
    with pytest.raises(UsageError, match=said):
        check_request(request, AlignmentConfig(), set())


def test_contradictions_are_told_in_the_users_words():
    request = Request(A, B, (C,), points=C)
    with pytest.raises(UsageError, match="points gives a transform, which transform=False forbids") as caught:
        check_request(request, AlignmentConfig(transform=False), set())
    assert caught.value.told(as_option)[0] == "--points gives a transform, which --no-transform forbids"


def test_any_match_and_only_exact_ones_are_not_wanted_together():
    with pytest.raises(UsageError, match="force takes any match, and strict only"):
        check_request(Request(A, B, (C,)), AlignmentConfig(force=True, strict=True), set())


def test_what_says_which_match_is_good_enough_goes_with_a_stored_alignment():
    check_request(Request(A, B, (C,), alignment=A), AlignmentConfig(strict=True), {*DECIDING})
    with pytest.raises(UsageError, match="zoom says how to find the match"):
        check_request(Request(A, B, (C,), alignment=A), AlignmentConfig(), {"zoom"})


def test_points_leave_no_mirror_open():
    with pytest.raises(UsageError, match="points says how the part is seen, which allow_mirror leaves open"):
        check_request(Request(A, B, (C,), points=C), AlignmentConfig(allow_mirror=True), set())
