"""The scores by their names."""

from collections.abc import Callable, Sequence
from pathlib import Path

from artifix.errors import UsageError
from artifix.evaluation.scores.scorer import Column, Scorer
from artifix.setting_names import setting

__all__ = ["NAMES", "WITH_FOLDER", "Column", "Scorer", "scorers"]

NAMES = ("ocr", "matches", "dino", "clip", "lpips", "dists", "seam", "outside")
WITH_FOLDER = ("dino", "clip", "lpips", "dists")  # of a network's weights, which nothing downloads


def scorers(
    names: Sequence[str],
    *,
    dino: Path | None = None,
    clip: Path | None = None,
    lpips: Path | None = None,
    dists: Path | None = None,
    device: str = "cpu",
) -> list[Scorer]:
    """The scorers of these names, in this order, ready to score.

    Args:
        names: some of `NAMES`.
        dino: folder of a Dinov2Model.
        clip: folder of a CLIPVisionModelWithProjection, or of a whole CLIPModel.
        lpips: folder with alexnet.safetensors.
        dists: folder with vgg16.safetensors.
        device: torch's, that networks run on.

    Raises:
        UsageError: a name is unknown or there twice, or the folder that it needs is not given.
        InputError: an extra that it needs is not installed; it says how to install it.
        WeightsError: a folder does not hold the weights that it should.
    """
    if unknown := [name for name in names if name not in NAMES]:
        raise UsageError(f"{unknown[0]}: is no score", f"scores are {', '.join(NAMES)}")
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"{twice[0]}: is named {names.count(twice[0])} times", "name each score once")
    folders = dict(zip(WITH_FOLDER, (dino, clip, lpips, dists), strict=True))
    for name in names:
        if name in folders and folders[name] is None:
            raise UsageError(f"{name}: needs a folder of weights", f"give {setting(name, 'FOLDER')}")
    return [_made(name, folders.get(name), device) for name in names]


def _made(name: str, folder: Path | None, device: str) -> Scorer:
    """One scorer; what it needs is imported now."""
    if folder is not None:
        return _with_folder(name)(folder, device)
    if name == "ocr":
        from artifix.evaluation.scores.ocr import OcrScorer

        return OcrScorer()
    if name == "matches":
        from artifix.evaluation.scores.matches import MatchScorer

        return MatchScorer(device)
    if name == "seam":
        from artifix.evaluation.scores.seam import SeamScorer

        return SeamScorer()
    from artifix.evaluation.scores.outside import OutsideScorer

    return OutsideScorer()


def _with_folder(name: str) -> Callable[[Path, str], Scorer]:
    """What makes one of `WITH_FOLDER`."""
    from artifix.evaluation.scores import embeddings, perceptual

    makers: dict[str, Callable[[Path, str], Scorer]] = {
        "dino": embeddings.dino_scorer,
        "clip": embeddings.clip_scorer,
        "lpips": perceptual.lpips_scorer,
        "dists": perceptual.dists_scorer,
    }
    return makers[name]
