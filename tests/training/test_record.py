import errno
import json
import tomllib
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from artifix.config_sections import from_dict
from artifix.errors import OutputError
from artifix.training.config import TrainingConfig
from artifix.training.record import RunLog, to_toml


def steps(run):
    return [json.loads(line)["step"] for line in (run / "log.jsonl").read_text().splitlines()]


def test_config_comes_back_from_its_toml(tiny_recipe):
    for config in (
        tiny_recipe,
        replace(tiny_recipe, optimizer=replace(tiny_recipe.optimizer, projection_learning_rate=1e-4)),
        replace(tiny_recipe, base=replace(tiny_recipe.base, unet='a "quoted" \\ näme')),
    ):
        assert from_dict(TrainingConfig, tomllib.loads(to_toml(asdict(config))), "config.toml") == config


def test_rows_are_written_when_they_are_flushed(tiny_recipe, tmp_path):
    log = RunLog(tmp_path / "run", tiny_recipe, 0, False, True)
    log.step(1, {"what": 0.5})
    assert not (tmp_path / "run" / "log.jsonl").exists()
    log.flush()
    log.step(2, {"what": 0.25})
    log.close()
    assert steps(tmp_path / "run") == [1, 2]


def test_rows_behind_the_checkpoint_go_when_a_run_is_resumed(tiny_recipe, tmp_path):
    log = RunLog(tmp_path, tiny_recipe, 0, False, True)
    for step in range(1, 5):
        log.step(step, {"what": 0.5})
    log.close()
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 5, "wh')  # cut by a power failure
    again = RunLog(tmp_path, tiny_recipe, 2, False, True)
    again.step(3, {"what": 0.5})
    again.close()
    assert steps(tmp_path) == [1, 2, 3]


def test_only_the_main_process_writes(tiny_recipe, tmp_path):
    log = RunLog(tmp_path / "run", tiny_recipe, 0, True, False)
    log.step(1, {"what": 0.5})
    log.close()
    assert not (tmp_path / "run").exists()


def test_full_disk_is_an_output_error(tiny_recipe, tmp_path, monkeypatch):
    log = RunLog(tmp_path, tiny_recipe, 0, False, True)
    log.step(1, {"what": 0.5})

    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError, match="No space left on device"):
        log.flush()
