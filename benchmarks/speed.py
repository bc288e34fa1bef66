"""How long one case takes, the model loaded, and what locating costs of a full pass of the U-Net.

Usage: python benchmarks/speed.py CASE [--weights NAME|DIR] [--device D] [--repeat N]

CASE is a folder with image.png, mask.png and reference.png. Times are medians of N runs after a warm-up, all
in one process; the share of a pass is given in floating-point operations and in time, over as many crops as
locating looks at in one pass.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from running import add_network_options, as_script, plain_parser, start
from torch.utils.flop_counter import FlopCounterMode

from artifix.config import RefineConfig
from artifix.evaluation.cases import read_known_case
from artifix.network.assembly import Network
from artifix.network.attention import record_attention


def median_s(work: Callable[[], object], repeat: int) -> float:
    """Median seconds of `work`, after one run that is not counted."""
    work()
    taken = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def passes(network: Network, layer: str, crops: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """A full pass of the U-Net over so many crops, and one that ends at `layer`, on the same input."""
    side, reference_side = network.working_size_px, network.reference_size_px
    place = {"device": network.device, "dtype": network.dtype}
    pictures = torch.zeros(crops, 3, side, side, **place)
    comparison = network.compare(pictures, torch.zeros(crops, 3, reference_side, reference_side, **place))
    condition = network.condition(pictures, torch.ones(crops, 1, side, side, **place), comparison)
    timestep = torch.zeros(crops, dtype=torch.int64, device=network.device)

    def whole() -> None:
        network.denoiser.predict_clean(condition.masked, timestep, condition)

    def part() -> None:
        with record_attention(network.unet, [layer], stop_after_last=True):
            whole()

    return whole, part


def flops(work: Callable[[], object]) -> int:
    """Floating-point operations of `work`."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = plain_parser(__doc__)
    parser.add_argument("case", type=Path)
    add_network_options(parser)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    pipeline = start(options)
    print(
        f"load {time.perf_counter() - started:.2f} s on {pipeline.device}, {torch.get_num_threads()} threads"
    )
    case, config = read_known_case(options.case).case, RefineConfig()
    height, width = case.mask.shape
    print(f"{options.case.name}: {width}x{height} px, mask {case.mask.mean():.1%}")
    print(f"locate {median_s(lambda: pipeline.locate(case, config), options.repeat):.2f} s")
    print(f"refine {median_s(lambda: pipeline.refine(case, config), options.repeat):.2f} s")
    with torch.inference_mode():
        whole, part = passes(
            pipeline.network, pipeline.config.alignment_layer, len(config.alignment.contexts)
        )
        print(f"locate's share of a pass: {flops(part) / flops(whole):.1%} of the operations, ", end="")
        print(f"{median_s(part, 20) / median_s(whole, 20):.1%} of the time")


if __name__ == "__main__":
    sys.exit(main())
