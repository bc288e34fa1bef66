"""The kinds of training material, read and mixed: single images, views, real pairs, drawn scenes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from artifix.errors import InputError, UsageError
from artifix.training.pairs.folders import find_images, find_views
from artifix.training.pairs.gathering import Gathered
from artifix.training.pairs.lettering import draw_decals
from artifix.training.pairs.pack import Pack, is_pack, read_index, read_pack
from artifix.training.pairs.sources import Sources

if TYPE_CHECKING:
    from artifix.training.config import DataConfig


def load_data(
    images: Sequence[Path],
    pairs: Sequence[Path],
    config: "DataConfig",
    seed: int,
    device: torch.device,
) -> Sources:
    """Read and draw all material and mix it by the shares of the config.

    Args:
        images: folders of single images, whose pictures with alpha become decals; and packs.
        pairs: folders of objects in several views, as folders.py describes them.
        config: shares, which need not sum to 1, and sizes.
        seed: of the drawn scenes and the lettering.
        device: where the bytes are kept.

    Raises:
        UsageError: shares and folders contradict each other.
        InputError: a folder without enough usable images, or a damaged pack.
    """
    _require_shares(images, pairs, config)
    gathered = Gathered(config.source_px, config.decal_px)
    packs = [(folder, read_pack(folder)) for folder in images if is_pack(folder)]
    files = _single_files(images, packs) if config.images_share else []
    views = [(folder, find_views(folder)) for folder in pairs]
    scenes, twins = _scenes(config)
    gathered.reserve(_count(files) + _count(views) + _count_photos(packs) + scenes + twins)
    for folder, paths in files:
        gathered.add_images(folder, paths)
    singles = gathered.count
    if files and singles < 2:
        raise InputError(
            f"{_named(images)}: {singles} usable scenes", "two are the least; thousands are usual"
        )
    for folder, found in views:
        gathered.add_views(folder, found)
    shown = gathered.count
    if config.real_share:
        _add_real(gathered, packs)
    real = gathered.count
    gathered.add_scenes(scenes, twins, seed)
    weights = torch.zeros(gathered.count)
    weights[:singles] = config.images_share / max(singles, 1)
    weights[singles:shown] = config.pairs_share * gathered.view_weights(singles, shown)
    weights[shown:real] = config.real_share * gathered.view_weights(shown, real)
    weights[real:] = config.procedural_share * gathered.scene_weights(real)
    if config.lettering:
        gathered.decals += list(draw_decals(config.lettering, config.decal_px, seed))
    return gathered.sources(weights, device)


def count_images(images: Sequence[Path], pairs: Sequence[Path], config: "DataConfig") -> int:
    """How many images `load_data` makes room for; no picture is opened. Arguments and errors as there."""
    packs = [(folder, read_index(folder)) for folder in images if is_pack(folder)]
    files = _single_files(images, packs) if config.images_share else []
    views = [(folder, find_views(folder)) for folder in pairs]
    return _count(files) + _count(views) + _count_photos(packs) + sum(_scenes(config))


def _scenes(config: "DataConfig") -> tuple[int, int]:
    """How many scenes are drawn, and how many of them once more in another style."""
    scenes = config.procedural_scenes if config.procedural_share else 0
    return scenes, round(scenes * config.two_styles_share)


def _count_photos(packs: Sequence[tuple[Path, Pack]]) -> int:
    return sum(len(pack.pictures) - len(pack.singles) for _, pack in packs)


def _count(found: Sequence[tuple[Path, Sequence[object]]]) -> int:
    return sum(len(several) for _, several in found)


def _single_files(
    images: Sequence[Path], packs: Sequence[tuple[Path, Pack]]
) -> list[tuple[Path, list[Path]]]:
    """Single images and decals by folder."""
    listed = {folder: [folder / picture.file for picture in pack.singles] for folder, pack in packs}
    return [(folder, listed[folder] if folder in listed else find_images(folder)) for folder in images]


def _add_real(gathered: Gathered, packs: Sequence[tuple[Path, Pack]]) -> None:
    if not any(pack.pairs for _, pack in packs):
        raise InputError(
            f"{_named([folder for folder, _ in packs])}: no pair of photos is in the pack",
            "make it with folders of objects in several photos, or set real_share to 0",
        )
    for folder, pack in packs:
        gathered.add_pairs(folder, pack)


def _require_shares(images: Sequence[Path], pairs: Sequence[Path], config: "DataConfig") -> None:
    shares = {
        "images_share": config.images_share,
        "pairs_share": config.pairs_share,
        "real_share": config.real_share,
        "procedural_share": config.procedural_share,
    }
    told = ", ".join(f"{name} = {share:g}" for name, share in shares.items())
    if min(shares.values()) < 0 or not sum(shares.values()):
        raise UsageError(f"the data's shares are {told}", "none may be negative, and one must be more than 0")
    packs = [folder for folder in images if is_pack(folder)]
    plain = [folder for folder in images if folder not in packs]
    for names, folders, could_hold, what in (
        (("images_share",), plain, images, "images"),
        (("pairs_share",), pairs, pairs, "objects in several views"),
        (("real_share", "images_share"), packs, packs, "a pack"),
    ):
        if shares[names[0]] and not could_hold:
            raise UsageError(
                f"{names[0]} is {shares[names[0]]:g}, but no folder of {what} is given",
                f"name one, or set {names[0]} to 0",
            )
        if folders and not any(shares[name] for name in names):
            raise UsageError(
                f"{_named(folders)} is given as {what}, but {' and '.join(names)} is 0",
                f"raise {names[0]}, or leave the folder out",
            )
    if config.procedural_share and config.procedural_scenes < 2:
        raise UsageError(
            f"procedural_share is {config.procedural_share:g}, but procedural_scenes is "
            f"{config.procedural_scenes}",
            "draw two scenes at least, or set procedural_share to 0",
        )


def _named(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders))
