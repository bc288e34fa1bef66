import errno
import json
import multiprocessing
import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
from diffusers.training_utils import EMAModel
from safetensors import SafetensorError
from torch import nn

from artifix.errors import InputError, OutputError
from artifix.training import checkpoint

CONFIG = {"steps": 10, "widths": (1, 2), "learning_rate": 0.1}


def make_state(seed=0):
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 2, 1)).to(memory_format=torch.channels_last)
    parameters = list(module.parameters())
    return checkpoint.State({"unet": module}, torch.optim.AdamW(parameters, lr=0.1), EMAModel(parameters))


def advance(state, steps):
    for _ in range(steps):
        inputs = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(state.step))
        state.optimizer.zero_grad()
        state.modules["unet"](inputs).square().mean().backward()
        state.optimizer.step()
        state.ema.step(state.modules["unet"].parameters())
        state.step += 1
        state.pairs_seen += 2


def everything(state):
    rows = state.optimizer.state_dict()["state"]
    tensors = [*state.modules["unet"].parameters(), *state.ema.shadow_params]
    return tensors + [row[name] for row in rows.values() for name in sorted(row)]


def test_loaded_state_is_the_saved_one(tmp_path):
    saved, loaded = make_state(), make_state(seed=1)
    advance(saved, 3)
    saved.seconds = 12.25
    checkpoint.save(tmp_path, saved, CONFIG)
    checkpoint.load(tmp_path, loaded, CONFIG)
    assert all(map(torch.equal, everything(saved), everything(loaded)))
    assert [t.stride() for t in everything(saved)] == [t.stride() for t in everything(loaded)]
    assert (loaded.step, loaded.pairs_seen, loaded.ema.optimization_step) == (3, 6, 3)
    assert loaded.seconds == pytest.approx(12.25, abs=0.1)


def test_going_on_from_a_checkpoint_is_the_same_as_never_stopping(tmp_path):
    whole, resumed = make_state(), make_state(seed=1)
    advance(whole, 3)
    checkpoint.save(tmp_path, whole, CONFIG)
    checkpoint.load(tmp_path, resumed, CONFIG)
    advance(whole, 3)
    advance(resumed, 3)
    assert all(map(torch.equal, everything(whole), everything(resumed)))


def test_newest_checkpoint_is_loaded(tmp_path):
    state, loaded = make_state(), make_state()
    for _ in range(2):
        advance(state, 1)
        checkpoint.save(tmp_path, state, CONFIG)
    checkpoint.load(tmp_path, loaded, CONFIG)
    assert loaded.step == 2


def test_only_two_checkpoints_are_kept(tmp_path):
    state = make_state()
    for _ in range(4):
        advance(state, 1)
        checkpoint.save(tmp_path, state, CONFIG)
    assert [p.name for p in checkpoint.checkpoints(tmp_path)] == ["step-0000003", "step-0000004"]


def test_saving_one_step_twice_replaces_it(tmp_path):
    state = make_state()
    advance(state, 1)
    checkpoint.save(tmp_path, state, CONFIG)
    checkpoint.save(tmp_path, state, CONFIG)
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["step-0000001"]


@pytest.mark.parametrize(
    "refusal",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_full_disk_keeps_the_previous_checkpoint(tmp_path, monkeypatch, refusal):
    state = make_state()
    advance(state, 1)
    checkpoint.save(tmp_path, state, CONFIG)
    advance(state, 1)

    def refuse(tensors, path):
        path.write_bytes(b"half")
        raise refusal

    monkeypatch.setattr(checkpoint, "save_file", refuse)
    with pytest.raises(OutputError, match="No space left on device") as caught:
        checkpoint.save(tmp_path, state, CONFIG)
    assert "step-0000002" in caught.value.problem
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["step-0000001"]
    checkpoint.load(tmp_path, make_state(), CONFIG)


def test_run_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "checkpoints").write_text("a file in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        checkpoint.save(tmp_path, make_state(), CONFIG)


def test_half_written_checkpoint_is_not_found_and_goes_with_the_next(tmp_path):
    (tmp_path / "checkpoints" / ".step-0000009.tmp" / "deep").mkdir(parents=True)
    assert checkpoint.checkpoints(tmp_path) == []
    checkpoint.save(tmp_path, make_state(), CONFIG)
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["step-0000000"]


def test_nothing_to_resume_is_an_error(tmp_path):
    with pytest.raises(InputError, match="holds no checkpoint"):
        checkpoint.load(tmp_path, make_state(), CONFIG)


def test_another_config_is_refused_by_the_names_of_what_differs(tmp_path):
    checkpoint.save(tmp_path, make_state(), CONFIG)
    with pytest.raises(InputError, match=r"another config \(learning_rate differ\)") as caught:
        checkpoint.load(tmp_path, make_state(), CONFIG | {"learning_rate": 0.2, "steps": 20})
    assert f"config {tmp_path / 'config.toml'}" in caught.value.hint
    checkpoint.save(tmp_path, make_state(), CONFIG | {"loop": {"precision": "fp32", "log_every_s": 1.0}})
    with pytest.raises(InputError, match=r"another config \(loop.precision differ\)"):
        checkpoint.load(tmp_path, make_state(), CONFIG | {"loop": {"precision": "bf16", "log_every_s": 9.0}})


def test_another_number_of_processes_is_refused_with_both(tmp_path):
    state = make_state()
    state.processes = 4
    checkpoint.save(tmp_path, state, CONFIG)
    with pytest.raises(InputError, match="made by 4 processes, and now there are 1"):
        checkpoint.load(tmp_path, make_state(), CONFIG)


def test_scale_of_the_loss_is_kept(tmp_path):
    saved, loaded = make_state(), make_state()
    saved.scaler, loaded.scaler = (torch.amp.GradScaler("cpu", init_scale=scale) for scale in (8.0, 2.0))
    saved.scaler.scale(torch.ones(1))
    checkpoint.save(tmp_path, saved, CONFIG)
    checkpoint.load(tmp_path, loaded, CONFIG)
    loaded.scaler.scale(torch.ones(1))
    assert loaded.scaler.get_scale() == 8.0


def test_schedule_may_be_stretched(tmp_path):
    saved, loaded = make_state(), make_state(seed=1)
    advance(saved, 1)
    checkpoint.save(tmp_path, saved, CONFIG)
    checkpoint.load(tmp_path, loaded, CONFIG | {"steps": 20})
    assert loaded.step == 1
    assert all(map(torch.equal, everything(saved), everything(loaded)))


def test_checkpoint_holds_no_pickle(tmp_path):
    state = make_state()
    advance(state, 1)
    folder = checkpoint.save(tmp_path, state, CONFIG)
    files = sorted(p.name for p in folder.iterdir())
    assert files == ["ema.safetensors", "optimizer.safetensors", "state.json", "unet.safetensors"]
    assert json.loads((folder / "state.json").read_text())["config"]["widths"] == [1, 2]


def test_a_step_saved_again_stays_if_the_new_one_cannot_be_put_there(tmp_path, monkeypatch):
    state = make_state()
    checkpoint.save(tmp_path, state, CONFIG)
    rename = Path.rename

    def refuse(path, target):
        if path.suffix == ".tmp":
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError, match="Input/output error"):
        checkpoint.save(tmp_path, state, CONFIG)
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["step-0000000"]
    checkpoint.load(tmp_path, make_state(), CONFIG)


def test_a_run_killed_between_two_renames_is_resumed(tmp_path):
    folder = checkpoint.save(tmp_path, make_state(), CONFIG)
    folder.rename(folder.with_name(f".{folder.name}.old"))
    checkpoint.load(tmp_path, make_state(), CONFIG)
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["step-0000000"]


def die_at(monkeypatch, place, call):
    """Let this process kill itself in the given call of `place`, a step of saving."""
    module, name = place
    whole, calls = getattr(module, name), iter(range(1, 100))

    def die(*arguments, **named):
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments, **named)

    monkeypatch.setattr(module, name, die)


@pytest.mark.parametrize(
    ("place", "call", "step"),
    [
        ((checkpoint, "save_file"), 2, 2),  # half of the tensors written
        ((checkpoint, "sync_tree"), 1, 2),  # all written, not yet on the disk
        ((Path, "rename"), 1, 2),  # not yet published
        ((Path, "rename"), 2, 3),  # published, the oldest not yet gone
        ((shutil, "rmtree"), 1, 3),  # the oldest about to be removed
    ],
)
def test_a_run_killed_while_saving_can_be_resumed(tmp_path, monkeypatch, place, call, step):
    state = make_state()
    for _ in range(2):
        advance(state, 1)
        checkpoint.save(tmp_path, state, CONFIG)
    advance(state, 1)

    def save():
        die_at(monkeypatch, place, call)
        checkpoint.save(tmp_path, state, CONFIG)

    process = multiprocessing.get_context("fork").Process(target=save)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    loaded = make_state(seed=1)
    checkpoint.load(tmp_path, loaded, CONFIG)
    assert loaded.step == step
    advance(loaded, 3 - step)
    assert all(map(torch.equal, everything(state), everything(loaded)))
    checkpoint.save(tmp_path, loaded, CONFIG)
    names = sorted(p.name for p in (tmp_path / "checkpoints").iterdir())
    assert names == ["step-0000002", "step-0000003"]


def test_a_changed_byte_is_noticed(tmp_path):
    path = checkpoint.save(tmp_path, make_state(), CONFIG) / "unet.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged or incomplete: unet.safetensors was changed"):
        checkpoint.load(tmp_path, make_state(), CONFIG)


@pytest.mark.parametrize("name", ["state.json", "unet.safetensors", "ema.safetensors"])
def test_a_damaged_checkpoint_is_named(tmp_path, name):
    path = checkpoint.save(tmp_path, make_state(), CONFIG) / name
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="step-0000000: is damaged or incomplete"):
        checkpoint.load(tmp_path, make_state(), CONFIG)
    path.unlink()
    with pytest.raises(InputError, match="step-0000000: is damaged or incomplete"):
        checkpoint.load(tmp_path, make_state(), CONFIG)
