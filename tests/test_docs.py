"""The documentation becomes a site, without a warning."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer

from artifix.cli.app import app

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Built as `make docs` builds it; warnings, links into nowhere among them, are errors (mkdocs.yml)."""
    out = tmp_path_factory.mktemp("site")
    made = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", out, "--config-file", ROOT / "mkdocs.yml"],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert made.returncode == 0, made.stderr
    assert "WARNING" not in made.stderr
    return out


class Fetched(HTMLParser):
    """What a browser fetches for a page."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in ("script", "img", "iframe") and given.get("src"):
            self.addresses.append(given["src"])
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preconnect"):
            self.addresses.append(given["href"])


def test_a_page_fetches_nothing_from_elsewhere(site):
    for page in site.rglob("*.html"):
        found = Fetched()
        found.feed(page.read_text(encoding="utf-8"))
        assert found.addresses
        assert not [address for address in found.addresses if re.match("https?:|//", address)]


def test_every_command_is_in_the_reference(site):
    text = (site / "reference" / "commands" / "index.html").read_text(encoding="utf-8")
    for command in ("refine", "locate", "batch", "train", "study build", "weights pull", "env"):
        assert f"Usage: artifix {command} " in text


def test_the_python_reference_tells_arguments_and_results(site):
    text = (site / "reference" / "python" / "index.html").read_text(encoding="utf-8")
    for told in ("Repaint the masked part of", "RefineResult", "repair_confidence", "min_confidence"):
        assert told in text
    assert "bit-identical where the mask is 0" in text  # of an attribute of a result


def test_readme_links_lead_to_files_that_are_there():
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md"):
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


PAGES = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def fenced(page, language):
    """The code of a page in one language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def told_commands():
    """(page, words) of every command line of artifix that a page shows."""
    for page in PAGES:
        for line in "\n".join(fenced(page, "")).replace("\\\n", " ").splitlines():
            found = re.match(r"(?:\$ |[A-Z_]+=\S+ )*artifix ((?:[^#|>'\"]|'[^']*'|\"[^\"]*\")*)", line)
            if found:
                yield page, found[1].split()


def test_every_option_that_a_page_shows_is_there():
    top = typer.main.get_command(app)
    seen = 0
    for page, words in told_commands():
        command, words = top, list(words)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
        for word in words:
            option = word.strip("[]").partition("=")[0]
            if option.startswith("-") and len(option) > 1 and not option[1].isdigit():
                seen += 1
                assert option in known, f"{page.name}: artifix {command.name} {option}"
    assert seen > 60


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    case = ROOT / "examples" / "mug"
    for name, file in (("gen.png", "image.png"), ("mask.png", "mask.png"), ("photo.jpg", "reference.png")):
        shutil.copy(case / file, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    (code,) = fenced(ROOT / "README.md", "python")
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "refined.png").exists()
    assert " exact\n" in capsys.readouterr().out
