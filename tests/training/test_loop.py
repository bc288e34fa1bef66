import errno
import itertools
import json
import re
import shutil
import signal
import tomllib
from dataclasses import replace

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from artifix.config_sections import from_dict
from artifix.errors import DeviceError, InputError, OutputError, UsageError
from artifix.training import checkpoint, loop, update, validation
from artifix.training.config import OptimizerConfig, Phase, TrainingConfig
from artifix.training.loop import Job, train
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.preparation import trained_parameters
from artifix.training.tasks import REFINEMENT
from artifix.training.update import schedule

CPU = torch.device("cpu")


def run(scenes, folder, recipe, *, lines=None, **job):
    report = lines.append if lines is not None else lambda line: None
    return train(Job(folder, (scenes,), **job), recipe, CPU, report)


def with_loop(recipe, **values):
    return replace(recipe, loop=replace(recipe.loop, **values))


def at_every_step(recipe):
    return with_loop(recipe, checkpoint_every_s=0.0)


@pytest.fixture(autouse=True)
def short_validation(monkeypatch):
    monkeypatch.setattr(validation, "COUNT", 6)
    monkeypatch.setattr(validation, "LEVELS", (0.1, 0.9))


@pytest.fixture(scope="module")
def recipe(tiny_recipe):
    """Two phases, so that a run is resumed in the middle of one and behind a change."""
    first = Phase(32, 1 / 3, matching_batch=2)
    second = Phase(32, 2 / 3, alignment_batch=2, refinement_batch=2)
    return replace(tiny_recipe, phases=(first, second))


@pytest.fixture(scope="module")
def finished(recipe, scenes, tmp_path_factory):
    """A whole run of six steps that kept a checkpoint of each: its folder, what it told and its outcome."""
    folder, lines = tmp_path_factory.mktemp("runs") / "whole", []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "COUNT", 6)
        patch.setattr(validation, "LEVELS", (0.1, 0.9))
        patch.setattr(checkpoint, "KEPT", 10)
        outcome = run(scenes, folder, at_every_step(recipe), lines=lines)
    return folder, lines, outcome


def copy_with(finished, target, steps):
    """The folder of the finished run with the checkpoints of `steps` only."""
    shutil.copytree(finished[0], target, ignore=shutil.ignore_patterns("checkpoints"))
    for step in steps:
        name = f"checkpoints/step-{step:07d}"
        shutil.copytree(finished[0] / name, target / name)
    return target


def tensors(folder):
    return {
        f"{path.name}:{name}": value
        for path in sorted(folder.glob("*.safetensors"))
        for name, value in load_file(path).items()
    }


def rows(folder, name="log.jsonl"):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def assert_same_end(finished, folder):
    name = "checkpoints/step-0000006"
    expected, found = tensors(finished[0] / name), tensors(folder / name)
    assert expected.keys() == found.keys()
    assert [key for key in expected if not torch.equal(expected[key], found[key])] == []
    assert rows(folder) == rows(finished[0])


def test_learning_rate_warms_up_and_falls_to_nothing():
    config = OptimizerConfig(warmup_steps=10)
    shares = [schedule(step, 100, config) for step in range(101)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[9] == shares[10] == 1.0
    assert shares[55] == pytest.approx(0.5)
    assert shares[100] == pytest.approx(0)
    assert shares[:10] == sorted(shares[:10])
    assert shares[10:] == sorted(shares[10:], reverse=True)


def test_constant_learning_rate_warms_up_and_stays():
    config = OptimizerConfig(warmup_steps=2, schedule="constant")
    assert [schedule(step, 5, config) for step in range(6)] == [0.5, 1, 1, 1, 1, 1]


def test_learning_rate_survives_a_warmup_longer_than_the_schedule():
    config = OptimizerConfig(warmup_steps=10)
    assert all(0 < schedule(step, 5, config) <= 1 for step in range(6))


def test_projection_learns_at_its_own_rate(recipe, scenes, tmp_path, monkeypatch):
    rates = []

    def note(training):
        values = update.update(training)
        rates.append([group["lr"] for group in training.state.optimizer.param_groups])
        return values

    monkeypatch.setattr(loop, "update", note)
    own = replace(recipe.optimizer, learning_rate=1e-3, projection_learning_rate=4e-3)
    run(scenes, tmp_path / "run", replace(recipe, steps=2, optimizer=own))
    assert rates == [pytest.approx([0.5e-3, 2e-3]), pytest.approx([1e-3, 4e-3])]


def test_run_ends_with_its_schedule_and_says_what_it_did(finished):
    _, lines, outcome = finished
    assert (outcome.step, outcome.pairs_seen, outcome.is_main) == (6, 2 * 2 + 4 * 4, True)
    assert {"pck", "pck_detail", "denoising_90", "paste_db", "refined_db", "tokens_db"} <= set(
        outcome.figures
    )
    assert re.fullmatch(r"2 scenes, \d+ decals, 0 files skipped", lines[1])
    assert re.fullmatch(
        r"step 1/6 matching \d\.\d+ match \d\.\d+ match_pck \d\.\d+ gradient_norm \d+\.\d+ "
        r"\d+\.\d pairs/s data \d+% \d+\.\d min",
        lines[2],
    )
    assert re.match(r"step 3/6 alignment \d\.\d+ where .* refinement \d\.\d+ what \d\.\d+ ", lines[4])
    assert lines[-1].startswith("validation at step 6: pck ")


def test_losses_of_every_step_are_logged(finished):
    logged = rows(finished[0])
    assert [row["step"] for row in logged] == [1, 2, 3, 4, 5, 6]
    assert set(logged[0]) == {"step", "matching", "match", "match_pck", "gradient_norm"}
    assert {"alignment", "refinement", "where", "what", "pck"} <= set(logged[5])


def test_run_folder_holds_no_pickle_and_all_one_needs(finished):
    folder = finished[0]
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {name.rsplit(".")[-1] for name in files} == {"json", "jsonl", "png", "safetensors", "toml"}
    assert {"config.toml", "log.jsonl", "validation.jsonl", "sheet.png"} <= files
    newest = "checkpoints/step-0000006"
    assert {
        f"{newest}/{part}.safetensors"
        for part in ("unet", "image_encoder", "projection", "detail_encoder", "ema")
    } <= files
    assert not any((folder / name).read_bytes().startswith(b"\x80") for name in files)


def test_config_that_is_written_down_is_the_one_that_ran(finished, recipe):
    values = tomllib.loads((finished[0] / "config.toml").read_text())
    written = from_dict(TrainingConfig, values, "config.toml")
    assert written == finished[2].config
    assert written.loop.precision in ("bf16", "fp32")
    settled = replace(recipe.loop, precision=written.loop.precision)
    assert written == at_every_step(replace(recipe, loop=settled))


def test_outcome_holds_the_averaged_weights(finished):
    folder, _, outcome = finished
    newest = folder / "checkpoints" / "step-0000006"
    averaged = load_file(newest / "ema.safetensors")
    assert all(
        torch.equal(parameter, averaged[str(i)])
        for i, parameter in enumerate(trained_parameters(outcome.network))
    )
    raw = load_file(newest / "unet.safetensors")["conv_out.weight"]
    assert not torch.equal(outcome.network.unet.conv_out.weight, raw)


def test_average_follows_the_weights_step_by_step(finished):
    averages = [load_file(p / "ema.safetensors")["0"] for p in checkpoint.checkpoints(finished[0])]
    # The U-Net's first weight is reached from the second phase on.
    assert not any(torch.equal(a, b) for a, b in itertools.pairwise(averages[2:]))


@pytest.mark.parametrize("step", [1, 4])
def test_resumed_run_is_bitwise_the_run_that_never_stopped(finished, recipe, scenes, tmp_path, step):
    resumed = copy_with(finished, tmp_path / "run", [step])
    outcome = run(scenes, resumed, at_every_step(recipe), resume=True)
    assert_same_end(finished, resumed)
    assert (outcome.step, outcome.pairs_seen) == (6, 20)
    assert outcome.figures == finished[2].figures


def test_run_resumed_twice_is_bitwise_the_run_that_never_stopped(
    finished, recipe, scenes, tmp_path, monkeypatch
):
    folder = copy_with(finished, tmp_path / "run", [1])

    def stopped_after(count):
        steps = iter(range(count))

        def one(training):
            if next(steps, None) is None:
                raise DeviceError("power cut")
            return update.update(training)

        return one

    for count in (1, 2):
        with monkeypatch.context() as patch:
            patch.setattr(loop, "update", stopped_after(count))
            with pytest.raises(DeviceError, match="power cut"):
                run(scenes, folder, at_every_step(recipe), resume=True)
    run(scenes, folder, at_every_step(recipe), resume=True)
    assert_same_end(finished, folder)


def test_resuming_a_finished_run_changes_nothing(finished, recipe, scenes, tmp_path):
    again = copy_with(finished, tmp_path / "run", [6])
    outcome = run(scenes, again, at_every_step(recipe), resume=True)
    assert outcome.step == 6
    assert outcome.figures == finished[2].figures


def test_accumulated_batches_count_and_are_all_different(recipe, scenes, tmp_path, monkeypatch):
    drawn = []
    whole = update.draw_batch

    def note(training, slot, task):
        pairs, random = whole(training, slot, task)
        drawn.append((slot, task, pairs.clean.sum().item()))
        return pairs, random

    monkeypatch.setattr(update, "draw_batch", note)
    outcome = run(scenes, tmp_path / "run", with_loop(replace(recipe, steps=1), gradient_accumulation=3))
    assert [row[:2] for row in drawn] == [(0, "matching"), (1, "matching"), (2, "matching")]
    assert len({row[2] for row in drawn}) == 3
    assert outcome.pairs_seen == 6


def test_run_stops_when_its_minutes_are_over(recipe, scenes, tmp_path):
    outcome = run(scenes, tmp_path / "run", recipe, minutes=1e-9)
    assert outcome.step < 6
    assert (tmp_path / "run" / "checkpoints" / f"step-{outcome.step:07d}").is_dir()


def test_resuming_what_is_not_there_is_an_error(recipe, scenes, tmp_path):
    with pytest.raises(InputError, match="is not there to resume"):
        run(scenes, tmp_path / "run", recipe, resume=True)
    assert not (tmp_path / "run").exists()
    (tmp_path / "run").mkdir()
    with pytest.raises(InputError, match="holds no checkpoint to resume"):
        run(scenes, tmp_path / "run", recipe, resume=True)


def test_resuming_under_another_config_is_an_error(finished, recipe, scenes, tmp_path):
    folder = copy_with(finished, tmp_path / "run", [3])
    other = replace(recipe, optimizer=replace(recipe.optimizer, learning_rate=1.0))
    with pytest.raises(InputError, match=r"\(optimizer.learning_rate differ\)"):
        run(scenes, folder, other, resume=True)


def test_folder_that_holds_a_run_is_not_overwritten(finished, recipe, scenes):
    before = sorted(finished[0].rglob("*"))
    with pytest.raises(OutputError, match="already holds a run"):
        run(scenes, finished[0], recipe)
    assert sorted(finished[0].rglob("*")) == before


def test_unusable_data_leaves_no_run_folder(recipe, tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(InputError, match="holds no image"):
        run(tmp_path / "images", tmp_path / "run", recipe)
    assert not (tmp_path / "run").exists()


def test_contradictory_config_is_refused_before_data_is_decoded(recipe, scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "load_data", lambda *_: pytest.fail("data was decoded"))
    with pytest.raises(UsageError, match=r"phases\[0\].crop_px is 64, but the network's working size is 32"):
        run(scenes, tmp_path / "run", replace(recipe, phases=(Phase(64, alignment_batch=1),)))
    strange = replace(recipe, losses=replace(recipe.losses, layers=("up_blocks.7.attentions.0",)))
    strange = with_loop(strange, gradient_checkpointing=True)
    with pytest.raises(UsageError, match="the network has no cross-attention up_blocks.7.attentions.0"):
        run(scenes, tmp_path / "run", strange)


def test_skipped_files_are_told(recipe, image_folder, tmp_path):
    (image_folder / "bad.jpg").write_bytes(b"no image")
    lines = []
    run(image_folder, tmp_path / "run", recipe, lines=lines, minutes=1e-9)
    assert "bad.jpg" in lines[1]
    assert lines[2].endswith(" 1 files skipped")


def test_loss_that_is_no_number_ends_the_run_and_its_batch_is_kept(
    finished, recipe, scenes, tmp_path, monkeypatch
):
    folder, whole = copy_with(finished, tmp_path / "run", [3]), update.task_loss

    def broken(network, task, pairs, *rest):
        values = whole(network, task, pairs, *rest)
        return values | {"loss": values["loss"] * float("nan")} if task == REFINEMENT else values

    monkeypatch.setattr(update, "task_loss", broken)
    with pytest.raises(DeviceError, match="the loss refinement is nan at step 3") as caught:
        run(scenes, folder, at_every_step(recipe), resume=True)
    path = folder / "bad-batch-0000003.safetensors"
    assert str(path) in caught.value.problem
    assert "lower learning rate" in caught.value.hint
    kept = load_file(path)
    assert {"refinement.0.clean", "refinement.0.garbled", "refinement.0.mask"} <= set(kept)
    assert not any(name.startswith("alignment") for name in kept)
    assert kept["refinement.0.clean"].shape == (2, 3, 32, 32)
    assert Image.open(path.with_suffix(".png")).size == (4 * 32, 2 * 32)
    assert [p.name for p in checkpoint.checkpoints(folder)] == ["step-0000003"]


def test_gradient_that_is_no_number_ends_the_run(recipe, scenes, tmp_path, monkeypatch):
    whole = update.task_loss

    def broken(*arguments):
        values = whole(*arguments)
        values["loss"].register_hook(lambda gradient: gradient * float("inf"))
        return values

    monkeypatch.setattr(update, "task_loss", broken)
    with pytest.raises(DeviceError, match="the gradient's norm is (nan|inf) at step 0"):
        run(scenes, tmp_path / "run", recipe)
    assert (tmp_path / "run" / "bad-batch-0000000.safetensors").exists()
    assert checkpoint.checkpoints(tmp_path / "run") == []


def test_full_disk_ends_the_run_and_keeps_what_was_saved(finished, recipe, scenes, tmp_path, monkeypatch):
    folder = copy_with(finished, tmp_path / "run", [3])

    def refuse(tensors, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", refuse)
    with pytest.raises(OutputError, match="No space left on device"):
        run(scenes, folder, at_every_step(recipe), resume=True)
    assert [p.name for p in checkpoint.checkpoints(folder)] == ["step-0000003"]


def test_validation_is_logged_and_drawn(finished):
    last = rows(finished[0], "validation.jsonl")[-1]
    assert last["step"] == 6
    assert last["refined_db"] == finished[2].figures["refined_db"]
    assert Image.open(finished[0] / "sheet.png").size == (5 * 32, 6 * 32)


def test_validating_on_the_way_changes_nothing(finished, recipe, scenes, tmp_path, monkeypatch):
    seen = []
    whole = loop.validation_pairs
    monkeypatch.setattr(loop, "validation_pairs", lambda *a: seen.append(whole(*a)) or seen[-1])
    recipe = with_loop(at_every_step(recipe), validate_every_steps=2)
    run(scenes, tmp_path / "run", recipe)
    assert_same_end(finished, tmp_path / "run")
    run(scenes, tmp_path / "run", recipe, resume=True)
    assert [row["step"] for row in rows(tmp_path / "run", "validation.jsonl")] == [2, 4, 6, 6]
    assert torch.equal(seen[0][REFINEMENT].clean, seen[1][REFINEMENT].clean)


def test_network_learns_the_colours_of_two_images(tiny_recipe, scenes, tmp_path):
    recipe = replace(
        tiny_recipe,
        network=replace(tiny_recipe.network, detail_widths=(), patch_px=4),
        steps=30,
        phases=(Phase(32, alignment_batch=1, refinement_batch=5),),
        optimizer=replace(tiny_recipe.optimizer, learning_rate=3e-3, warmup_steps=4),
        synthesis=SynthesisConfig(aligned_share=0.0, decal_share=0.0, light=0.3),
        data=replace(tiny_recipe.data, lettering=0),
    )
    run(scenes, tmp_path / "run", recipe)
    what = [row["what"] for row in rows(tmp_path / "run")]
    assert len(what) == 30
    assert sum(what[-8:]) < 0.85 * sum(what[:8])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_its_step_and_resumes_to_the_same_end(
    finished, recipe, scenes, tmp_path, monkeypatch, number
):
    def interrupted(training):
        signal.raise_signal(number)
        return update.update(training)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "update", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(scenes, tmp_path / "run", recipe)
    assert [p.name for p in checkpoint.checkpoints(tmp_path / "run")] == ["step-0000001"]
    run(scenes, tmp_path / "run", recipe, resume=True)
    assert_same_end(finished, tmp_path / "run")


def test_a_run_folder_under_a_file_is_an_output_error(recipe, scenes, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        run(scenes, tmp_path / "file" / "run", recipe)


def test_tensorboard_is_written_if_asked_for(recipe, scenes, tmp_path):
    pytest.importorskip("tensorboard")
    run(scenes, tmp_path / "run", replace(recipe, steps=1), tensorboard=True)
    assert list((tmp_path / "run" / "tensorboard").glob("events.*"))


def test_missing_tensorboard_is_told_with_its_remedy(recipe, scenes, tmp_path, monkeypatch):
    monkeypatch.setattr("artifix.training.optional_packages.importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="needs tensorboard") as caught:
        run(scenes, tmp_path / "run", recipe, tensorboard=True)
    assert caught.value.hint == "pip install tensorboard"
    assert not (tmp_path / "run").exists()
