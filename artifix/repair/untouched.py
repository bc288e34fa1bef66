"""What is written of an image that agrees with its reference: the image as it is, and why."""

from pathlib import Path

import numpy as np

from artifix import __version__
from artifix.config import OutputConfig
from artifix.detection import DETECTOR
from artifix.inputs.case import Case
from artifix.inputs.images import read_picture
from artifix.inputs.request import Request
from artifix.outputs.encode import encodable, encode_json
from artifix.outputs.save import RECORD
from artifix.repair.picture_coding import coded, form_of
from artifix.result import RefineResult

UNTOUCHED = "agrees with the reference: no mask is proposed, and nothing was repainted"


def untouched_files(request: Request, output: OutputConfig) -> dict[str, bytes]:
    """The image in the format that its repair would have, not marked as made with a model, and record.json.

    Args:
        request: local files; the mask is left open.
        output: how repairs are coded.

    Raises:
        InputError: the image cannot be read, or the format cannot hold it.
    """
    assert isinstance(request.image, Path)
    image = read_picture(request.image, crop=request.crops.get("image"))
    case = Case(image, np.zeros(image.size, np.float32), image)
    result = RefineResult(image.pixels, (), (), {}, image.alpha)
    picture = coded(case, result, {}, form_of(output, image), with_metadata=False)
    record = {
        "artifix": __version__,
        "command": "refine",
        "inputs": {
            "image": {"name": encodable(image.path.name), "sha256": image.sha256},
        },
        "proposed_mask": {"by": DETECTOR, "boxes": [], "scores": []},
        "coding": picture.told,
        "groups": [],
    }
    return {picture.name: picture.data, RECORD: encode_json(record)}
