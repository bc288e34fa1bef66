"""How fast training pairs are made, by task and size.

Usage: python benchmarks/data_speed.py [--device D] [--pairs N] [--repeats R]

Prints pairs/s of `make_pairs` by the clock and the processor seconds of a batch, which tell more on a machine
that does other work too. The scenes are drawn by code; no data is needed.
"""

import argparse
import time

import torch

from artifix.training.config import DataConfig
from artifix.training.pairs.material import load_data
from artifix.training.pairs.synthesis import make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT


def main() -> None:
    """Measure every task at two sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--pairs", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=8)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    data = DataConfig(images_share=0, procedural_share=1, procedural_scenes=64, lettering=64)
    started = time.perf_counter()
    sources = load_data([], [], data, 0, device)
    spent = time.perf_counter() - started
    print(f"{len(sources.images)} scenes drawn in {spent:.1f} s; {torch.get_num_threads()} threads")

    def draw(task: str, size_px: int, seed: int) -> None:
        random = torch.Generator(device).manual_seed(seed)
        make_pairs(sources, task, arguments.pairs, size_px, size_px, SynthesisConfig(), random)
        if device.type == "cuda":
            torch.cuda.synchronize()

    for size_px in (64, 128):
        for task in (MATCHING, ALIGNMENT, REFINEMENT):
            draw(task, size_px, 0)
            started, used = time.perf_counter(), time.process_time()
            for seed in range(arguments.repeats):
                draw(task, size_px, seed)
            spent = (time.perf_counter() - started) / arguments.repeats
            used = (time.process_time() - used) / arguments.repeats
            print(f"{task:10} {size_px:4} px {arguments.pairs / spent:8.0f} pairs/s {used:7.3f} s/batch")


if __name__ == "__main__":
    main()
