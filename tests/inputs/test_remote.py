"""Files at URLs, from servers of this machine."""

import importlib.util
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from artifix.errors import InputError
from artifix.inputs import remote
from artifix.inputs.places import without_secrets
from artifix.inputs.remote import fetch, fetching

spec = importlib.util.spec_from_file_location("servers", Path(__file__).with_name("servers.py"))
servers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(servers)


@pytest.fixture
def server():
    with servers.serving(servers.Handler) as server:
        yield server


@pytest.fixture
def refused(tmp_path):
    """How fetching is refused."""

    def refused(url):
        with pytest.raises(InputError) as raised:
            fetch(url, tmp_path)
        assert raised.value.hint
        assert raised.value.__cause__ is None
        return raised.value.problem

    return refused


@pytest.mark.remote
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("good/i.png", "i.png"),
        ("redirect/i.png", "i.png"),
        ("good/a b.png?size=1/2&key=se%2Fcret", "a b.png"),
        ("good/a%20b%25.png#part", "a%20b%25.png"),
        ("good/", "good"),
        (f"good/{'東' * 200}.png", f"{'東' * 65}.png"),
        ("drip/i.png", "i.png"),
    ],
)
def test_a_file_is_fetched_whole_and_keeps_its_name(server, tmp_path, path, name):
    place = fetch(f"http://{server.address}/{path}", tmp_path)
    assert place.read_bytes() == servers.BODY
    assert place.name == name


@pytest.mark.remote
def test_files_of_one_name_do_not_meet(server, tmp_path):
    one, two = (fetch(f"http://{server.address}/{folder}/i.png", tmp_path) for folder in "ab")
    assert one != two
    assert one.name == two.name == "i.png"


@pytest.mark.remote
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("404/i.png", "no such file"),
        ("500/i.png", "cannot be fetched: the server answers 500"),
        ("403/i.png", "cannot be fetched: the server answers 403"),
        ("cut/i.png", "cannot be fetched: "),
    ],
)
def test_what_a_server_does_not_give_is_told(server, refused, path, said):
    assert f"http://{server.address}/{path}: {said}" in refused(f"http://{server.address}/{path}")


@pytest.mark.remote
def test_a_server_that_is_not_there_is_told(refused):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        said = refused(f"http://127.0.0.1:{taken.getsockname()[1]}/i.png")
    assert "cannot be fetched: Cannot connect" in said


@pytest.mark.remote
def test_a_server_that_never_answers_is_given_up(server, refused, monkeypatch):
    monkeypatch.setattr(remote, "PATIENCE_S", 1.0)
    started_s = time.monotonic()
    assert "no answer for 1 s" in refused(f"http://{server.address}/hang/i.png")
    assert time.monotonic() - started_s < 10


@pytest.mark.remote
def test_a_file_that_is_too_large_is_refused(server, refused, monkeypatch):
    monkeypatch.setattr(remote, "MOST_BYTES", 1000)
    assert "is larger than" in refused(f"http://{server.address}/good/i.png?key=secret")


@pytest.mark.remote
@pytest.mark.parametrize("path", ["404", "500", "401", "cut", "hang", "good"])
def test_no_secret_of_an_address_is_told(server, refused, monkeypatch, path):
    monkeypatch.setattr(remote, "PATIENCE_S", 0.5 if path == "hang" else 30.0)
    monkeypatch.setattr(remote, "MOST_BYTES", 10)
    url = f"http://user:pass-word@{server.address}/{path}/i.png?X-Signature=ab%2Fcdef&token=t0k3n"
    said = refused(url)
    assert f"http://{server.address}/{path}/i.png" in said
    assert not [word for word in ("user", "pass-word", "Signature", "cdef", "t0k3n", "?") if word in said]


@pytest.mark.remote
def test_a_password_in_the_address_is_used(server, tmp_path):
    url = f"http://user:pass-word@{server.address}/private/i.png"
    assert fetch(url, tmp_path).read_bytes() == servers.BODY


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.org/a.png", "https://x.org/a.png"),
        ("https://me:pw@x.org/a@b.png?k=s#f", "https://x.org/a@b.png"),
        ("https://me:p@w@x.org/a", "https://x.org/a"),
        ("zip://a.png::https://me:pw@x.org/b.zip?k=s", "zip://a.png::https://x.org/b.zip"),
        ("https://[::1]/a.png?k=s", "https://[::1]/a.png"),
        ("s3://bucket/a b.png", "s3://bucket/a b.png"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url, shown):
    assert without_secrets(url) == shown


def test_an_unknown_scheme_and_a_missing_library_are_told(refused, tmp_path, monkeypatch):
    assert "cannot be fetched: Protocol not known: nonsense" in refused("nonsense://x/i.png")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(InputError) as raised:
        fetch("s3://bucket/i.png", tmp_path)
    assert 'pip install "artifix[remote]"' in raised.value.hint


def test_errors_of_fetched_files_speak_of_their_addresses(monkeypatch):
    def fake(url, folder):
        return folder / "0" / "i.png"

    monkeypatch.setattr(remote, "fetch", fake)
    with pytest.raises(InputError) as raised, fetching() as fetched:
        raise InputError(f"{fetched('https://me:pw@x.org/i.png?k=s')}: is no picture", "name one")
    assert raised.value.problem == "https://x.org/i.png: is no picture"
    assert raised.value.hint == "name one"


FETCH = """
import sys
from pathlib import Path
from artifix.errors import InputError
from artifix.inputs.remote import fetch
try:
    sys.stdout.buffer.write(fetch(sys.argv[1], Path(sys.argv[2])).read_bytes())
except InputError as error:
    sys.exit(error.problem)
"""


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """Fetch in a process of its own, as the libraries read the environment when they are imported."""

    def run(url, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        command = [sys.executable, "-c", FETCH, url, str(tmp_path)]
        return subprocess.run(command, capture_output=True, timeout=120)

    return run


@pytest.mark.remote
@pytest.mark.parametrize(
    ("key", "secret", "said"),
    [
        ("folder/a b+%41.png", "the-key", b""),
        ("no.png", "the-key", b"s3://bucket/no.png: no such file"),
        ("i.png", "wrong", b"s3://bucket/i.png: cannot be fetched"),
    ],
)
def test_a_bucket_of_s3_is_read_with_what_the_environment_says(fetched, key, secret, said):
    with servers.serving(servers.S3) as bucket:
        done = fetched(
            f"s3://bucket/{key}",
            AWS_ENDPOINT_URL=f"http://{bucket.address}",
            AWS_ACCESS_KEY_ID=secret,
            AWS_SECRET_ACCESS_KEY="very-secret",
            AWS_DEFAULT_REGION="eu-west-1",
            AWS_EC2_METADATA_DISABLED="true",
        )
    assert said in done.stderr
    assert done.stdout == (b"" if said else servers.BODY)
    assert b"very-secret" not in done.stderr


@pytest.mark.remote
@pytest.mark.parametrize(("key", "said"), [("a b.png", b""), ("no.png", b"gs://bucket/no.png: no such file")])
def test_a_bucket_of_google_is_read_with_what_the_environment_says(fetched, key, said):
    with servers.serving(servers.GoogleStorage) as bucket:
        done = fetched(
            f"gs://bucket/{key}",
            STORAGE_EMULATOR_HOST=f"http://{bucket.address}",
            FSSPEC_GS_TOKEN="anon",
            GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT="false",  # that would ask by gRPC too
        )
    assert said in done.stderr
    assert done.stdout == (b"" if said else servers.BODY)
