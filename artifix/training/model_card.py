"""The model card of trained weights: what they are made of and from, as the Hub shows it."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from artifix import __version__
from artifix.network.assembly import Network
from artifix.training.pairs.folders import find_images
from artifix.training.pairs.pack import is_pack, read_index

_LIMITS = (
    "The reference must show the same object, the masked part of it included.",
    "What is not among the training data above was no part of the training.",
)
_PRECISIONS = {"fp16": "half precision", "bf16": "bfloat16", "fp32": "single precision"}
_TAGS = ("artifix", "inpainting", "reference-based")


@dataclass(frozen=True, slots=True)
class DataSource:
    """A part of the training data."""

    name: str  # without the path to it
    count: int
    licence: str = "not told"
    kind: str = "images"  # what is counted


@dataclass(frozen=True, slots=True)
class Card:
    """What the weights' own files do not tell."""

    recipe: str
    steps: int
    pairs_seen: int
    minutes: float
    device: str
    name: str = ""  # of the weights; "" = that of their folder
    data: tuple[DataSource, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)  # of the last validation
    bases: tuple[str, ...] = ()  # weights it was started from; folders are told without their path
    licence: str = ""  # of the weights, as the Hub spells it; "" = not told
    limits: tuple[str, ...] = _LIMITS


def data_sources(images: Sequence[Path], views: Sequence[Path]) -> tuple[DataSource, ...]:
    """The folders of a run by name; of packs, what they were made of."""
    told = []
    for folder in images:
        if is_pack(folder):
            pack = read_index(folder)
            counts = Counter(picture.source for picture in pack.pictures)
            told += [DataSource(source.name, counts[source.name], source.licence) for source in pack.sources]
        else:
            told.append(DataSource(folder.resolve().name, len(find_images(folder))))
    return (*told, *(DataSource(f.resolve().name, len(find_images(f)), kind="views") for f in views))


def model_card(
    name: str, network: Network, layer: str, timestep: int, card: Card | None, precision: str = "fp16"
) -> str:
    """README.md of a folder of weights, Markdown under the YAML that the Hub reads.

    Args:
        name: of the weights, unless the card has one.
        network: its parts are listed.
        layer: of the calibration.
        timestep: of the calibration.
        card: how they came about; None leaves that out.
        precision: of the numbers in the files: fp16, bf16 or fp32.
    """
    parts = [
        *_head("" if card is None else card.licence),
        f"# {(card.name if card else '') or name}",
        "",
        f"Weights of artifix {__version__}, which repairs artifacts in generated images from a reference.",
        "",
        "```",
        "artifix refine IMAGE --mask MASK --ref PHOTO --weights DIR",
        "```",
        "",
        *_table(("part", "class", "parameters"), _parts(network)),
        "",
        f"Safetensors in {_PRECISIONS[precision]}. Crops of {network.working_size_px} px, references of "
        f"{network.reference_size_px} px; the schedule predicts: "
        f"{network.scheduler.config.prediction_type}. Correspondence is read at `{layer}`, "
        f"timestep {timestep}.",
        "",
    ]
    return "\n".join(parts + ([] if card is None else _told(card))).rstrip() + "\n"


def _head(licence: str) -> list[str]:
    tags = [f"- {tag}" for tag in _TAGS]
    told = f"license: {json.dumps(licence or 'unknown')}"  # JSON's strings are YAML's
    return ["---", told, "library_name: diffusers", "pipeline_tag: image-to-image", "tags:", *tags, "---", ""]


def _parts(network: Network) -> list[tuple[str, str, str]]:
    names = ("unet", "image_encoder", "projection", "detail_encoder", "codec")
    parts = {name: part for name in names if (part := getattr(network, name)) is not None}
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
    rows = [(f"`{name}`", type(part).__name__, _millions(counts[name])) for name, part in parts.items()]
    return [*rows, ("`scheduler`", type(network.scheduler).__name__, "")]


def _millions(count: int) -> str:
    return f"{count / 1e6:.2f} M" if count >= 10_000 else f"{count:,}"


def _told(card: Card) -> list[str]:
    bases = " and ".join(last_name(base) for base in card.bases)
    history = (
        f"Recipe `{last_name(card.recipe)}`, started from {bases or 'random weights'}: "
        f"{card.steps:,} steps, {card.pairs_seen:,} pairs, {card.minutes:.0f} minutes on {card.device}; "
        "the average of the weights."
    )
    if not card.steps:
        history = (
            f"None yet: {bases or 'random weights'} put together, with a new projection between. "
            f"`artifix train --config {last_name(card.recipe)} --init DIR` goes on from here."
        )
    lines = ["## Training", "", history, ""]
    if card.data:
        rows = [(source.name, f"{source.count:,} {source.kind}", source.licence) for source in card.data]
        lines += [*_table(("data", "count", "licence"), rows), ""]
    if card.figures:
        figures = [(name, f"{value:.4g}") for name, value in card.figures.items()]
        lines += ["## Validation", "", "On pairs made of held-out data.", ""]
        lines += [*_table(("figure", "value"), figures), ""]
    return [*lines, "## Limits", "", *(f"- {limit}" for limit in card.limits)]


def last_name(folder: str) -> str:
    """A path's last part: where things lie on the disk of whoever trained is nobody's business."""
    return Path(folder).name


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
