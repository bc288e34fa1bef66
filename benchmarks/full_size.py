"""What surrounds a U-Net of full size: its share of the time of locate and refine, memory, and a step's time.

Usage: python benchmarks/full_size.py FOLDER [--tiny] [--case CASE] [--steps 20] [--part run|step ...]

FOLDER gets weights of the sizes of Stable Diffusion 1.5 and DINOv2 base, random and in bf16 (2.1 GB), if it
is not there; with --tiny, their autoencoder is of the size of TAESD. `run` loads them in a process of its
own, locates and repaints the case (examples/mug) without guidance, and tells the time of both over that of
the U-Net's passes alone, and the peak of the memory. `step` tells the time of a sampling step over that of
diffusers' StableDiffusionInpaintPipeline with the same U-Net, without and with guidance. Random weights find
nothing: the best guess is repainted (--force).
"""

import json
import resource
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    DDIMScheduler,
    StableDiffusionInpaintPipeline,
    UNet2DConditionModel,
)
from running import plain_parser
from transformers import Dinov2Config, Dinov2Model

from artifix.config import RefineConfig, override
from artifix.inputs.reading import read_inputs
from artifix.inputs.request import Request
from artifix.network.projection import Projection
from artifix.pipeline import RefineByAlignPipeline
from artifix.pretrained import load_pipeline
from artifix.repair.loading import quiet_libraries

ROOT = Path(__file__).parents[1]
CPU = torch.device("cpu")
TOKENS = 256  # of the reference
SIDE_PX = 512
STEPS = 4  # that are timed


def make(folder: Path, tiny: bool) -> None:
    """Random weights of full size, in bf16."""
    torch.set_default_dtype(torch.bfloat16)
    unet = UNet2DConditionModel(sample_size=64, in_channels=9, cross_attention_dim=768)
    large = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        sample_size=SIDE_PX,
    )
    scheduler = DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, steps_offset=1
    )
    pipeline = RefineByAlignPipeline(
        unet=unet,
        image_encoder=Dinov2Model(Dinov2Config()),  # base
        projection=Projection(768, 768),
        codec=AutoencoderTiny() if tiny else large,
        scheduler=scheduler,
        alignment_layer="up_blocks.1.attentions.2",
        residual=False,
        confidence_odds=None,
    )
    pipeline.save_pretrained(folder)


class Timed:
    """Adds up the seconds of a module's passes, those that are ended early too."""

    def __init__(self, module: torch.nn.Module) -> None:
        self.seconds, self.passes, self.forward = 0.0, 0, module.forward
        module.forward = self  # type: ignore[method-assign]

    def __call__(self, *given: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return self.forward(*given, **named)
        finally:
            self.seconds += time.perf_counter() - start
            self.passes += 1


def run(folder: Path, case: Path, steps: int) -> dict[str, float]:
    """Locate and repaint a case once."""
    pipeline = load_pipeline(str(folder), CPU, torch.bfloat16)
    timed = {name: Timed(getattr(pipeline, name)) for name in ("unet", "image_encoder")}
    timed |= {name: Timed(getattr(pipeline.codec, name)) for name in ("encoder", "decoder")}
    inputs = read_inputs(Request(case / "image.png", case / "mask.png", (case / "reference.png",)))
    config = override(RefineConfig(), force=True, steps=steps)
    told: dict[str, float] = {}
    located = None
    for stage in ("locate", "refine"):
        before, start = {name: one.seconds for name, one in timed.items()}, time.perf_counter()
        if located is None:
            located = pipeline.search(inputs.cases[0], config)
        else:
            pipeline.refine(inputs.cases[0], config, located=located)
        told[f"{stage}_s"] = time.perf_counter() - start
        told |= {f"{stage}_{name}_s": one.seconds - before[name] for name, one in timed.items()}
    told["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return told


def step(folder: Path) -> dict[str, float]:
    """Seconds of a sampling step, ours and diffusers', taken in turns; the least of six steps."""
    pipeline = load_pipeline(str(folder), CPU, torch.bfloat16)
    network = pipeline.network
    picture = torch.rand(1, 3, SIDE_PX, SIDE_PX, dtype=torch.bfloat16) * 2 - 1
    mask = torch.zeros(1, 1, SIDE_PX, SIDE_PX, dtype=torch.bfloat16)
    mask[..., 150:350, 150:350] = 1
    embeds = torch.randn(1, TOKENS, 768, dtype=torch.bfloat16)
    plain = StableDiffusionInpaintPipeline(
        vae=network.codec,
        text_encoder=None,
        tokenizer=None,
        unet=network.unet,
        scheduler=DDIMScheduler.from_config(network.scheduler.config),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    plain.set_progress_bar_config(disable=True)
    with torch.inference_mode():
        seen = network.compare(picture, torch.rand(1, 3, 224, 224, dtype=torch.bfloat16))
        condition = network.condition(picture, mask, seen)
    noise = torch.randn_like(condition.masked)

    @torch.inference_mode()
    def ours(scale: float) -> float:
        told = Stopwatch()
        network.denoiser.sample(noise, condition, steps=STEPS, guidance_scale=scale, after_step=told)
        return told.least()

    def theirs(scale: float) -> float:
        told = Stopwatch()
        plain(
            image=picture / 2 + 0.5,
            mask_image=mask,
            height=SIDE_PX,
            width=SIDE_PX,
            num_inference_steps=STEPS,
            guidance_scale=scale,
            prompt_embeds=embeds,
            negative_prompt_embeds=embeds,
            output_type="latent",
            callback_on_step_end=lambda pipeline, i, t, values: told(i, t) or values,
        )
        return told.least()

    told = {}
    for scale, name in ((1.0, "plain"), (7.5, "guided")):
        pairs = [(ours(scale), theirs(scale)) for _ in range(2)]
        told[f"{name}_ours_s"], told[f"{name}_diffusers_s"] = map(min, zip(*pairs, strict=True))
    return told


class Stopwatch:
    """Told of every step, it knows the shortest of them."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, done: int, total: Any) -> None:
        self.times.append(time.perf_counter())

    def least(self) -> float:
        """Seconds of the shortest step but the first, whose beginning nobody tells."""
        return min(b - a for a, b in pairwise(self.times))


def main() -> None:
    parser = plain_parser(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--case", type=Path, default=ROOT / "examples" / "mug")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--part", choices=("run", "step"), nargs="+", default=["run", "step"])
    parser.add_argument("--child", choices=("make", "run", "step"), help=None)
    asked = parser.parse_args()
    quiet_libraries()
    if asked.child == "make":
        make(asked.folder, asked.tiny)
    elif asked.child:
        found = run(asked.folder, asked.case, asked.steps) if asked.child == "run" else step(asked.folder)
        print(json.dumps(found))
    else:
        report(asked)


def report(asked: Any) -> None:
    """Each part in a process of its own."""
    if not asked.folder.exists():
        subprocess.run([sys.executable, *sys.argv, "--child", "make"], check=True)
    for part in asked.part:
        child = subprocess.run(
            [sys.executable, *sys.argv, "--child", part], check=True, stdout=subprocess.PIPE, text=True
        )
        found = json.loads(child.stdout.splitlines()[-1])
        print("\n".join(f"{name:24}{value:8.2f}" for name, value in found.items()))
        if part == "run":
            print(f"locate over its passes of the U-Net: {found['locate_s'] / found['locate_unet_s']:.2f}")
            print(f"share of the U-Net in refine: {found['refine_unet_s'] / found['refine_s']:.2f}")
        else:
            for name in ("plain", "guided"):
                ratio = found[f"{name}_ours_s"] / found[f"{name}_diffusers_s"]
                print(f"a step, {name}, over diffusers' own: {ratio:.2f}")


if __name__ == "__main__":
    main()
