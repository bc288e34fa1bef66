"""A run that cannot fit is refused before anything is allocated; whatever may fit is not."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from artifix.errors import DeviceError, ExitCode
from artifix.setting_names import in_python
from artifix.training import memory
from artifix.training.blueprint import blueprint
from artifix.training.config import BaseConfig, Phase
from artifix.training.memory import GIB, MARGIN, check_memory, estimate, largest_batches
from artifix.training.preparation import trained_parameters
from artifix.training.tasks import MATCHING, REFINEMENT

CPU = torch.device("cpu")
PLENTY = 10**12


@pytest.fixture
def recipe(tiny_recipe):
    return replace(tiny_recipe, loop=replace(tiny_recipe.loop, precision="fp32"))


@pytest.fixture
def check(monkeypatch, scenes):
    """check(recipe, free bytes) -> what was told."""

    def run(recipe, free, device=CPU):
        lines = []
        monkeypatch.setattr(memory, "free_bytes", lambda device: free)
        check_memory(recipe, (scenes,), (), device, lines.append)
        return lines

    return run


def batches(recipe, *phases, **loop):
    return replace(recipe, phases=phases, loop=replace(recipe.loop, **loop))


def test_what_is_kept_is_counted_from_the_parameters(recipe):
    need = estimate(recipe, CPU)
    count = sum(parameter.numel() for parameter in trained_parameters(blueprint(recipe)))
    assert need.gradients == 4 * count
    assert 4 * need.gradients <= need.kept < 4 * need.gradients + 1000  # the codec has a number of its own
    assert need.total >= need.sure + need.gradients  # a copy of the weights, at least, is made meanwhile


def test_images_are_counted_without_being_opened(recipe, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"no picture")
    assert estimate(recipe, CPU, (tmp_path,), enough=PLENTY).images == 3 * 3 * 64 * 64 * 5 / 4
    drawn = replace(recipe.data, images_share=0.5, procedural_share=0.5, procedural_scenes=10)
    assert (
        estimate(replace(recipe, data=drawn), CPU, (tmp_path,), enough=PLENTY).images
        == 13 * 3 * 64 * 64 * 5 / 4
    )
    assert (
        estimate(recipe, CPU, (tmp_path / "none",), enough=PLENTY).images == 0
    )  # what is wrong there is told elsewhere


def test_a_batch_that_cannot_fit_is_refused_with_its_numbers_and_remedies(recipe, check):
    wide = batches(recipe, Phase(32, alignment_batch=2, refinement_batch=200_000))
    with pytest.raises(DeviceError) as caught:
        check(wide, 22 * GIB)
    assert caught.value.exit_code == ExitCode.DEVICE
    told, hint = caught.value.problem, caught.value.hint
    need = estimate(wide, CPU)
    assert f"training needs about {need.total / GIB:.0f} GiB, 22 GiB are free on cpu" in told
    assert "for 200000 pairs of refinement at 32 px and gradients" in told
    assert "loop.gradient_checkpointing=true" in hint
    assert "refinement_batch smaller and loop.gradient_accumulation larger" in hint
    assert hint.endswith("choose another device")


def test_what_is_in_use_already_is_no_remedy(recipe, check):
    one = batches(recipe, Phase(32, refinement_batch=1), gradient_checkpointing=True)
    need = estimate(one, CPU)
    assert (
        in_python(memory.remedy_of(one, replace(need, batch=10 * GIB), 1))
        == "set crop_px smaller; or choose another device"
    )
    assert "smaller network" in memory.remedy_of(one, replace(need, kept=10 * GIB), 1)
    assert "data.source_px smaller" in memory.remedy_of(one, replace(need, images=10 * GIB), 1)


def test_a_network_that_cannot_fit_is_refused_whatever_its_batches_are(recipe, check, monkeypatch):
    def refuse(*_):
        raise NotImplementedError("torch has no such thing")

    monkeypatch.setattr(memory, "rehearse", refuse)
    wide = replace(recipe, network=replace(recipe.network, unet_widths=(8192, 8192, 8192)))
    with pytest.raises(DeviceError, match=r"for weights, optimiser and average.* and \d+ GiB for gradients"):
        check(wide, 64 * GIB)


def test_what_may_fit_is_never_refused(recipe, check):
    need = estimate(recipe, CPU)
    assert check(recipe, 10**12) == []
    assert check(recipe, round(2 * need.total)) == []
    (told,) = check(recipe, need.total)
    assert told.endswith("it may not fit")
    with pytest.raises(DeviceError):
        check(recipe, round(need.total / 2))


def test_nothing_is_rehearsed_where_plenty_is_free(recipe, check, monkeypatch):
    monkeypatch.setattr(memory, "rehearse", lambda *_: pytest.fail("rehearsed"))
    assert check(recipe, 10**10) == []


def test_where_nobody_tells_what_is_free_nothing_is_refused(recipe, check):
    assert check(batches(recipe, Phase(32, refinement_batch=10**6)), None) == []


def test_a_base_that_cannot_be_read_is_left_to_whoever_loads_it(recipe, check, tmp_path):
    assert check(replace(recipe, base=BaseConfig(unet=str(tmp_path))), 1) == []


def test_a_batch_that_cannot_be_rehearsed_is_not_held_against_the_run(recipe, monkeypatch):
    strange = replace(recipe, losses=replace(recipe.losses, layers=("up_blocks.7.attentions.0",)))
    need = estimate(strange, CPU)
    assert (need.largest, need.batch) == (None, 2 * need.gradients)


def test_processes_on_one_machine_share_its_memory_and_gpus_do_not(recipe, check, monkeypatch):
    need = estimate(recipe, CPU, enough=PLENTY)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    with pytest.raises(DeviceError, match="in each of 4 processes") as caught:
        check(recipe, 3 * need.sure)
    assert "start fewer processes" in caught.value.hint
    assert check(recipe, 100 * need.total, torch.device("cuda")) == []


def test_batches_that_surely_take_less_than_another_are_not_looked_at(recipe):
    first, second = Phase(32, refinement_batch=16, alignment_batch=16), Phase(64, refinement_batch=8)
    assert list(largest_batches(batches(recipe, first, second))) == [(REFINEMENT, 8, 64)]
    third = Phase(32, matching_batch=100)
    assert list(largest_batches(batches(recipe, first, second, third))) == [
        (MATCHING, 100, 32),
        (REFINEMENT, 8, 64),
    ]


def test_accumulated_gradients_count_beside_the_batch(recipe):
    phase = Phase(32, refinement_batch=16)
    once, often = (estimate(batches(recipe, phase, gradient_accumulation=n), CPU) for n in (1, 3))
    assert once.batch < often.batch <= once.batch + once.gradients


PROGRAM = """
import sys
from pathlib import Path
import torch
from artifix.training import loop, validation
from artifix.training.recipes.changes import changed_recipe

def kib(name):  # ru_maxrss would hold what the parent had when it forked
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith(name))


validation.COUNT = 2
before = []
opened = loop.open_accelerator


def note(*arguments):
    before.append(kib("VmRSS"))
    return opened(*arguments)


loop.open_accelerator = note
recipe = changed_recipe("small", sys.argv[3:])
loop.train(loop.Job(Path(sys.argv[1]), (Path(sys.argv[2]),)), recipe, torch.device("cpu"))
print(1024 * (kib("VmHWM") - before[0]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells in /proc")
def test_two_steps_really_take_what_was_estimated(scenes, tmp_path):
    from artifix.training.recipes.changes import changed_recipe

    changes = [
        "steps=2",
        "phases=[{crop_px=64,refinement_batch=8}]",
        "loop.precision=fp32",
        "data.images_share=1.0",
        "data.procedural_share=0",
        "data.lettering=2",
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "run"), str(scenes), *changes],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    need = estimate(changed_recipe("small", changes), CPU, (scenes,))
    assert need.total / MARGIN < int(done.stdout) < 1.6 * need.total
