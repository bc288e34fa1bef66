"""`artifix batch` and the network: nothing of it without URLs, and no secrets of those it has."""

import csv
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HOOK = """
import os, sys

def tell(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"):
        told = (event, str(arguments[-1]))
    elif event == "socket.__new__" and arguments[1] != 1:  # any family but AF_UNIX
        told = (event, str(arguments[1]))
    else:
        return
    with open(os.environ["SOCKETS_TOLD"], "a") as stream:
        stream.write(repr(told) + chr(10))

with open(os.environ["SOCKETS_TOLD"], "a") as stream:
    stream.write("process" + chr(10))
sys.addaudithook(tell)
"""


@pytest.fixture
def batch(tiny_weights, tmp_path):
    """Run the command in processes that tell of their sockets: batch(manifest) -> what they told."""
    told = tmp_path / "told"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK)

    def run(manifest, out):
        command = [sys.executable, "-m", "artifix", "batch", manifest, "--out", out, "--workers", "2"]
        command += ["--weights", tiny_weights, "--device", "cpu", "--steps", "1"]
        path = os.pathsep.join([str(hooks), *sys.path])
        done = subprocess.run(
            [str(word) for word in command],
            env={**os.environ, "PYTHONPATH": path, "SOCKETS_TOLD": str(told)},
            capture_output=True,
            text=True,
        )
        return done, told.read_text().splitlines()

    return run


def test_a_manifest_without_urls_opens_no_socket(batch, cases, tmp_path):
    manifest = cases / "rows.csv"
    files = [f"known/{kind}.png" for kind in ("image", "mask", "reference")]
    write(manifest, [["a", *files], ["b", *files]])
    done, told = batch(manifest, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert told.count("process") >= 3  # this one and both workers
    assert set(told) == {"process"}


@pytest.mark.remote
def test_files_at_urls_are_fetched_and_their_secrets_kept(batch, cases, tmp_path):
    folder = Path(__file__).parents[1] / "inputs"
    spec = importlib.util.spec_from_file_location("servers", folder / "servers.py")
    servers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(servers)
    manifest = cases / "rows.csv"
    with servers.serving(servers.Handler) as server:
        server.files["/known/image.png"] = (cases / "known/image.png").read_bytes()
        near = ["known/mask.png", "known/reference.png"]
        site, secret = f"http://me:pass-word@{server.address}", "?X-Signature=t0k3n"
        write(
            manifest,
            [
                ["good", f"{site}/known/image.png{secret}", *near],
                ["gone", f"{site}/404/image.png{secret}", *near],
                ["nonsense", f"{site}/good/image.png{secret}", *near],
            ],
        )
        done, told = batch(manifest, tmp_path / "out")
    assert done.returncode == 8, done.stderr
    assert any("socket.connect" in line for line in told)  # so the hook does hear
    results = (tmp_path / "out/results.csv").read_text()
    assert "good,done" in results
    assert f"http://{server.address}/404/image.png: no such file" in results
    assert f"http://{server.address}/good/image.png: " in results
    written = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    for secret in (b"pass-word", b"t0k3n", b"X-Signature"):
        assert not any(secret in data for data in [*written, done.stdout.encode(), done.stderr.encode()])


@pytest.mark.parametrize("name", ["s3://bucket/rows.csv", "https://me:pass-word@x.org/rows.csv?k=t0k3n"])
def test_a_manifest_at_a_url_is_refused(artifix, tmp_path, name):
    run = artifix("batch", name, "--out", tmp_path / "out")
    assert run.code == 2
    assert "MANIFEST is a URL" in run.err
    assert "pass-word" not in run.err


def write(manifest, rows):
    with manifest.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "image", "mask", "reference", "region"])
        writer.writerows([*row, "40,30,80,70"] for row in rows)
