"""What goes to users beside the package says the same as the package."""

import re
import tomllib
from pathlib import Path

import pytest

import artifix

ROOT = Path(__file__).parents[1]


def test_the_citation_is_of_this_version():
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited is not None
    assert cited[1] == artifix.__version__ == project["version"]


def test_the_container_copies_all_that_an_installation_reads():
    told = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {name for line in re.findall(r"^COPY (.+)$", told, re.MULTILINE) for name in line.split()[:-1]}
    sent = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split() if line[0] == "!"
    }
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["only-include"], project["project"]["readme"], *project["project"]["license-files"]}
    assert needed <= copied


@pytest.mark.parametrize("instruction", ["USER", "ENTRYPOINT", "WORKDIR"])
def test_the_container_runs_as_a_user_in_a_folder_of_its_own(instruction):
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    last = [line.split(maxsplit=1)[1] for line in lines if line.startswith(instruction)][-1]
    assert last == {"USER": "1000", "ENTRYPOINT": '["artifix"]', "WORKDIR": "/work"}[instruction]
