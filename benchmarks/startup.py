"""How much a process computes before the first pass of a network, over what `import torch` takes alone.

Usage: python benchmarks/startup.py [CASE] [--runs N]

CASE (examples/mug) holds image.png, mask.png and reference.png. Every run starts new processes, one after the
other: `import torch`; the import of the classes of diffusers and transformers that the network is made of,
below which nothing can come that uses them; and `artifix locate` up to the first call of a module. Seconds
are those of the user's time, the least of the runs, as other work on the machine only adds to them.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples" / "mug"
_TORCH = "import torch"
_LIBRARIES = (
    "import cv2, numpy, PIL.Image, torch; from scipy import ndimage; from transformers import Dinov2Model; "
    "from diffusers import DiffusionPipeline, UNet2DConditionModel"
)
_LOCATE = """
import os, sys
from artifix.cli.app import main
from artifix.repair import loading

def stopping(*arguments, load=loading.load, **named):
    import torch
    loaded = load(*arguments, **named)
    torch.nn.modules.module.register_module_forward_pre_hook(lambda module, given: os._exit(0))
    return loaded

loading.load = stopping
sys.exit(main(sys.argv[1:]) or "no module was called")
"""


def main() -> int:
    """Measure and print all three, and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", type=Path, metavar="CASE", nargs="?", default=EXAMPLE)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    image, mask, reference = (options.case / f"{name}.png" for name in ("image", "mask", "reference"))
    with tempfile.TemporaryDirectory() as out:
        locate = [
            _LOCATE,
            "locate",
            image,
            "--mask",
            mask,
            "--ref",
            reference,
            "--out",
            Path(out) / "o",
            "-q",
        ]
        codes = [[_TORCH], [_LIBRARIES], locate]
        taken = [[_user_s(code) for code in codes] for _ in range(options.runs)]
    torch_s, libraries_s, locate_s = (min(column) for column in zip(*taken, strict=True))
    print(f"import torch           {torch_s:.2f} s")
    print(f"diffusers, ... as well {libraries_s:.2f} s  {libraries_s / torch_s:.2f}")
    print(f"locate                 {locate_s:.2f} s  {locate_s / torch_s:.2f}")
    return 0


def _user_s(code: list[object]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([sys.executable, "-c", *map(str, code)], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


if __name__ == "__main__":
    sys.exit(main())
