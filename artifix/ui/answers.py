"""What the page shows after a job: sentences, pictures, files."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import box_of, resize
from artifix.inputs.images import Picture, eight_bit
from artifix.outputs.overlay import heat_map, zoom_on
from artifix.repair.results import joined, marked, previewed
from artifix.repair.sentences import sentence_of_match, sentence_of_repair
from artifix.setting_names import spelled
from artifix.ui.command_line import Spoken, command_of
from artifix.ui.jobs import Found, Refined, Variant
from artifix.ui.messages import verdict
from artifix.ui.painting import canvas_size
from artifix.ui.visitor import Visitor

_CLOSE_UP = 1.6  # side of what a candidate shows, over that of the mask


@dataclass(frozen=True, slots=True, eq=False)
class FoundAnswer:
    """What is shown of a search."""

    picture: NDArray[np.uint8]  # (H_ref, W_ref, 3): the heat map over the reference
    region: str  # x0,y0,x1,y1 of what was found
    shown: int  # index of the reference among those of the visitor
    text: str  # Markdown


@dataclass(frozen=True, slots=True, eq=False)
class RepairAnswer:
    """What is shown of one repair, and can be downloaded."""

    after: NDArray[np.uint8]  # (h, w, 3) of the canvas, sRGB
    close_up: NDArray[np.uint8]  # of what was masked
    caption: str
    text: str  # Markdown
    command: str
    picture: Path
    mask: Path
    archive: Path  # the pictures that went in, what came out, and the command


def answer_of_search(found: Found, visitor: Visitor, spoken: Spoken) -> FoundAnswer:
    """The heat map of a search, the region and the sentences about it."""
    located, overall = found.done.located, found.done.overall
    correspondence, region = joined(located.result.alignments)
    case = located.case
    paths = [picture.path for picture in visitor.references]
    said = [f"**{_capital(sentence_of_match(located, overall))}.**", verdict(overall), overall.note]
    if (refusal := located.result.refusal) is not None:
        hint = f"Hint: {refusal.marked_hint}; or draw the region on the reference."
        said += [f"⚠️ {refusal.marked_problem}.", hint]
    text = _paragraphs([*said, *found.notes], visitor, spoken)
    box = ",".join(map(str, box_of(region).as_tuple()))
    picture = heat_map(correspondence, previewed(case.reference))
    return FoundAnswer(picture, box, paths.index(case.reference.path), text)


def answers_of_repair(refined: Refined, visitor: Visitor, spoken: Spoken) -> list[RepairAnswer]:
    """What is shown of every variant; its files are written into the folder of the visitor."""
    return [_answer(refined, variant, visitor, spoken) for variant in refined.variants]


def _answer(refined: Refined, variant: Variant, visitor: Visitor, spoken: Spoken) -> RepairAnswer:
    done, case = variant.done, variant.done.located.case
    command = command_of(refined.request, variant.settings, spoken)
    folder = visitor.handed / f"seed-{variant.seed}"
    folder.mkdir(exist_ok=True)
    mask = Path(str(refined.request.mask))
    inputs = [Path(str(place)) for place in refined.request.places]
    picture, kept_mask, archive = folder / done.picture.name, folder / mask.name, folder / "artifix.zip"
    picture.write_bytes(done.picture.data)
    kept_mask.write_bytes(mask.read_bytes())
    archive.write_bytes(_zipped(inputs, done.files, command))
    after = previewed(case.image, eight_bit(done.result.refined))
    close_up = after[zoom_on(marked(done.result.alignments), _CLOSE_UP).slices()]
    said = [
        f"**{_capital(sentence_of_repair(done.picture.name, done.located, done.overall))}.**",
        verdict(done.overall),
        done.overall.note,
        *done.result.notes,
        *done.picture.notes,
        *refined.notes,
    ]
    return RepairAnswer(
        after=_on_canvas(after, case.image),
        close_up=close_up,
        caption=f"seed {variant.seed}",
        text=_paragraphs(said, visitor, spoken),
        command=command,
        picture=picture,
        mask=kept_mask,
        archive=archive,
    )


def _on_canvas(rgb: NDArray[np.uint8], image: Picture) -> NDArray[np.uint8]:
    size = canvas_size(image.size)
    return rgb if size == image.size else resize(rgb, size)


def _zipped(inputs: Sequence[Path], files: dict[str, bytes], command: str) -> bytes:
    """An archive in which the command can be run: the inputs, the results beside them, the command."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # stored: pictures do not shrink
        for path in inputs:
            archive.writestr(path.name, path.read_bytes())
        for name, data in files.items():
            archive.writestr(f"from-the-page/{name}", data)
        archive.writestr("command.txt", f"{command}\n")
    return buffer.getvalue()


def _paragraphs(said: Sequence[str], visitor: Visitor, spoken: Spoken) -> str:
    texts = (spelled(text, spoken.spell).replace(f"{visitor.folder}/", "") for text in said if text)
    return "\n\n".join(texts)


def _capital(sentence: str) -> str:
    """Begun with a capital, unless with the name of a file."""
    first = sentence.split(" ", 1)[0]
    return sentence if "." in first else sentence[:1].upper() + sentence[1:]
