"""What is installed here, for bug reports."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from artifix import __version__
from artifix.errors import WeightsError

_PACKAGES = (
    "torch",
    "diffusers",
    "transformers",
    "safetensors",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "pillow",
    "typer",
    "kornia",
)


def installation() -> dict[str, Any]:
    """Versions, devices and weights by name, JSON-ready; what cannot be used is told with the reason."""
    return {
        "artifix": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "devices": _devices(),
        **{name: _version(name) for name in _PACKAGES},
        "weights": _weights(),
        "xfeat": _xfeat(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _devices() -> list[str]:
    """What torch can run on; the reason in its place if torch cannot be loaded."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return [f"torch cannot be loaded: {error}"]
    gpus = [f"cuda:{i} ({torch.cuda.get_device_name(i)})" for i in range(torch.cuda.device_count())]
    return ["cpu", *gpus, *(["mps"] if torch.backends.mps.is_available() else [])]


def _weights() -> list[str]:
    """Each of the bundled weights and those in use, with its sha256 or what is wrong with it."""
    from artifix.weights.finding import bundled_names, find_weights
    from artifix.weights.verification import verify_weights

    found = []
    for name in dict.fromkeys([*bundled_names(), os.environ.get("ARTIFIX_WEIGHTS")]):
        if name is None:
            continue
        try:
            found.append(f"{name} (sha256 {verify_weights(find_weights(name))})")
        except WeightsError as error:
            found.append(f"{name} (unusable: {error.problem})")
    return found or ["none"]


def _xfeat() -> str:
    """The weights of the learned matcher with their sha256, or what is wrong with them."""
    from artifix.matching.installed import NOT_INSTALLED, XFEAT_SHA256, read_xfeat, xfeat_path

    path = xfeat_path()
    if path is None:
        return NOT_INSTALLED
    try:
        read_xfeat()
    except WeightsError as error:
        return f"unusable: {error.problem}"
    return f"{path} (sha256 {XFEAT_SHA256})"
