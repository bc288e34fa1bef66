"""What tests of several rooms share, and which tests run."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from artifix.cli.app import main
from artifix.network.assembly import Network, NetworkConfig, build_network


@dataclass(frozen=True)
class Run:
    """What a run of the command line left."""

    code: int
    out: str
    err: str


def pytest_configure() -> None:
    """Share the cores between pytest-xdist's workers: threads that wait for each other starve."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    torch.set_num_threads(max(torch.get_num_threads() // workers, 1))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runslow", action="store_true", help="run the tests marked slow too")
    parser.addoption("--gpu", action="store_true", help="run the tests marked gpu too")
    parser.addoption("--browser", action="store_true", help="run the tests marked browser too")
    parser.addoption("--remote", action="store_true", help="run the tests marked remote too")
    parser.addoption("--ray", action="store_true", help="run the tests marked ray too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for marker in ("slow", "gpu", "browser", "ray", "remote"):
        option = "--runslow" if marker == "slow" else f"--{marker}"
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


@pytest.fixture(scope="session")
def tiny_network() -> Network:
    """An untrained network of the real classes, as training starts with it: its output layer is zero."""
    torch.manual_seed(0)
    config = NetworkConfig(
        working_size_px=32,
        unet_widths=(32, 32, 32),
        attention_heads=2,
        cross_attention_width=32,
        norm_groups=8,
        encoder_width=32,
        encoder_layers=1,
        encoder_heads=2,
        detail_widths=(8, 8, 8, 8, 8),
        detail_norm_groups=4,
    )
    return build_network(config)


@pytest.fixture(scope="session")
def tiny_weights(tiny_network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of random weights of the real classes, beside an index of its files."""
    from artifix.network.weights import write_index
    from artifix.training.export import export_weights

    folder = tmp_path_factory.mktemp("weights") / "tiny"
    export_weights(tiny_network, folder, layer="up_blocks.1.attentions.0")
    write_index(folder.parent)
    return folder


@pytest.fixture(scope="session")
def scene() -> Callable[..., np.ndarray]:
    """Draw a picture with corners and soft edges: scene(height, width, seed) is (height, width, 3) uint8."""

    def draw(height: int = 160, width: int = 180, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        picture = np.full((height, width, 3), 128, np.uint8)
        for _ in range(height * width // 200):
            x, y, w, h = rng.integers(0, width), rng.integers(0, height), *rng.integers(4, 20, 2)
            picture[y : y + h, x : x + w] = rng.integers(30, 226, 3)
        return cv2.GaussianBlur(picture, (0, 0), 0.8)

    return draw


@pytest.fixture
def cases(tmp_path: Path, scene: Callable[..., np.ndarray]) -> Path:
    """A folder of two drawn cases with known truth.

    "boxed" has expected.png and a box in index.json, "known" has truth.png and region.png.
    """
    for seed, name in enumerate(("boxed", "known")):
        folder = tmp_path / name
        folder.mkdir()
        reference = scene(100, 120, seed)
        truth = reference[10:90, 20:110]
        mask = np.zeros((80, 90), bool)
        mask[30:50, 40:60] = True
        region = np.zeros((100, 120), bool)
        region[40:60, 60:80] = True
        pictures = {"image": np.where(mask[..., None], 0, truth).astype(np.uint8), "mask": mask}
        pictures |= {"reference": reference, "truth" if name == "known" else "expected": truth}
        pictures |= {"region": region} if name == "known" else {}
        for kind, picture in pictures.items():
            Image.fromarray(picture).save(folder / f"{kind}.png")
    entries = [{"case": "boxed", "reference_box": [60, 40, 80, 60]}, {"case": "other"}]
    (tmp_path / "index.json").write_text(json.dumps(entries))
    return tmp_path
