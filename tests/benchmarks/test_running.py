from pathlib import Path

import pytest

from artifix.errors import InputError


@pytest.fixture(scope="module")
def running(benchmark_script):
    return benchmark_script("running")


def test_options_are_those_that_all_benchmarks_have(running):
    options = running.parser_of("What it measures.").parse_args(["set", "--every", "3", "--device", "cpu"])
    assert (options.cases, options.every, options.device, options.weights) == (Path("set"), 3, "cpu", None)
    several = running.parser_of("", sets=True, every=False).parse_args(["one", "two"])
    assert several.cases == [Path("one"), Path("two")]
    assert not hasattr(several, "every")


@pytest.mark.parametrize(("count", "chosen"), [(1, "a"), (2, "ag"), (3, "adg"), (20, "abcdefg")])
def test_some_cases_are_taken_evenly_from_first_to_last(running, count, chosen):
    assert "".join(running.evenly("abcdefg", count)) == chosen


def test_what_is_refused_is_printed_and_becomes_the_exit_status(running, capsys):
    @running.as_script
    def main(arguments=None):
        if not arguments:
            raise InputError("nothing: holds no cases", "name a folder of cases")

    assert main(["set"]) == 0
    assert main() == 3
    assert capsys.readouterr().err == "error: nothing: holds no cases\n hint: name a folder of cases\n"


def test_every_nth_case_is_read(running, cases):
    options = running.parser_of("").parse_args([str(cases), "--every", "2"])
    assert [known.name for known in running.cases_of(options)] == ["boxed"]


def test_tables_are_markdown(running):
    assert running.head("step", "iou") == "| step | iou |\n|---|---|"
    assert running.row("map", 0.5) == "| map | 0.5 |"
