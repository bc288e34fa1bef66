"""The catalogue says where public weights come from, and nothing in it becomes a path unchecked."""

import re

import pytest

from artifix.errors import WeightsError
from artifix.weights.catalogue import catalogue, entry_of, is_name, read_catalogue
from artifix.weights.sizes import in_gb

SHA256 = "0" * 64
GOOD = f"""
[one]
purpose = "p"
base = "b"
gated = false
memory_gb = 1
class = "Dinov2Model"

[[one.sources]]
repo = "owner/name"
commit = "{"a" * 40}"
licence = "MIT"
licence_url = "https://example.org"
files = [
  {{ path = "config.json", bytes = 3, sha256 = "{SHA256}" }},
  {{ path = "deep/model.safetensors", to = "model.safetensors" }},
]
"""


def test_every_entry_is_pinned_and_every_large_file_hashed():
    assert list(catalogue()) == [
        "klein-4b",
        "klein-base-4b",
        "sd15-ip",
        "sdxl-ip",
        "dinov2-small",
        "dinov2-base",
    ]
    for entry in catalogue().values():
        assert entry.licence
        assert entry.memory_gb > 0
        for source in entry.sources:
            assert re.fullmatch("[0-9a-f]{40}", source.commit)
            assert source.licence_url.startswith("https://")
            for file in source.files:
                if file.path.endswith(".safetensors"):
                    assert file.sha256 is not None
                    assert file.bytes is not None


def test_no_entry_pulls_a_checkpoint_twice_over():
    paths = {file.path for entry in catalogue().values() for s in entry.sources for file in s.files}
    assert not {path for path in paths if path.startswith("flux-2-klein")}


def test_an_entry_is_read_with_the_place_of_each_file(tmp_path):
    (tmp_path / "c.toml").write_text(GOOD)
    (entry,) = read_catalogue(tmp_path / "c.toml").values()
    first, second = entry.sources[0].files
    assert (first.path, first.to, first.bytes, first.sha256) == ("config.json", "config.json", 3, SHA256)
    assert (second.to, second.bytes, second.sha256) == ("model.safetensors", None, None)
    assert entry.bytes == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[one]", "[One]"),
        ("[one]", '["../one"]'),
        ('path = "config.json"', 'path = "../config.json"'),
        ('path = "config.json"', 'path = "/config.json"'),
        ('path = "config.json"', 'path = ".git/config.json"'),
        ('path = "config.json"', 'path = ""'),
        ('path = "config.json"', 'path = "a\\\\config.json"'),
        ('path = "config.json"', 'path = "model.bin"'),
        ('to = "model.safetensors"', 'to = "../model.safetensors"'),
        ('to = "model.safetensors"', 'to = "model.py"'),
        ('to = "model.safetensors"', 'to = "config.json"'),
        ("a" * 40, "main"),
        (SHA256, "12"),
        ('licence = "MIT"', ""),
        ("gated = false", ""),
        ("bytes = 3", "length = 3"),
    ],
)
def test_an_entry_that_is_none_is_refused(tmp_path, old, new):
    text = GOOD.replace(old, new)
    assert text != GOOD
    if old == "[one]":
        text = text.replace("[[one.", f"[[{new[1:-1]}.")
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(WeightsError, match=r"c.toml: is damaged"):
        read_catalogue(tmp_path / "c.toml")


@pytest.mark.parametrize(("asked", "near"), [("klein4b", "klein-4b"), ("DINOv2-base", "dinov2-base")])
def test_a_slip_in_a_name_is_answered_with_the_name(asked, near):
    with pytest.raises(WeightsError) as caught:
        entry_of(asked)
    assert f"did you mean {near}" in caught.value.hint


def test_a_name_like_no_other_is_answered_with_all():
    with pytest.raises(WeightsError) as caught:
        entry_of("zzzzzz")
    assert "known are: klein-4b, klein-base-4b" in caught.value.hint


@pytest.mark.parametrize("name", ["klein-4b", "a", "0.9"])
def test_names_are_of_lower_case_letters_digits_points_and_hyphens(name):
    assert is_name(name)


@pytest.mark.parametrize("name", ["", ".a", "-a", "..", "a/b", "a\\b", "A", "a b", "a\n", "ä"])
def test_what_could_be_a_path_an_option_or_hidden_is_no_name(name):
    assert not is_name(name)


@pytest.mark.parametrize(
    ("length", "said"),
    [(15_980_141_329, "16.0 GB"), (346_345_912, "346 MB"), (9_584, "10 kB"), (40, "40 bytes")],
)
def test_lengths_are_said_in_the_unit_that_suits_them(length, said):
    assert in_gb(length) == said
