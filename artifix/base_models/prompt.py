"""The fixed prompts of base models, embedded once and kept: their text encoders are not loaded again."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from artifix.errors import OutputError, WeightsError
from artifix.writing import write_file

Embeds = dict[str, Tensor]


def embedded(prompt: str, weights_sha256: str, embed: Callable[[], Embeds]) -> Embeds:
    """The embeds of a prompt by the text encoder of some weights, from the user's cache if they are there.

    Args:
        prompt: what is embedded.
        weights_sha256: of the weights that the text encoder is part of.
        embed: makes them; they are kept then.

    Raises:
        WeightsError: what is kept is damaged, or of other weights or another prompt.
        OutputError: the cache cannot be written.
    """
    path = _path_of(prompt, weights_sha256)
    if path.is_file():
        return _read(path, prompt, weights_sha256)
    embeds = {name: value.cpu().contiguous() for name, value in embed().items()}
    content = save(embeds, {"prompt": prompt, "weights": weights_sha256})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, lambda file: file.write(content))
    except OSError as error:
        raise OutputError(
            f"{path}: the prompt, embedded, cannot be kept: {error.strerror or error}",
            "make its folder writable, or set XDG_CACHE_HOME to one that is",
        ) from error
    return embeds


def _path_of(prompt: str, weights_sha256: str) -> Path:
    key = hashlib.sha256(f"{weights_sha256}\n{prompt}".encode()).hexdigest()
    return user_cache_path("artifix") / "prompts" / f"{key[:32]}.safetensors"


def _read(path: Path, prompt: str, weights_sha256: str) -> Embeds:
    try:
        with safe_open(path, framework="pt") as file:
            made_for = file.metadata() or {}
            embeds = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path}: cannot be read: {error}", "delete it: it is made again") from error
    if made_for != {"prompt": prompt, "weights": weights_sha256}:
        raise WeightsError(
            f"{path}: was made by the text encoder of other weights, or of another prompt",
            "delete it: it is made again",
        )
    return embeds
