"""Where the long checks lie; here each runs for a moment."""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

TORTURE = Path(__file__).parents[2] / "benchmarks" / "torture"


@pytest.fixture
def long_check(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Load one of the scripts by name; nothing of it stays behind."""
    monkeypatch.syspath_prepend(str(TORTURE))
    before = set(sys.modules)
    yield importlib.import_module
    logging.disable(logging.NOTSET)
    ours = {path.stem for path in TORTURE.glob("*.py")}
    for name in (set(sys.modules) - before) & ours:
        del sys.modules[name]
