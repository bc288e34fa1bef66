"""The pipeline that stands in for the network in tests of the command line can be called as the real one."""

import inspect

import pytest

from artifix.pipeline import RefineByAlignPipeline
from tests.cli.conftest import FakePipeline


@pytest.mark.parametrize("name", ["search", "search_best", "restore", "refine"])
def test_the_stand_in_takes_what_the_real_pipeline_takes(name):
    real, stand_in = (
        list(inspect.signature(getattr(kind, name)).parameters)
        for kind in (RefineByAlignPipeline, FakePipeline)
    )
    assert stand_in == real
