"""A Hub on this machine with one small pipeline on it, a catalogue that lists it, and an empty store."""

import hashlib
import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from artifix.weights import catalogue, hub
from tests.weights import loopback_hub as loopback

PROXIES = "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"
REPO, ADAPTER = "owner/inpainting", "owner/adapter"


def tensors(length: int, seed: int = 0) -> bytes:
    """A safetensors file of one tensor of `length` bytes."""
    told = {"a": {"dtype": "U8", "shape": [length], "data_offsets": [0, length]}}
    header = json.dumps(told).encode()
    content = hashlib.shake_256(str(seed).encode()).digest(length)
    return struct.pack("<Q", len(header)) + header + content


def _pipeline_files() -> dict[str, bytes]:
    parts = {
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "safety_checker": [None, None],
    }
    index = {"_class_name": "StableDiffusionInpaintPipeline", **parts}
    files = {"model_index.json": json.dumps(index).encode()}
    for seed, (part, length) in enumerate((("unet", 90_000), ("vae", 40_000), ("text_encoder", 20_000))):
        files[f"{part}/config.json"] = b'{"part": "%s"}' % part.encode()
        files[f"{part}/model.fp16.safetensors"] = tensors(length, seed)
    return files | {"scheduler/scheduler_config.json": b"{}", "tokenizer/vocab.json": b'{"a": 0}'}


FILES = _pipeline_files()
ADAPTER_FILES = {"models/plus.safetensors": tensors(9_000, 7), "models/pickle.bin": b"not to be pulled"}
MOVED = {"models/plus.safetensors": "ip_adapter/ip-adapter.safetensors"}


def source(repo: str, files: dict[str, bytes], commit: str | None, hashed: bool) -> str:
    """A table of a catalogue."""
    lines = ["[[tiny.sources]]", f'repo = "{repo}"', 'licence = "MIT"', 'licence_url = "https://example.org"']
    lines += [f'commit = "{commit}"'] if commit else []
    rows = []
    for path, data in files.items():
        row = [f'path = "{path}"', *([f'to = "{MOVED[path]}"'] if path in MOVED else [])]
        if hashed:
            row += [f"bytes = {len(data)}", f'sha256 = "{hashlib.sha256(data).hexdigest()}"']
        rows.append(f"{{ {', '.join(row)} }}")
    return "\n".join([*lines, f"files = [{', '.join(rows)}]", ""])


@pytest.fixture
def write_catalogue(tmp_path, monkeypatch):
    """Write a catalogue of the weights `tiny`, pinned or not, hashed or not; returns its file."""

    def write(commit=loopback.COMMIT, hashed=True) -> Path:
        about = 'purpose = "to be pulled"\nbase = "SD"\ngated = false\nmemory_gb = 1\n'
        adapter = {path: ADAPTER_FILES[path] for path in MOVED}
        text = f'[tiny]\n{about}class = "StableDiffusionInpaintPipeline"\n'
        text += source(REPO, FILES, commit, hashed) + source(ADAPTER, adapter, commit, hashed)
        path = tmp_path / "catalogue.toml"
        path.write_text(text)
        monkeypatch.setattr(catalogue, "FILE", path)
        catalogue.catalogue.cache_clear()
        return path

    yield write
    catalogue.catalogue.cache_clear()


@pytest.fixture
def entry(write_catalogue) -> catalogue.Entry:
    """The weights `tiny`, pinned and hashed."""
    write_catalogue()
    return catalogue.entry_of("tiny")


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """An empty store."""
    monkeypatch.setenv("ARTIFIX_WEIGHTS_DIR", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def online(tmp_path, monkeypatch) -> Iterator:
    """The Hub, reached without pauses; nothing of whoever runs the tests has a part in it."""
    import huggingface_hub
    from huggingface_hub import constants

    for name in ("HF_TOKEN", *PROXIES, *map(str.lower, PROXIES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # no power fails here, and it takes its time
    monkeypatch.setattr(hub, "PAUSE_S", 0.0)
    monkeypatch.setattr(hub, "CHUNK_BYTES", 2048)
    with loopback.serving(loopback.Hub(repos={REPO: FILES, ADAPTER: ADAPTER_FILES})) as served:
        monkeypatch.setattr(constants, "ENDPOINT", served.url)
        template = served.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        huggingface_hub.close_session()
        yield served
        huggingface_hub.close_session()


@pytest.fixture
def expected() -> dict[str, bytes]:
    """What a pull of `tiny` puts into its folder, beside SHA256SUMS and source.toml."""
    moved = {to: ADAPTER_FILES[path] for path, to in MOVED.items()}
    return FILES | moved


@pytest.fixture
def contents():
    """All files in a folder by name, hidden ones too, but for what tells where they come from."""

    def read(folder: Path) -> dict[str, bytes]:
        files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        return {
            name: path.read_bytes()
            for name, path in files.items()
            if name not in ("SHA256SUMS", "source.toml")
        }

    return read
