"""`artifix batch --engine ray`, from the command line."""

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from artifix.batch.connection import Cluster, require_ray
from artifix.errors import UsageError

PATIENCE_S = 120  # a slow machine starts a cluster
TIMES = {"time", "seconds"}


@pytest.fixture
def manifest(cases):
    """Four rows, of which one cannot be done."""
    path = cases / "rows.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "image", "mask", "reference", "region"])
        for name in ("boxed", "known"):
            files = [f"{name}/{kind}.png" for kind in ("image", "mask", "reference")]
            writer.writerow([name, *files, "40,30,80,70"])
            writer.writerow([f"{name}2", *files, "30,20,90,80"])
        writer.writerow(["broken", "index.json", *files[1:], ""])
    return path


@pytest.fixture
def many(manifest):
    """Sixty rows, all alike."""
    header, first, *_ = manifest.read_text().splitlines()
    lines = (first.replace("boxed,", f"row{number},", 1) for number in range(60))
    path = manifest.with_name("many.csv")
    path.write_text("\n".join([header, *lines]))
    return path


@pytest.fixture
def cluster(monkeypatch):
    """Address of a running cluster of two nodes with a core each, and the process of the second one."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    address = f"127.0.0.1:{port}"
    folder = tempfile.mkdtemp(prefix="ray-")  # a short path: that of a socket is limited
    head = _ray_start("--head", "--port", port, "--include-dashboard=false", "--temp-dir", folder)
    nodes = [head]
    try:
        _wait_for_port(port)
        nodes.append(_ray_start("--address", address))
        yield address, nodes[1]
    finally:
        for node in reversed(nodes):
            with suppress(ProcessLookupError):
                os.killpg(node.pid, signal.SIGKILL)
            node.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _ray_start(*options):
    command = [Path(sys.executable).with_name("ray"), "start", *options, "--num-cpus", 1, "--block"]
    nothing = subprocess.DEVNULL
    return subprocess.Popen(list(map(str, command)), stdout=nothing, stderr=nothing, start_new_session=True)


def _wait_for_port(port):
    until_s = time.monotonic() + PATIENCE_S
    while True:
        with suppress(OSError):
            return socket.create_connection(("127.0.0.1", port)).close()
        assert time.monotonic() < until_s, "no cluster"
        time.sleep(0.2)


@pytest.fixture
def started(tiny_weights, tmp_path):
    """Start the command in a process group of its own."""
    begun = []

    def start(manifest, out, *options):
        command = [sys.executable, "-m", "artifix", "batch", manifest, "--out", out]
        command += ["--weights", tiny_weights, "--device", "cpu", "--steps", "1", *options]
        process = subprocess.Popen(
            list(map(str, command)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


def contents(out):
    """All files that do not tell of times; of the journals' entries what does not."""
    files = {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.suffix not in (".lock",) and path.name != "journal.jsonl"
    }
    entries = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    told = [{name: entry[name] for name in entry.keys() - TIMES} for entry in entries]
    return files, sorted(told, key=lambda entry: entry["id"])


@pytest.mark.ray
def test_both_engines_leave_the_same_files_and_nothing_but_results_on_stdout(started, manifest, tmp_path):
    told = {}
    for number, (engine, option) in enumerate((("local", "--workers"), ("ray", "--num-workers"))):
        folder = tmp_path / str(number)
        process = started(manifest, folder, "--engine", engine, option, "2", "--json")
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 8, err
        told[engine] = json.loads(out)
        assert "ray" not in err.lower()
    assert (told["ray"]["done"], told["ray"]["failed"]) == (4, 1)
    assert contents(tmp_path / "0") == contents(tmp_path / "1")


@pytest.mark.ray
def test_interrupted_it_finishes_what_is_in_hand_and_goes_on_later(started, many, tmp_path):
    out = tmp_path / "out"
    process = started(many, out, "--engine", "ray", "--num-workers", "2")
    _wait_for_a_row(out, process)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "run the same command again" in err
    entries = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    assert 1 <= len(entries) < 60
    assert {entry["status"] for entry in entries} == {"done"}
    assert not _processes_of(process.pid)


@pytest.mark.ray
def test_no_worker_outlives_a_killed_run(started, manifest, tmp_path):
    out = tmp_path / "out"
    process = started(manifest, out, "--engine", "ray", "--num-workers", "1")
    _wait_for_a_row(out, process)
    process.kill()
    until_s = time.monotonic() + 30
    while left := _processes_of(process.pid):
        assert time.monotonic() < until_s, left
        time.sleep(0.1)


@pytest.mark.ray
def test_a_cluster_that_runs_already_loses_a_node_and_no_row(started, many, cluster, tmp_path):
    address, node = cluster
    process = started(many, tmp_path / "ray", "--engine", "ray", "--address", address)
    _wait_for_a_row(tmp_path / "ray", process)
    os.killpg(node.pid, signal.SIGKILL)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    process = started(many, tmp_path / "local", "--workers", "2")
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")


@pytest.mark.ray
def test_an_address_where_nobody_listens_is_told_soon(artifix, manifest, tiny_weights, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        started_s = time.monotonic()
        run = artifix(
            "batch", manifest, "--out", tmp_path / "out", "--weights", tiny_weights,
            "--engine", "ray", "--address", address,
        )  # fmt: skip
    assert run.code == 6
    assert f"--address {address}: nobody answers" in run.err
    assert "ray start --head" in run.err
    assert time.monotonic() - started_s < 20


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine", "ray", "--workers", 2], "--workers is of --engine local"),
        (["--num-workers", 2], "--num-workers is of --engine ray"),
        (["--num-gpus", 1], "--num-gpus is of --engine ray"),
        (["--address", "auto"], "--address is of --engine ray"),
    ],
)
def test_options_of_the_other_engine_are_refused(artifix, manifest, tmp_path, options, said):
    run = artifix("batch", manifest, "--out", tmp_path / "out", *options)
    assert run.code == 2
    assert said in run.err


def test_without_ray_it_is_told_what_to_install(artifix, manifest, tiny_weights, tmp_path, monkeypatch):
    monkeypatch.setattr("artifix.batch.connection.find_spec", lambda name: None)
    run = artifix("batch", manifest, "--out", tmp_path / "out", "--weights", tiny_weights, "--engine", "ray")
    assert run.code == 2
    assert 'pip install "artifix[ray]"' in run.err


@pytest.mark.parametrize("address", ["", "host:port", "ray://head:10001", "head:99999", ":6379"])
def test_what_is_no_address_is_refused(address, monkeypatch):
    monkeypatch.setattr("artifix.batch.connection.find_spec", lambda name: object())
    with pytest.raises(UsageError, match="is no address"):
        require_ray(Cluster(address))


def _wait_for_a_row(out, process):
    until_s = time.monotonic() + PATIENCE_S
    while not list(out.glob("rows/*/record.json")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until_s
        time.sleep(0.05)


def _processes_of(session):
    """What is alive of a session, but for two agents of Ray, which look for their node once a minute."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[3]) == session and words[0] != "Z":
            found.append((path.parent / "cmdline").read_bytes().decode())
    return [line for line in found if not line.startswith("ray::") or "Agent" not in line]
