"""docs/training.md: what it shows is what there is."""

import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from artifix.config_sections import from_dict
from artifix.training.config import TrainingConfig
from artifix.training.recipes import recipe_names

GUIDE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")


def settings():
    config = TrainingConfig(1, ())
    sections = {f.name: getattr(config, f.name) for f in fields(config)}
    return {f"{name}.{f.name}" for name, part in sections.items() if is_dataclass(part) for f in fields(part)}


def test_the_recipe_shown_is_one():
    shown = GUIDE.split("```toml\n")[1].split("```")[0]
    config = from_dict(TrainingConfig, tomllib.loads(shown), "guide")
    assert sum(phase.share for phase in config.phases) == pytest.approx(1)


def test_every_setting_named_is_one():
    words = {word.strip(":`'\",.;()").split("=")[0] for word in GUIDE.split()}
    sections = {name.split(".")[0] for name in settings()}
    named = {w for w in words if w.count(".") == 1 and w.split(".")[0] in sections}
    assert len(named) > 10
    assert named <= settings()


def test_every_recipe_is_told():
    assert all(f"| `{name}`" in GUIDE for name in recipe_names())
