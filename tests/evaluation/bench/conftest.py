"""Drawn cases, read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from artifix.evaluation.bench.groups import Group, named_for_folders, read_groups
from artifix.evaluation.manifest import find_cases


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


@pytest.fixture
def groups(drawn_set: Callable[..., Path]) -> list[Group]:
    """Three of them, read."""
    return read_groups(named_for_folders(find_cases(drawn_set())), None, False, silent)
