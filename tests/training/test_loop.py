import errno
import json
import re
import shutil
import signal
from dataclasses import replace

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from artifix.errors import DeviceError, InputError, OutputError
from artifix.training import checkpoint, loop, validation
from artifix.training.config import Phase, TrainingConfig
from artifix.training.loop import learning_rate, train
from artifix.training.synthesis import SynthesisConfig

CPU = torch.device("cpu")


def run(scenes, folder, recipe, *, minutes=10.0, resume=False, lines=None):
    report = lines.append if lines is not None else lambda line: None
    return train(scenes, folder, recipe, minutes=minutes, resume=resume, device=CPU, report=report)


@pytest.fixture(autouse=True)
def short_validation(monkeypatch):
    monkeypatch.setattr(validation, "COUNT", 6)


@pytest.fixture(scope="module")
def finished(tiny_recipe, scenes, tmp_path_factory):
    """A whole run of six steps that kept a checkpoint of each: its folder, what it told and its outcome."""
    folder, lines = tmp_path_factory.mktemp("runs") / "whole", []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "COUNT", 6)
        patch.setattr(checkpoint, "KEPT", 10)
        outcome = run(scenes, folder, replace(tiny_recipe, checkpoint_every_s=0.0), lines=lines)
    return folder, lines, outcome


def copy_with(finished, target, steps):
    """The folder of the finished run with the checkpoints of `steps` only."""
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


def losses(lines, name):
    found = (re.search(rf"^step .* {name} ([\d.]+)", line) for line in lines)
    return [float(match[1]) for match in found if match]


def test_learning_rate_warms_up_and_falls_to_nothing():
    config = TrainingConfig(steps=100, warmup_steps=10, learning_rate=1.0)
    rates = [learning_rate(step, config) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == 1.0
    assert rates[55] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0)
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_learning_rate_survives_a_warmup_longer_than_the_schedule():
    config = TrainingConfig(steps=5, warmup_steps=10)
    assert all(0 < learning_rate(step, config) <= config.learning_rate for step in range(6))


def test_run_ends_with_its_schedule_and_says_what_it_did(finished):
    _, lines, outcome = finished
    assert (outcome.step, outcome.pairs_seen) == (6, 24)
    assert set(outcome.figures) == {"hits", "paste_db", "refined_db", "tokens_db"}
    assert lines[0] == "2 scenes, 0 decals, 0 files skipped"
    assert re.fullmatch(
        r"step 1/6 detail \d\.\d+ where \d\.\d+ hits \d\.\d+ what \d\.\d+ \d+\.\d pairs/s \d+\.\d min",
        lines[1],
    )
    assert lines[-1].startswith("validation at step 6: hits ")


def test_run_folder_holds_no_pickle_and_all_one_needs(finished):
    folder = finished[0]
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {name.rsplit(".")[-1] for name in files} == {"json", "jsonl", "png", "safetensors"}
    assert {"config.json", "validation.jsonl", "sheet.png"} <= files
    newest = "checkpoints/step-0000006"
    assert {
        f"{newest}/{part}.safetensors"
        for part in ("unet", "image_encoder", "projection", "detail_encoder", "ema")
    } <= files
    assert not any((folder / name).read_bytes().startswith(b"\x80") for name in files)


def test_outcome_holds_the_averaged_weights(finished):
    folder, _, outcome = finished
    newest = folder / "checkpoints" / "step-0000006"
    averaged = load_file(newest / "ema.safetensors")
    assert all(
        torch.equal(parameter, averaged[str(i)])
        for i, parameter in enumerate(loop._parameters(outcome.network))
    )
    raw = load_file(newest / "unet.safetensors")["conv_out.weight"]
    assert not torch.equal(outcome.network.unet.conv_out.weight, raw)


def test_resumed_run_is_bitwise_the_run_that_never_stopped(finished, tiny_recipe, scenes, tmp_path):
    resumed = copy_with(finished, tmp_path / "run", [3])
    lines = []
    outcome = run(scenes, resumed, replace(tiny_recipe, checkpoint_every_s=0.0), resume=True, lines=lines)
    name = "checkpoints/step-0000006"
    expected, found = tensors(finished[0] / name), tensors(resumed / name)
    assert expected.keys() == found.keys()
    assert [key for key in expected if not torch.equal(expected[key], found[key])] == []
    assert (outcome.step, outcome.pairs_seen) == (6, 24)
    assert outcome.figures == finished[2].figures
    assert losses(lines, "what") == losses(finished[1], "what")[3:]


def test_resuming_a_finished_run_changes_nothing(finished, tiny_recipe, scenes, tmp_path):
    again = copy_with(finished, tmp_path / "run", [6])
    outcome = run(scenes, again, replace(tiny_recipe, checkpoint_every_s=0.0), resume=True)
    assert outcome.step == 6
    assert outcome.figures == finished[2].figures


def test_run_stops_when_its_minutes_are_over(tiny_recipe, scenes, tmp_path):
    outcome = run(scenes, tmp_path / "run", tiny_recipe, minutes=1e-9)
    assert outcome.step < 6
    assert (tmp_path / "run" / "checkpoints" / f"step-{outcome.step:07d}").is_dir()


def test_resuming_without_a_checkpoint_is_an_error(tiny_recipe, scenes, tmp_path):
    with pytest.raises(InputError, match="holds no checkpoint to resume"):
        run(scenes, tmp_path / "run", tiny_recipe, resume=True)
    assert not (tmp_path / "run").exists()


def test_resuming_under_another_config_is_an_error(finished, tiny_recipe, scenes, tmp_path):
    folder = copy_with(finished, tmp_path / "run", [3])
    other = replace(tiny_recipe, checkpoint_every_s=0.0, learning_rate=1.0)
    with pytest.raises(InputError, match="learning_rate differ"):
        run(scenes, folder, other, resume=True)


def test_folder_that_holds_a_run_is_not_overwritten(finished, tiny_recipe, scenes):
    before = sorted(finished[0].rglob("*"))
    with pytest.raises(OutputError, match="already holds a run"):
        run(scenes, finished[0], tiny_recipe)
    assert sorted(finished[0].rglob("*")) == before


def test_unusable_data_leaves_no_run_folder(tiny_recipe, tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(InputError, match="holds no image"):
        run(tmp_path / "images", tmp_path / "run", tiny_recipe)
    assert not (tmp_path / "run").exists()


def test_skipped_files_are_told(tiny_recipe, image_folder, tmp_path):
    (image_folder / "bad.jpg").write_bytes(b"no image")
    lines = []
    run(image_folder, tmp_path / "run", replace(tiny_recipe, steps=0), lines=lines)
    assert "bad.jpg" in lines[0]
    assert lines[1] == "2 scenes, 0 decals, 1 files skipped"


def test_loss_that_is_no_number_ends_the_run_clearly(tiny_recipe, scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "refinement_loss", lambda *_: {"loss": torch.tensor(float("nan"))})
    with pytest.raises(DeviceError, match="the loss is nan at step 0") as caught:
        run(scenes, tmp_path / "run", tiny_recipe)
    assert "lower learning rate" in caught.value.hint
    assert checkpoint.checkpoints(tmp_path / "run") == []


def test_full_disk_ends_the_run_and_keeps_what_was_saved(
    finished, tiny_recipe, scenes, tmp_path, monkeypatch
):
    folder = copy_with(finished, tmp_path / "run", [3])

    def refuse(tensors, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", refuse)
    with pytest.raises(OutputError, match="No space left on device"):
        run(scenes, folder, replace(tiny_recipe, checkpoint_every_s=0.0), resume=True)
    assert [p.name for p in checkpoint.checkpoints(folder)] == ["step-0000003"]


def test_validation_is_logged_and_drawn(finished):
    rows = [json.loads(line) for line in (finished[0] / "validation.jsonl").read_text().splitlines()]
    assert rows[-1]["step"] == 6
    assert rows[-1]["refined_db"] == finished[2].figures["refined_db"]
    assert Image.open(finished[0] / "sheet.png").size == (5 * 32, 6 * 32)


def test_held_out_scenes_are_not_trained_on(tiny_recipe, scenes):
    training, held_out = loop._sources(scenes, tiny_recipe, CPU, lambda line: None)
    assert len(training.images) == len(held_out.images) == 1
    assert not torch.equal(training.images[0], held_out.images[0])
    assert len(training.decals) == tiny_recipe.lettering


def test_network_learns_the_colours_of_two_images(tiny_recipe, scenes, tmp_path):
    recipe = replace(
        tiny_recipe,
        network=replace(tiny_recipe.network, detail_widths=(), patch_px=4),
        steps=30,
        phases=(Phase(32, 1, 5, 1.0),),
        learning_rate=3e-3,
        warmup_steps=4,
        synthesis=SynthesisConfig(aligned_share=0.0, decal_share=0.0, light=0.3),
        lettering=0,
    )
    lines = []
    run(scenes, tmp_path / "run", recipe, lines=lines)
    what = losses(lines, "what")
    assert len(what) == 30
    assert sum(what[-8:]) < 0.85 * sum(what[:8])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_its_step_and_resumes_to_the_same_end(
    finished, tiny_recipe, scenes, tmp_path, monkeypatch, number
):
    recipe, whole = replace(tiny_recipe, checkpoint_every_s=1e9), loop.refinement_loss

    def interrupted(network, *rest):
        signal.raise_signal(number)
        return whole(network, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "refinement_loss", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(scenes, tmp_path / "run", recipe)
    assert [p.name for p in checkpoint.checkpoints(tmp_path / "run")] == ["step-0000001"]
    run(scenes, tmp_path / "run", recipe, resume=True)
    name = "checkpoints/step-0000006"
    expected, found = tensors(finished[0] / name), tensors(tmp_path / "run" / name)
    assert [key for key in expected if not torch.equal(expected[key], found[key])] == []


def test_a_run_folder_under_a_file_is_an_output_error(tiny_recipe, scenes, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        run(scenes, tmp_path / "file" / "run", tiny_recipe)
