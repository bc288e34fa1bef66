import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPACE = ROOT / "integrations" / "space"


def test_the_space_starts_the_page_where_the_space_says(monkeypatch):
    asked = []
    monkeypatch.setattr("artifix.cli.app.main", lambda argv: asked.append(argv) or 0)
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7865")
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(SPACE / "app.py"), run_name="__main__")
    assert end.value.code == 0
    assert asked[0][:5] == ["ui", "--host", "0.0.0.0", "--port", "7865"]
    assert "--share" not in asked[0]


def test_its_front_matter_names_the_version_of_gradio_that_is_tested():
    lines = (SPACE / "README.md").read_text().splitlines()
    matter = dict(line.split(": ", 1) for line in lines[1 : lines.index("---", 1)])
    assert matter["sdk"] == "gradio"
    assert (SPACE / matter["app_file"]).is_file()
    assert f"gradio=={matter['sdk_version']}" in (ROOT / "constraints.txt").read_text().splitlines()


def test_it_asks_for_the_extra_that_the_package_has():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert "artifix[ui]" in (SPACE / "requirements.txt").read_text()
    assert any(one.startswith("gradio") for one in extras["ui"])
