"""`artifix weights`: what it tells, asks and refuses."""

import io
import json
import os
import subprocess
import sys

import pytest

from artifix.weights import finding
from artifix.weights.store import staging_of

PROGRAM = """
import sys
from pathlib import Path
from artifix.weights import catalogue
catalogue.FILE = Path(sys.argv[1])
from artifix.cli.app import main
sys.exit(main(sys.argv[2:]))
"""


class Terminal(io.StringIO):
    """Standard input of a person."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def bundled(weights_folder, monkeypatch, place):
    """One folder of weights came with artifix."""
    monkeypatch.setattr(finding, "SEARCHED", (weights_folder.parent,))
    return weights_folder


@pytest.fixture
def pulled(artifix, online, entry, place):
    """The weights `tiny` are here."""
    run = artifix("weights", "pull", "tiny", "--accept-licence")
    assert run.code == 0, run.err
    return place / "tiny"


def test_a_pull_says_where_the_weights_are_and_how_far_it_came(artifix, online, entry, place):
    run = artifix("weights", "pull", "tiny", "--accept-licence")
    assert run.code == 0
    assert run.out == f"tiny: is in {place / 'tiny'}, checked\n"
    assert "fetch, MB 1/1" in run.err


def test_a_pull_tells_programs_all_of_it(artifix, online, entry, place):
    run = artifix("weights", "pull", "tiny", "--accept-licence", "--json", "--quiet")
    told = json.loads(run.out)
    assert (told["name"], told["state"], told["place"]) == ("tiny", "pulled", str(place / "tiny"))
    assert told["sources"][0]["commit"] == online.commit
    assert run.err == ""


def test_without_anyone_to_ask_the_licences_have_to_be_accepted_by_the_option(
    artifix, online, entry, monkeypatch
):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    run = artifix("weights", "pull", "tiny")
    assert run.code == 2
    assert "owner/inpainting under MIT (https://example.org)" in run.err
    assert "pass --accept-licence" in run.err
    assert online.asked == []


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_someone_at_a_terminal_is_asked(artifix, online, entry, monkeypatch, answer, code):
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    run = artifix("weights", "pull", "tiny")
    assert run.code == code
    assert "owner/adapter under MIT (https://example.org). Do you accept?" in run.err
    assert ("nothing was fetched" in run.err) == (code == 2)
    assert bool(online.sent) == (code == 0)


def test_a_pull_that_goes_on_does_not_ask_again(artifix, online, entry, monkeypatch):
    online.statuses["vae/config.json"] = 503
    assert artifix("weights", "pull", "tiny", "--accept-licence").code == 4
    online.statuses.clear()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert artifix("weights", "pull", "tiny").code == 0


def test_what_came_with_artifix_is_neither_pulled_nor_removed(artifix, entry):
    assert artifix("weights", "pull", "small", "--accept-licence").code == 2
    run = artifix("weights", "remove", "small", "--yes")
    assert run.code == 2
    assert "came with artifix, and stays" in run.err


@pytest.mark.parametrize("command", ["pull", "info", "path", "remove"])
@pytest.mark.parametrize("name", ["../small", "", "nothing-like-it", "/etc"])
def test_an_unknown_name_is_refused_by_every_command(artifix, entry, command, name):
    run = artifix("weights", command, name)
    assert run.code in (2, 4)
    assert "Traceback" not in run.err


def test_the_list_tells_what_is_here_and_what_is_not(artifix, entry, bundled):
    told = json.loads(artifix("weights", "list", "--json").out)["weights"]
    assert [(one["name"], one["state"], one["place"]) for one in told] == [
        ("small", "bundled", str(bundled)),
        ("tiny", "not pulled", None),
    ]
    said = artifix("weights", "list").out
    assert "tiny   160 kB, 1 GB of memory, MIT, not pulled" in said
    assert "to be pulled (SD)" in said


def test_the_list_checks_what_is_here_if_asked(artifix, pulled):
    (pulled / "vae" / "config.json").write_text('{"part": "VAE"}')
    told = json.loads(artifix("weights", "list", "--check", "--json").out)["weights"]
    assert told[0]["problem"] is None
    assert "vae/config.json: was changed" in told[1]["problem"]
    assert "as it should be" in artifix("weights", "list", "--check").out


def test_info_tells_the_sources_with_their_licences(artifix, online, entry):
    said = artifix("weights", "info", "tiny").out
    assert f"owner/inpainting at commit {online.commit}" in said
    assert said.count("MIT, https://example.org") == 2
    assert json.loads(artifix("weights", "info", "tiny", "--json").out)["class"] == (
        "StableDiffusionInpaintPipeline"
    )


def test_verify_checks_all_that_is_here_and_fails_where_one_is_wrong(artifix, pulled):
    run = artifix("weights", "verify")
    assert run.code == 0
    assert [line.partition(": ")[0] for line in run.out.splitlines()] == ["small", "tiny"]
    (pulled / "unet" / "model.fp16.safetensors").write_bytes(b"cut")
    run = artifix("weights", "verify", "--json")
    assert run.code == 4
    assert "not as they should be: tiny" in run.err
    good, bad = json.loads(run.out)["weights"]
    assert (good["problem"], bad["sha256"]) == (None, None)
    assert "model.fp16.safetensors: was changed" in bad["problem"]
    assert artifix("weights", "verify", "small").code == 0


def test_the_folder_of_weights_is_told(artifix, pulled, bundled):
    assert artifix("weights", "path", "tiny").out == f"{pulled}\n"
    assert artifix("weights", "path", "small").out == f"{bundled}\n"


def test_pulled_weights_are_removed_when_that_is_confirmed(artifix, pulled, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    run = artifix("weights", "remove", "tiny")
    assert run.code == 2
    assert "pass --yes" in run.err
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert artifix("weights", "remove", "tiny").code == 2
    assert pulled.is_dir()
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert artifix("weights", "remove", "tiny").out.strip() == f"{pulled}: is deleted"
    assert not pulled.exists()


def test_weights_that_are_not_here_tell_how_to_get_them_wherever_they_are_named(artifix, entry):
    run = artifix("weights", "path", "tiny")
    assert run.code == 4
    assert "tiny: is not here yet: 160 kB under MIT" in run.err
    assert "artifix weights pull tiny" in run.err


def run_apart(catalogue_file, *arguments, **environment):
    """A process of its own, which reads the Hub's variables when it starts."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, catalogue_file, "weights", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_mirrors_tokens_and_offline_mode_are_those_of_the_hubs_library(
    online, write_catalogue, place, tmp_path
):
    home = {"HF_HOME": str(tmp_path / "home"), "HF_TOKEN": "hf_secret"}
    file, pull = write_catalogue(), ("pull", "tiny", "--accept-licence")
    done = run_apart(file, *pull, HF_ENDPOINT=online.url, HF_HUB_OFFLINE="1", **home)
    assert done.returncode == 4
    assert "HF_HUB_OFFLINE is set" in done.stderr
    assert str(staging_of("tiny")) in done.stderr
    assert online.asked == []
    done = run_apart(file, *pull, HF_ENDPOINT=online.url, **home)
    assert done.returncode == 0, done.stderr
    assert (place / "tiny" / "SHA256SUMS").is_file()
    assert "Bearer hf_secret" in online.tokens
