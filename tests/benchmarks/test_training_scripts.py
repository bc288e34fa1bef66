import itertools
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from artifix.config_sections import to_dict
from artifix.network.building import tiny_config
from artifix.training.pairs.pack import read_pack
from artifix.training.record import to_toml

ROOT = Path(__file__).parents[2]
PATTERN = "_Packages_[^_]+_([^_]+)_"


@pytest.fixture(scope="module")
def packer(benchmark_script):
    return benchmark_script("make_pack")


@pytest.fixture(scope="module")
def trainer(benchmark_script):
    return benchmark_script("train_gpu")


class Training:
    """Stands for `artifix train`: a run of ten steps a second that takes two seconds to start."""

    def __init__(self, trainer, monkeypatch, run):
        self.now, self.run, self.calls = 0.0, run, []
        monkeypatch.setattr(trainer.time, "monotonic", lambda: self.now)

    def __call__(self, arguments):
        told = dict(itertools.pairwise(arguments))
        self.calls.append(told | {"resumes": "--resume" in arguments})
        before = (
            json.loads(max(self.run.glob("checkpoints/*/state.json")).read_text())
            if (self.run / "checkpoints").is_dir()
            else {"step": 0, "seconds": 0.0}
        )
        seconds = min(float(told["--minutes"]) * 60, (int(told["--steps"]) - before["step"]) / 10)
        step = before["step"] + round(10 * seconds)
        folder = self.run / "checkpoints" / f"step-{step:07d}"
        folder.mkdir(parents=True)
        values = {"step": step, "seconds": before["seconds"] + seconds}
        (folder / "state.json").write_text(json.dumps(values))
        (self.run / "weights" / "unet").mkdir(parents=True, exist_ok=True)
        (self.run / "weights" / "README.md").write_text(f"after {step} steps")
        noise = np.random.default_rng(0).bytes(20_000_000)
        (self.run / "weights" / "unet" / "model.safetensors").write_bytes(noise)
        (self.run / "log.jsonl").write_text("{}\n")
        self.now += 2 + seconds


def test_a_pack_is_made_from_the_command_line(packer, product_photos, tmp_path):
    arguments = ["--data", product_photos.folder, "--object", PATTERN, "--hold-out", "Brie"]
    sides = ["--side", 64, "--pair-side", 96, "--most-mb", 0.2, "--matchers", "sift"]
    command = [sys.executable, ROOT / "benchmarks/make_pack.py", tmp_path / "pack", *arguments, *sides]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)}
    )
    pack = read_pack(tmp_path / "pack")
    assert pack.held_out == ("Brie",)
    assert f"{len(pack.pairs)} pairs of 6 photos of 2 objects" in done.stdout
    assert "held out: Brie" in done.stdout
    assert "CC0 1.0 (drawn)" in done.stdout


def test_the_options_of_the_packer_are_its_plan(packer, tmp_path):
    out, plan = packer.read_plan([str(tmp_path), "--data", "a", "b", "--pairs", "c", "--hold-out", "X, Y"])
    assert out == tmp_path
    assert plan.images == (Path("a"), Path("b"))
    assert plan.objects == (Path("c"),)
    assert plan.hold_out == ("X", "Y")
    assert plan.most_bytes == 25_000_000
    _, plan = packer.read_plan([str(tmp_path), "--data", "a", "--object", "(.*)"])
    assert plan.objects == plan.images == (Path("a"),)
    _, plan = packer.read_plan([str(tmp_path), "--data", "a"])
    assert plan.objects == ()


def test_a_failure_of_the_packer_is_told_in_two_lines(tmp_path):
    command = [sys.executable, ROOT / "benchmarks/make_pack.py", tmp_path / "pack", "--data", tmp_path / "no"]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 3
    assert "is not a folder" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_the_schedule_is_as_long_as_the_time_is_good_for(trainer, monkeypatch, tmp_path):
    run, out = tmp_path / "run", tmp_path / "out"
    training = Training(trainer, monkeypatch, run)
    words = ["pack", str(out), "--minutes", "9", "--run", str(run), "--set", "seed=3"]
    trainer.main(words, training)
    first, second = training.calls
    assert (first["--steps"], first["resumes"]) == ("1000000", False)
    assert float(first["--minutes"]) * 60 == pytest.approx(45, abs=0.01)
    assert second["resumes"]
    left_s = 540 - 45 - 2 - 2 - trainer.RESERVE_S
    assert int(second["--steps"]) == pytest.approx(450 + 10 * left_s, abs=3)
    assert training.now < 540 - trainer.RESERVE_S + 1
    assert (first["--config"], first["--data"], first["--set"]) == ("real", "pack", "seed=3")


def test_what_is_kept_is_in_small_files_that_make_the_weights_again(trainer, monkeypatch, tmp_path):
    run, out = tmp_path / "run", tmp_path / "out"
    trainer.main(["pack", str(out), "--minutes", "1", "--run", str(run)], Training(trainer, monkeypatch, run))
    files = sorted(out.iterdir())
    assert [path.name for path in files] == ["log.jsonl", "weights.tar.00", "weights.tar.01"]
    assert max(path.stat().st_size for path in files) < 16_000_000
    whole = tmp_path / "weights.tar"
    whole.write_bytes(b"".join(path.read_bytes() for path in files[1:]))
    with tarfile.open(whole) as archive:
        archive.extractall(tmp_path / "again", filter="data")
    for path in (run / "weights").rglob("*.*"):
        again = tmp_path / "again" / path.relative_to(run)
        assert again.read_bytes() == path.read_bytes()


def test_the_same_run_goes_on_and_another_starts_from_weights(trainer, monkeypatch, tmp_path):
    run, out = tmp_path / "run", tmp_path / "out"
    training = Training(trainer, monkeypatch, run)
    trainer.main(["pack", str(out), "--minutes", "2", "--run", str(run)], training)
    done = trainer.progress(run).step
    trainer.main(["pack", str(out), "--minutes", "2", "--run", str(run)], training)
    assert [call["resumes"] for call in training.calls] == [False, True, True, True]
    assert trainer.progress(run).step > 1.8 * done
    fresh = Training(trainer, monkeypatch, tmp_path / "other")
    words = ["pack", str(out), "--run", str(tmp_path / "other"), "--start", "weights", "--steps", "50"]
    trainer.main(words, fresh)
    assert [(call["--steps"], call["--set"]) for call in fresh.calls] == [("50", "base.pipeline=weights")]


def test_wheels_that_are_not_there_end_it(trainer, tmp_path):
    with pytest.raises(SystemExit, match="holds no wheel"):
        trainer.main(["pack", str(tmp_path), "--wheels", str(tmp_path)], pytest.fail)


def test_a_training_that_fails_ends_the_script_with_its_code(trainer, tmp_path):
    train = trainer.in_a_process(tmp_path)
    with pytest.raises(SystemExit) as ended:
        train(["--out", str(tmp_path / "run"), "--data", str(tmp_path / "nowhere")])
    assert ended.value.code == 3


@pytest.mark.slow
def test_a_run_of_a_tiny_network_from_a_pack_leaves_its_weights(pack_folder, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        to_toml({"steps": 9, "network": to_dict(tiny_config())})
        + "[[phases]]\ncrop_px = 32\nmatching_batch = 2\nalignment_batch = 2\nrefinement_batch = 2\n"
        "[data]\nimages_share = 0.5\nreal_share = 0.5\nlettering = 2\nsource_px = 64\n"
    )
    command = [sys.executable, ROOT / "benchmarks/train_gpu.py", pack_folder, tmp_path / "out"]
    command += ["--minutes", "1.5", "--run", tmp_path / "run", "--config", recipe, "--device", "cpu"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "weights.tar.00").is_file()
    assert "schedule of" in done.stdout
