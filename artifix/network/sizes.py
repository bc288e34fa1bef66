"""Sizes in the settings of weights, checked before the libraries build what they say, however large."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from artifix.errors import WeightsError

_MOST = 10**6  # channels, pixels, timesteps: far more than any network has
# Settings that are no sizes: a frequency, and what tokenizers write where they know no end.
_NO_SIZES = {"rope_theta", "model_max_length"}
_REMEDY = "copy the whole folder of the weights"


def require_sizes(folder: Path) -> None:
    """Refuse settings that would fill memory or take for ever: a part has no more layers than tensors.

    Args:
        folder: of weights, one folder for each part. Settings that cannot be read are passed over: the
            libraries, which read them next, say why.

    Raises:
        WeightsError: names the file, the setting and both numbers.
    """
    for path in sorted(folder.rglob("*config.json")):
        files = list(path.parent.glob("*.safetensors"))
        most_layers = _count_tensors(files)
        for name, value in _integers(path):
            if value > _MOST:
                raise WeightsError(f"{path}: {name} is {value}, expected at most {_MOST}", _REMEDY)
            if files and "layers" in name and value > most_layers:
                raise WeightsError(
                    f"{path}: {name} is {value}, but the part has {most_layers} tensors", _REMEDY
                )


def _integers(path: Path) -> Iterator[tuple[str, int]]:
    with suppress(OSError, ValueError, RecursionError):
        settings = json.loads(path.read_bytes())
        for name, value in settings.items() if isinstance(settings, dict) else ():
            if name in _NO_SIZES:
                continue
            yield from ((name, number) for number in _flat(value) if isinstance(number, int))


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _count_tensors(files: list[Path]) -> int:
    count = 0
    for path in files:
        with suppress(OSError, SafetensorError), safe_open(path, "np") as tensors:
            count += len(tensors.keys())
    return count
