"""What tests of several rooms share, and which tests run."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from artifix.cli.app import main


@dataclass(frozen=True)
class Run:
    """What a run of the command line left."""

    code: int
    out: str
    err: str


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runslow", action="store_true", help="run the tests marked slow too")
    parser.addoption("--gpu", action="store_true", help="run the tests marked gpu too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for marker, option in (("slow", "--runslow"), ("gpu", "--gpu")):
        if not config.getoption(option):
            for item in items:
                if marker in item.keywords:
                    item.add_marker(pytest.mark.skip(reason=f"needs {option}"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in ("CONFIG", "WEIGHTS", "DEVICE", "DTYPE", "SEED", "STEPS", "DEBUG"):
        monkeypatch.delenv(f"ARTIFIX_{name}", raising=False)


@pytest.fixture
def artifix(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run the command line in this process: artifix("refine", path, ...) -> Run."""

    def run(*arguments: object) -> Run:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return run
