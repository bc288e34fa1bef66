"""What tests of several rooms share, and which tests run."""

import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from PIL import Image

from artifix.cli.app import main
from artifix.matching import installed, xfeat
from artifix.matching.descriptors import Describe, describe_learned, describe_plainly
from artifix.network.assembly import Network
from artifix.network.building import build_network, tiny_config
from artifix.training.pairs.pack_plan import PackPlan
from artifix.training.pairs.packing import write_pack

CHROMIUM_OPTIONS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1280,900"
)


@dataclass(frozen=True)
class Run:
    """What a run of the command line left."""

    code: int
    out: str
    err: str


def pytest_configure() -> None:
    """Share the cores between pytest-xdist's workers: threads that wait for each other starve."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    threads = max(torch.get_num_threads() // workers, 1)
    torch.set_num_threads(threads)
    if workers > 1:  # or artifix would count the free cores anew, and sums would differ in their last digits
        os.environ.setdefault("OMP_NUM_THREADS", str(threads))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runslow", action="store_true", help="run the tests marked slow too")
    parser.addoption("--gpu", action="store_true", help="run the tests marked gpu too")
    parser.addoption("--browser", action="store_true", help="run the tests marked browser too")
    parser.addoption("--remote", action="store_true", help="run the tests marked remote too")
    parser.addoption("--ray", action="store_true", help="run the tests marked ray too")
    parser.addoption("--ui", action="store_true", help="run the tests marked ui too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for marker in ("slow", "gpu", "browser", "ray", "remote", "ui"):
        option = "--runslow" if marker == "slow" else f"--{marker}"
        if not config.getoption(option):
            for item in items:
                if marker in item.keywords:
                    item.add_marker(pytest.mark.skip(reason=f"needs {option}"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the settings of whoever runs the tests out of them, and the weights that they pulled."""
    for name in ("CONFIG", "WEIGHTS", "DEVICE", "DTYPE", "SEED", "STEPS", "DEBUG"):
        monkeypatch.delenv(f"ARTIFIX_{name}", raising=False)
    monkeypatch.setenv("ARTIFIX_WEIGHTS_DIR", str(tmp_path_factory.getbasetemp() / "no-store"))


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """XFeat is not installed: a package of it cannot be found, whoever asks."""
    xfeat.load_xfeat.cache_clear()
    monkeypatch.setattr(installed, "_PACKAGES", ("kornia", "xfeat_that_nobody_has"))
    yield
    xfeat.load_xfeat.cache_clear()


def _sd_shaped_unet() -> UNet2DConditionModel:
    """The block structure of Stable Diffusion 1.x inpainting, at a tenth of its widths."""
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=9,
        out_channels=4,
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
        block_out_channels=(16, 16, 32, 32),
        layers_per_block=2,
        cross_attention_dim=24,
        attention_head_dim=4,
        norm_num_groups=8,
    ).eval()


@pytest.fixture(scope="session")
def new_sd_unet() -> Callable[[], UNet2DConditionModel]:
    """Makes such a U-Net, whose values are drawn from torch's generator."""
    return _sd_shaped_unet


@pytest.fixture
def artifix(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run the command line in this process: artifix("refine", path, ...) -> Run."""

    def run(*arguments: object) -> Run:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return run


@dataclass(frozen=True)
class Photos:
    """Photos of flat things, and where in each the thing lies."""

    folder: Path  # shop_Packages_<kind>_<object>_<number>.jpg
    homes: dict[str, np.ndarray]  # by file name: (3, 3), pixels of the thing to pixels of the photo


@pytest.fixture(scope="session")
def product_photos(tmp_path_factory: pytest.TempPathFactory) -> Photos:
    """Three printed cards, each before three grounds, seen from three sides, and a note of the licence."""
    folder, homes = tmp_path_factory.mktemp("products"), {}
    for place, name in enumerate(("Ale", "Brie", "Cider")):
        random = np.random.default_rng(place)
        card = np.full((240, 180, 3), random.integers(150, 240, 3), np.uint8)
        for _ in range(220):
            (y, x), (high, wide) = random.integers(0, (232, 172)), random.integers(3, 22, 2)
            card[y : y + high, x : x + wide] = random.integers(0, 256, 3)
        card = cv2.GaussianBlur(card, (0, 0), 0.8)
        for number in range(3):
            ground = np.repeat(random.integers(60, 200, (10, 8, 3)), 40, 0).repeat(40, 1).astype(np.uint8)
            photo = cv2.GaussianBlur(ground[:360, :300], (0, 0), 6)
            corners = np.float32([[0, 0], [180, 0], [180, 240], [0, 240]])
            seen = corners + 60 + random.uniform(-25, 25, (4, 2))
            matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
            laid = cv2.warpPerspective(card, matrix, (300, 360))
            there = cv2.warpPerspective(np.full((240, 180), 255, np.uint8), matrix, (300, 360)) > 250
            photo = np.where(there[..., None], laid * random.uniform(0.8, 1.0), photo).astype(np.uint8)
            file = f"shop_Packages_Food_{name}_{number}.jpg"
            Image.fromarray(photo).save(folder / file, quality=95)
            homes[file] = matrix
    (folder / "PROVENANCE.txt").write_text(
        "repository: https://example.org/cards\nlicence: CC0 1.0 (drawn)\n"
    )
    return Photos(folder, homes)


@pytest.fixture(scope="session")
def pack_folder(product_photos: Photos, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of the photos of two of the objects and of four single pictures; Brie is held out."""
    parent = tmp_path_factory.mktemp("packs")
    (parent / "single").mkdir()
    for number in range(4):
        picture = np.random.default_rng(number).integers(0, 256, (12, 16, 3)).repeat(8, 0).repeat(8, 1)
        Image.fromarray(picture.astype(np.uint8)).save(parent / "single" / f"{number}.png")
    plan = PackPlan(
        images=(parent / "single",),
        objects=(product_photos.folder,),
        pattern="_Packages_[^_]+_([^_]+)_",
        hold_out=("Brie",),
        side_px=64,
        pair_side_px=128,
        matchers=("sift",),
    )
    write_pack(parent / "pack", plan)
    return parent / "pack"


@pytest.fixture(scope="session")
def tiny_network() -> Network:
    """An untrained network of the real classes, as training starts with it: its output layer is zero."""
    torch.manual_seed(0)
    return build_network(tiny_config())


@pytest.fixture(scope="session")
def tiny_weights(tiny_network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of random weights of the real classes, beside an index of its files."""
    from artifix.training.export import export_weights
    from artifix.weights.checksums import write_index

    folder = tmp_path_factory.mktemp("weights") / "tiny"
    export_weights(tiny_network, folder, layer="up_blocks.1.attentions.0")
    write_index(folder.parent)
    return folder


def _tensor_file(content: bytes) -> bytes:
    """A safetensors file of one tensor of bytes."""
    told = {"a": {"dtype": "U8", "shape": [len(content)], "data_offsets": [0, len(content)]}}
    header = json.dumps(told).encode()
    return struct.pack("<Q", len(header)) + header + content


@pytest.fixture
def weights_folder(tmp_path: Path) -> Path:
    """Weights of four parts, by their names; nothing here builds a network of them."""
    from artifix.weights.checksums import write_index

    folder = tmp_path / "weights" / "small"
    parts = {"unet": ["diffusers", "UNet2DConditionModel"], "image_encoder": ["transformers", "Dinov2Model"]}
    parts |= {"projection": ["artifix.network.projection", "Projection"]}
    parts |= {"scheduler": ["diffusers", "DDIMScheduler"]}
    for name in ("unet/a-00001", "unet/a-00002", "image_encoder/b", "projection/c"):
        path = folder / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_tensor_file(name.encode()))
        (path.parent / "config.json").write_text("{}")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text("{}")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "RefineByAlignPipeline", **parts}))
    (folder / "MODEL_CARD.md").write_text("says what they are")
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


@pytest.fixture(params=["learned", "plain"])
def describe(request: pytest.FixtureRequest) -> Describe:
    """What describes cells: XFeat where it is installed, and what stands in for it."""
    if request.param == "plain":
        return describe_plainly
    if installed.xfeat_path() is None:
        pytest.skip("XFeat is not installed")
    return describe_learned(torch.device("cpu"))


@pytest.fixture(scope="session")
def label() -> Callable[..., np.ndarray]:
    """Draw a print of large strokes on plain ground: label(seed, height, width) is uint8 RGB."""

    def draw(seed: int = 0, height: int = 300, width: int = 320) -> np.ndarray:
        random = np.random.default_rng(seed)
        picture = np.full((height, width, 3), (225, 215, 195), np.uint8)
        for number in range(14):
            a, b = (random.integers(60, [width - 60, height - 60]).tolist() for _ in range(2))
            colour, thick = random.integers(0, 160, 3).tolist(), int(random.integers(4, 9))
            if number % 3 == 0:
                cv2.line(picture, a, b, colour, thick, cv2.LINE_AA)
            elif number % 3 == 1:
                cv2.circle(picture, a, int(random.integers(8, 30)), colour, thick, cv2.LINE_AA)
            else:
                letter = chr(65 + int(random.integers(26)))
                cv2.putText(picture, letter, a, cv2.FONT_HERSHEY_DUPLEX, 2, colour, 5, cv2.LINE_AA)
        return picture

    return draw


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with open_chromium(CHROMIUM_OPTIONS, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@contextmanager
def open_chromium(options_text: str, profile: Path) -> Iterator[Any]:
    """A browser with a profile of its own; where there is none the tests fail, since they were asked for."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.fail("tests of pages need the programs chromium and chromedriver (Debian: chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in (*options_text.split(), f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "localhost,127.0.0.1")
        # With the path of the driver given, selenium looks for none on the network.
        browser = webdriver.Chrome(options, Service(executable_path=driver))
        try:
            yield browser
        finally:
            browser.quit()


@pytest.fixture
def drawn_set(tmp_path: Path, label: Callable[..., np.ndarray]) -> Callable[..., Path]:
    """Write cases: drawn_set(count) is their folder; each image shows its reference 10 px off."""

    def write(count: int = 3, name: str = "set") -> Path:
        folder = tmp_path / name
        for seed in range(count):
            place = folder / f"case-{seed}"
            place.mkdir(parents=True)
            reference = label(seed, 200, 220)
            truth = reference[10:170, 10:190]
            mask = np.zeros(truth.shape[:2], np.uint8)
            mask[50:90, 60:120] = 255
            region = np.zeros(reference.shape[:2], np.uint8)
            region[60:100, 70:130] = 255
            image = np.where(mask[..., None] > 0, cv2.GaussianBlur(truth, (0, 0), 9)[::-1], truth)
            pictures = {
                "image": image,
                "mask": mask,
                "reference": reference,
                "truth": truth,
                "region": region,
            }
            for kind, picture in pictures.items():
                Image.fromarray(picture).save(place / f"{kind}.png")
        return folder

    return write
