"""The documentation becomes a site, without a warning."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

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


def test_readme_links_lead_to_files_that_are_there():
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md"):
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
