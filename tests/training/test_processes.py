"""Two processes, started by torchrun once for all tests here, against one that accumulates two batches."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from artifix.errors import DeviceError, InputError, UsageError
from artifix.training import checkpoint, validation
from artifix.training.config import LoopConfig, Phase
from artifix.training.loop import Job, train
from artifix.training.processes import open_accelerator
from tests.training.starting import found_by_each, start_two

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def recipe(tiny_recipe):
    """Matching alone, then alignment, which does not reach all parameters, then both tasks."""
    phases = (
        Phase(32, 0.25, matching_batch=2),
        Phase(32, 0.25, alignment_batch=2),
        Phase(32, 0.5, alignment_batch=2, refinement_batch=2),
    )
    quiet = replace(tiny_recipe.loop, checkpoint_every_s=0.0, precision="fp32")
    return replace(tiny_recipe, steps=4, phases=phases, loop=quiet)


@pytest.fixture(scope="module")
def runs(recipe, scenes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    launcher = ("torch.distributed.run", "--nproc-per-node", "2")
    start_two(launcher, "--master-port", folder, recipe, scenes)
    return folder


@pytest.fixture(scope="module")
def found(runs):
    return found_by_each(runs)


def rows(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def tensors(folder):
    parts = sorted(folder.glob("*.safetensors"))
    return {f"{p.name}:{name}": value for p in parts for name, value in load_file(p).items()}


def test_two_processes_end_with_the_same_weights(found):
    assert [f["processes"] for f in found] == [2, 2]
    assert found[0]["averages"] == found[1]["averages"]
    assert [f["pairs_seen"] for f in found] == [24, 24]


def test_only_the_main_process_validates(found):
    assert [f["is_main"] for f in found] == [True, False]
    assert found[0]["figures"]
    assert not found[1]["figures"]


def test_resuming_in_two_processes_is_exact(runs, found):
    assert found[0]["resumed"] == found[1]["resumed"] == found[0]["averages"]
    name = "checkpoints/step-0000004"
    expected, seen = tensors(runs / "whole" / name), tensors(runs / "resumed" / name)
    assert expected.keys() == seen.keys()
    assert [key for key in expected if not torch.equal(expected[key], seen[key])] == []
    assert rows(runs / "resumed") == rows(runs / "whole")


def test_two_processes_learn_what_one_learns_from_twice_the_batches(runs, recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(validation, "COUNT", 4)
    twice = replace(recipe, loop=replace(recipe.loop, gradient_accumulation=2))
    outcome = train(Job(tmp_path / "run", (runs / "images",)), twice, CPU)
    assert outcome.pairs_seen == 24
    for one, two in zip(rows(tmp_path / "run"), rows(runs / "whole"), strict=True):
        assert one == pytest.approx(two, rel=1e-3, abs=1e-5)
    name = "checkpoints/step-0000004"
    expected, seen = tensors(tmp_path / "run" / name), tensors(runs / "whole" / name)
    moments = [key for key in expected if key.endswith("exp_avg")]
    assert moments
    for key in moments:
        assert torch.allclose(expected[key], seen[key], rtol=1e-2, atol=1e-6), key


def test_another_number_of_processes_is_refused_with_both_numbers(runs, recipe):
    with pytest.raises(InputError, match="made by 2 processes, and now there are 1"):
        train(Job(runs / "whole", (runs / "images",), resume=True), recipe, CPU)
    assert len(checkpoint.checkpoints(runs / "whole")) == 4


def test_one_gpu_named_for_two_processes_is_refused(found):
    assert found[0]["refused"] == "device cuda:1: names one GPU, but 2 processes were started"


def test_sharding_launchers_are_refused_by_name(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")
    with pytest.raises(UsageError, match="DeepSpeed is set up") as caught:
        open_accelerator(CPU, LoopConfig())
    assert "torchrun" in caught.value.hint


def test_fp16_on_a_cpu_is_refused():
    with pytest.raises(DeviceError, match="loop.precision is fp16, which cpu does not train in"):
        open_accelerator(CPU, LoopConfig(precision="fp16"))


def test_another_device_than_asked_for_is_an_error(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    with pytest.raises(DeviceError, match="1 processes on cpu instead of 1 on cuda"):
        open_accelerator(torch.device("cuda"), LoopConfig(precision="fp32"))


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_precision_is_that_of_the_config(precision):
    accelerator = open_accelerator(CPU, LoopConfig(precision=precision))
    with accelerator.autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if precision == "bf16" else torch.float32)
    assert accelerator.device == CPU
