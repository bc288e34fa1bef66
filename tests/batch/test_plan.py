"""What the rows of a manifest come to."""

import os
import shutil

import pytest

from artifix.batch.lock import Shard
from artifix.batch.plan import share_of
from artifix.batch.task import seed_of
from artifix.config import AlignmentConfig, CommandConfig, override
from artifix.errors import UsageError


def test_rows_differ_in_their_seeds_whatever_their_order(planned):
    one, other = planned("a", "b")
    assert one.task.config.seed == seed_of(0, "a") != other.task.config.seed
    assert planned("b", "a")[1].task.config.seed == one.task.config.seed
    assert planned("a", config=CommandConfig(seed=1))[0].task.config.seed != one.task.config.seed


def test_a_row_keeps_the_seed_and_the_settings_that_it_gives(planned):
    (row,) = planned("a", columns=",seed,steps,fit_mask", cells=",7,3,true")
    assert (row.task.config.seed, row.task.config.refinement.steps) == (7, 3)
    assert row.task.request.fit_mask


def test_what_holds_for_the_run_yields_to_the_row(planned):
    masks = {"invert_mask": True, "mask_from": "alpha"}
    (row,) = planned("a", columns=",mask_from", cells=",luminance", masks=masks)
    assert row.task.request.invert_mask
    assert row.task.request.mask_from == "luminance"


def test_the_runs_settings_may_not_contradict_a_row(planned, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "points.csv").touch()
    config = CommandConfig(alignment=AlignmentConfig(transform=False))
    with pytest.raises(UsageError, match=r"line 2: points gives a transform"):
        planned("a", columns=",points", cells=",points.csv", config=config)


def test_a_row_may_not_take_any_match_where_the_run_takes_exact_ones_only(planned):
    config = CommandConfig(alignment=AlignmentConfig(strict=True))
    with pytest.raises(UsageError, match=r"line 2: force takes any match, and strict only"):
        planned("a", columns=",force", cells=",true", config=config)


@pytest.mark.parametrize(
    "changed",
    [
        {"config": override(CommandConfig(), steps=2)},
        {"weights_sha256": "1" * 64},
        {"masks": {"fit_mask": True}},
        {"with_metadata": False},
        {"columns": ",force", "cells": ",true"},
        {"config": override(CommandConfig(), strict=True)},
        {"config": override(CommandConfig(), format="keep")},
        {"config": override(CommandConfig(), allow_mirror=True)},
        {"config": override(CommandConfig(), min_repair_confidence=0.5)},
    ],
)
def test_the_fingerprint_changes_with_all_that_the_result_depends_on(planned, changed):
    assert planned("a", **changed)[0].fingerprint != planned("a")[0].fingerprint


def test_the_fingerprint_changes_with_the_files_but_not_with_their_place(planned, tmp_path):
    before = planned("a")[0].fingerprint
    moved = tmp_path / "in" / "elsewhere"
    shutil.copytree(tmp_path / "in", moved)
    from artifix.batch.plan import Terms, plan_rows
    from artifix.inputs.manifest import read_rows

    (row,) = plan_rows(read_rows(moved / "manifest.csv"), Terms(CommandConfig(), "0" * 64))
    assert row.fingerprint == before
    os.utime(moved / "mask.png", (1, 1))
    (row,) = plan_rows(read_rows(moved / "manifest.csv"), Terms(CommandConfig(), "0" * 64))
    assert row.fingerprint != before


def test_shares_hold_every_row_once(planned):
    rows = planned(*"abcdefg")
    shares = [share_of(rows, Shard(index, 3)) for index in (1, 2, 3)]
    assert sorted(row.row.id for share in shares for row in share) == list("abcdefg")
    assert [row.row.id for row in shares[0]] == ["a", "d", "g"]
