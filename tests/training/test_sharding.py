"""Two processes that share one U-Net by FSDP, on the CPU, against one that accumulates two batches."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from artifix.errors import UsageError
from artifix.training import checkpoint, validation
from artifix.training.blueprint import blueprint
from artifix.training.config import LoopConfig, Phase
from artifix.training.launcher import fsdp_left_to_artifix, is_sharding_asked
from artifix.training.loop import Job, train
from artifix.training.memory import estimate
from artifix.training.processes import open_accelerator
from tests.training.starting import found_by_each, start_two

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
LAST = "checkpoints/step-0000004"


@pytest.fixture(scope="module")
def recipe(tiny_recipe):
    """Matching alone, then alignment, whose passes end inside the U-Net, then both tasks."""
    phases = (
        Phase(32, 0.25, matching_batch=2),
        Phase(32, 0.25, alignment_batch=2),
        Phase(32, 0.5, alignment_batch=2, refinement_batch=2),
    )
    quiet = replace(tiny_recipe.loop, checkpoint_every_s=0.0, precision="fp32", gradient_checkpointing=True)
    return replace(tiny_recipe, steps=4, phases=phases, loop=quiet)


@pytest.fixture(scope="module")
def runs(recipe, scenes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharded")
    (folder / "fsdp.yaml").write_text(GUIDE.split("```yaml\n")[1].split("```")[0])
    launcher = ("accelerate.commands.launch", "--config_file", str(folder / "fsdp.yaml"))
    start_two(launcher, "--main_process_port", folder, recipe, scenes)
    return folder


@pytest.fixture(scope="module")
def found(runs):
    return found_by_each(runs)


@pytest.fixture(scope="module")
def alone(runs, recipe, tmp_path_factory):
    """One process that accumulates two batches."""
    twice = replace(recipe, loop=replace(recipe.loop, gradient_accumulation=2))
    run = tmp_path_factory.mktemp("alone") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "COUNT", 4)
        patch.setattr(validation, "LEVELS", (0.5,))
        train(Job(run, (runs / "images",)), twice, CPU)
    return run


def rows(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def tensors(folder):
    parts = sorted(folder.glob("*.safetensors"))
    return {f"{p.name}:{name}": value for p in parts for name, value in load_file(p).items()}


@pytest.mark.slow
def test_each_process_holds_half_of_the_unet_and_both_end_with_the_same_weights(found):
    assert [f["processes"] for f in found] == [2, 2]
    whole, *others = {f["unet_numbers"] for f in found}
    assert not others
    held = [f["unet_numbers_held"] for f in found]
    assert sum(held) == whole
    assert max(held) < 0.6 * whole
    assert found[0]["averages"] == found[1]["averages"]


@pytest.mark.slow
def test_they_learn_what_one_learns_from_twice_the_batches(runs, alone):
    for one, two in zip(rows(alone), rows(runs / "whole"), strict=True):
        assert one == pytest.approx(two, rel=1e-3, abs=1e-5)
    expected, seen = tensors(alone / LAST), tensors(runs / "whole" / LAST)
    assert expected.keys() == seen.keys()
    moments = [key for key in expected if key.endswith("exp_avg")]
    assert moments
    for key in moments:
        assert torch.allclose(expected[key], seen[key], rtol=1e-2, atol=1e-6), key


@pytest.mark.slow
def test_only_the_main_process_validates_and_on_the_whole_network(found, alone):
    assert not found[1]["figures"]
    told = [json.loads(line) for line in (alone / "validation.jsonl").read_text().splitlines()][-1]
    for name, value in found[0]["figures"].items():
        assert value == pytest.approx(told[name], rel=2e-2, abs=2e-2), name


@pytest.mark.slow
def test_resuming_is_exact(runs, found):
    assert found[0]["resumed"] == found[1]["resumed"] == found[0]["averages"]
    expected, seen = tensors(runs / "whole" / LAST), tensors(runs / "resumed" / LAST)
    assert expected.keys() == seen.keys()
    assert [key for key in expected if not torch.equal(expected[key], seen[key])] == []
    assert len(checkpoint.checkpoints(runs / "whole")) == 4


@pytest.mark.parametrize(
    ("variables", "precision", "said"),
    [
        ({"FSDP_VERSION": "1"}, "fp32", "fsdp_version is 1"),
        ({"FSDP_OFFLOAD_PARAMS": "true"}, "fp32", "fsdp_offload_params is set"),
        ({"FSDP_ACTIVATION_CHECKPOINTING": "true"}, "fp32", "fsdp_activation_checkpointing is set"),
        ({}, "fp16", "loop.precision is fp16, which is not trained in with FSDP"),
    ],
)
def test_what_would_not_be_obeyed_is_refused(monkeypatch, variables, precision, said):
    for name, value in {"ACCELERATE_USE_FSDP": "true", **variables}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=said) as caught:
        open_accelerator(CPU, LoopConfig(precision=precision))
    assert caught.value.hint


def test_one_process_has_nobody_to_share_with(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    assert not is_sharding_asked()
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert is_sharding_asked()
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "false")
    assert not is_sharding_asked()


def test_accelerate_is_not_told_to_shard_anything_itself(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with fsdp_left_to_artifix():
        assert "ACCELERATE_USE_FSDP" not in os.environ
    assert os.environ["ACCELERATE_USE_FSDP"] == "true"


def test_the_estimate_counts_what_the_other_processes_hold(recipe, monkeypatch):
    whole = estimate(recipe, CPU, enough=1e15)
    unet = 4 * sum(p.numel() for p in blueprint(recipe).unet.parameters())
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("WORLD_SIZE", "4")
    shared = estimate(recipe, CPU, enough=1e15)
    assert shared.gradients == whole.gradients - 3 * unet // 4
    assert shared.kept == whole.kept - 4 * 3 * unet // 4 + unet
