import json

import pytest


@pytest.fixture
def runs(tmp_path):
    """A run of bench on a set, and a grid."""
    run, grid = tmp_path / "runs" / "objects", tmp_path / "runs" / "grid"
    run.mkdir(parents=True)
    grid.mkdir()
    (run / "results.json").write_text(json.dumps({"tasks": {"unnamed": 22}}))
    (run / "tables.md").write_text("# title\n\n## all\n\n| method |\n| --- |\n| artifix |\n\ncaption\n")
    chosen = {"timestep": 0, "layer": "up.1", "miou": 0.71234, "box_miou": 0.734}
    (grid / "record.json").write_text(json.dumps({"chosen": chosen, "cases": [{}] * 7}))
    return tmp_path / "runs"


def test_what_stands_between_the_lines_is_replaced(benchmark_script, runs, tmp_path, capsys):
    page = tmp_path / "results.md"
    page.write_text(
        "# Results\n\nBefore.\n\n<!-- results: begin -->\nold\n<!-- results: end -->\n\n## After\n"
    )
    assert benchmark_script("write_results").main([str(runs), str(page)]) == 0
    text = page.read_text()
    assert text.startswith(
        "# Results\n\nBefore.\n\n<!-- results: begin -->\n\n### objects: 22 cases\n\n#### all\n"
    )
    assert text.endswith("<!-- results: end -->\n\n## After\n")
    assert "old" not in text
    assert "| now, 7 cases | 0 | `up.1` | 0.712 | 0.734 |" in text
    assert "| the paper, its network on its own images |  |  | 0.53 | 0.56 |" in text
    benchmark_script("write_results").main([str(runs), str(page)])
    assert page.read_text() == text
    assert "2 sections" in capsys.readouterr().out


def test_the_lines_are_added_where_they_are_missing(benchmark_script, runs, tmp_path):
    page = tmp_path / "results.md"
    page.write_text("# Results\n")
    benchmark_script("write_results").main([str(runs), str(page)])
    assert page.read_text().startswith("# Results\n\n<!-- results: begin -->\n\n### objects")


def test_a_folder_without_results_is_refused_and_the_page_kept(benchmark_script, tmp_path, capsys):
    page = tmp_path / "results.md"
    page.write_text("kept")
    assert benchmark_script("write_results").main([str(tmp_path), str(page)]) == 3
    assert "holds no results" in capsys.readouterr().err
    assert page.read_text() == "kept"
