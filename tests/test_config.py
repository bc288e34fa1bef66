"""Settings: from TOML, changed by name, held to their types and limits."""

import math
import os
from collections.abc import Sequence
from dataclasses import fields
from typing import get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifix.config import (
    SECTIONS,
    SETTINGS,
    CommandConfig,
    RefineConfig,
    Settings,
    load_config,
    override,
)
from artifix.config_sections import from_dict, read_toml, settings_of, to_dict
from artifix.errors import InputError, UsageError
from artifix.evaluation.config import AblationConfig


def test_a_config_survives_the_way_to_plain_values_and_back():
    config = override(CommandConfig(), steps=9, layer="mid_block.attentions.0", contexts=[2.0, 3.5])
    assert from_dict(CommandConfig, to_dict(config), "record") == config


def test_override_finds_the_section_of_a_setting():
    config = override(RefineConfig(), steps=9, zoom=False, seed=4)
    assert (config.refinement.steps, config.alignment.zoom, config.seed) == (9, False, 4)


def test_override_keeps_what_is_not_named():
    assert override(RefineConfig()) == RefineConfig()


def test_no_two_sections_share_a_name():
    config = CommandConfig()
    names = [f.name for section in (config.alignment, config.refinement, config.run) for f in fields(section)]
    assert len(names) == len(set(names))


def test_every_field_is_declared_and_its_limits_hold_its_default():
    assert {f.name for section in SECTIONS for f in fields(section)} | {"seed"} == SETTINGS.keys()
    for name, known in (SETTINGS | settings_of(AblationConfig)).items():
        for value in known.default if isinstance(known.default, tuple) else (known.default,):
            assert value is None or known.limits is None or known.limits.hold(value), name


def test_keywords_are_the_settings_with_their_types():
    of_files = {"format", "quality"}
    assert get_type_hints(Settings).keys() == SETTINGS.keys() - of_files
    hints = {name: hint for kind in (*SECTIONS, RefineConfig) for name, hint in get_type_hints(kind).items()}
    for name, hint in get_type_hints(Settings).items():
        is_list = get_origin(hints[name]) is tuple
        assert hint == (Sequence[get_args(hints[name])[0]] if is_list else hints[name]), name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 4.5),
        ("steps", True),
        ("steps", "4"),
        ("zoom", 1),
        ("layer", 3),
        ("contexts", 2.0),
        ("device", None),
    ],
)
def test_a_value_of_another_type_is_refused(name, value):
    with pytest.raises(UsageError, match=f"{name} is .*expected"):
        override(CommandConfig(), **{name: value})


def test_whole_numbers_may_stand_for_floats():
    assert override(RefineConfig(), guidance_scale=2).refinement.guidance_scale == 2.0


def test_an_unknown_name_is_refused_and_the_known_ones_told():
    with pytest.raises(UsageError, match="unknown setting stepz") as caught:
        override(RefineConfig(), stepz=3)
    assert "steps" in caught.value.hint


def test_an_unknown_key_in_a_section_names_file_and_section():
    with pytest.raises(UsageError, match="a.toml: alignment: unknown setting zom"):
        from_dict(CommandConfig, {"alignment": {"zom": True}}, "a.toml")


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_limits_let_through_exactly_the_numbers_they_name(value):
    allowed = math.isfinite(value) and 0 < value <= 1
    if allowed:
        assert override(RefineConfig(), strength=value).refinement.strength == value
    else:
        with pytest.raises(UsageError):
            override(RefineConfig(), strength=value)


def test_a_list_is_held_to_its_limits_one_by_one():
    with pytest.raises(UsageError, match="contexts is 0.5"):
        override(RefineConfig(), contexts=(2.0, 0.5))
    with pytest.raises(UsageError, match="contexts is empty"):
        override(RefineConfig(), contexts=())


def test_a_file_and_overrides_are_laid_over_the_defaults(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("[refinement]\nsteps = 6\ncandidates = 2\n")
    config = load_config(path, {"steps": 7, "seed": None})
    assert (config.refinement.steps, config.refinement.candidates, config.seed) == (7, 2, 0)


@pytest.mark.parametrize("content", [b"seed = = 3", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_refused(tmp_path, content):
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not TOML"):
        read_toml(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_toml(tmp_path / "none.toml")


def test_a_file_that_is_nested_too_deeply_is_refused(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("x = " + "[" * 5000)
    with pytest.raises(InputError, match="is not TOML"):
        load_config(path, {})


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        (["orb"], "matchers: 'orb' is no matcher"),
        (["sift", ""], "matchers: '' is no matcher"),
        (["SIFT"], "matchers: 'SIFT' is no matcher"),
        (["sift=DIR"], "matchers: sift=DIR takes no folder"),
        (["xfeat="], "matchers: xfeat= takes no folder"),
        (["efficientloftr"], "matchers: efficientloftr has no folder"),
        (["efficientloftr="], "matchers: efficientloftr= has no folder"),
        (["sift", "xfeat", "sift"], "matchers: sift is there 2 times"),
        (["efficientloftr=a", "efficientloftr=b"], "matchers: efficientloftr is there 2 times"),
        (["dinov2"], "matchers: dinov2 has no folder"),
    ],
)
def test_matchers_that_are_none_are_refused_and_the_known_ones_told(entries, problem):
    with pytest.raises(UsageError, match=f"^{problem}$") as caught:
        override(CommandConfig(), matchers=entries)
    assert "sift, xfeat, attention, efficientloftr=DIR, dinov2=DIR" in caught.value.hint


def test_matchers_may_be_chosen_but_not_left_out():
    chosen = ("attention", "efficientloftr=some/where,else=1", "sift")
    assert override(CommandConfig(), matchers=chosen).alignment.matchers == chosen
    with pytest.raises(UsageError, match="matchers is empty"):
        override(CommandConfig(), matchers=())


def test_unknown_matchers_of_a_file_are_refused_with_its_name(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('[alignment]\nmatchers = ["sift", "surf"]\n')
    with pytest.raises(UsageError, match=r"a.toml: matchers: 'surf' is no matcher"):
        load_config(path, {})


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match="is not a regular file"):
        read_toml(tmp_path / "pipe.toml")
