"""What each of two processes does in test_processes.py and test_sharding.py.

Started by torchrun with the folder of the runs.

The main process kept a checkpoint of every step of `whole`; both go on in `resumed`, where a test put those
of the steps up to 2.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import Accelerator

from artifix.config_sections import from_dict
from artifix.errors import UsageError
from artifix.network.assembly import Network
from artifix.training import checkpoint, loop, validation
from artifix.training.config import TrainingConfig
from artifix.training.loop import Job, train
from artifix.training.preparation import trained_parameters
from artifix.training.processes import open_accelerator
from artifix.training.shards import own_parts


def main(folder: Path) -> None:
    """Train, resume, and write down what was found."""
    validation.COUNT, validation.LEVELS, checkpoint.KEPT = 4, (0.5,), 10
    config = from_dict(TrainingConfig, json.loads((folder / "config.json").read_text()), "config.json")
    images, device = (folder / "images",), torch.device("cpu")
    held: list[int] = []
    with _counted_shards(held):
        outcome = train(Job(folder / "whole", images), config, device)
    rank = torch.distributed.get_rank()
    if rank == 0:
        shutil.copytree(folder / "whole", folder / "resumed")
        for old in checkpoint.checkpoints(folder / "resumed")[2:]:
            shutil.rmtree(old)
    torch.distributed.barrier()
    resumed = train(Job(folder / "resumed", images, resume=True), config, device)
    try:
        open_accelerator(torch.device("cuda:1"), replace(config.loop))
        refused = ""
    except UsageError as error:
        refused = error.problem
    found = {
        "processes": torch.distributed.get_world_size(),
        "averages": [value.double().sum().item() for value in trained_parameters(outcome.network)],
        "resumed": [value.double().sum().item() for value in trained_parameters(resumed.network)],
        "pairs_seen": outcome.pairs_seen,
        "is_main": outcome.is_main,
        "figures": outcome.figures,
        "unet_numbers": sum(value.numel() for value in outcome.network.unet.parameters()),
        "unet_numbers_held": held[-1] if held else None,
        "refused": refused,
    }
    (folder / f"found-{rank}.json").write_text(json.dumps(found))
    torch.distributed.destroy_process_group()


@contextmanager
def _counted_shards(held: list[int]) -> Iterator[None]:
    """Note how many numbers of the U-Net this process holds once it has been cut."""
    cut = loop.shard

    def shard(network: Network, accelerator: Accelerator) -> None:
        cut(network, accelerator)
        held.append(sum(part.numel() for part in own_parts(list(network.unet.parameters()))))

    loop.shard = shard
    yield
    loop.shard = cut


if __name__ == "__main__":
    main(Path(sys.argv[1]))
