"""Weights are pulled whole and checked, or told why not; what broke off goes on."""

import errno
import os
import shutil
import tomllib
from collections import namedtuple
from pathlib import Path

import pytest

from artifix.errors import OutputError, WeightsError
from artifix.weights import pulling
from artifix.weights.catalogue import entry_of
from artifix.weights.finding import find_weights
from artifix.weights.hub import HubUnreachableError
from artifix.weights.pulling import pull
from artifix.weights.store import staging_of
from artifix.weights.verification import verify_weights

pytestmark = pytest.mark.usefixtures("place")
WHEN = "2026-01-02T03:04:05+00:00"
UNET = "unet/model.fp16.safetensors"


def test_pulled_weights_are_those_of_the_repositories_and_hold_to_their_sums(
    online, entry, place, expected, contents
):
    folder = pull(entry, WHEN)
    assert folder == place / "tiny"
    assert contents(folder) == expected
    assert verify_weights(folder)
    source = tomllib.loads((folder / "source.toml").read_text())
    assert (source["name"], source["licence_accepted"]) == ("tiny", WHEN)
    assert [one["repo"] for one in source["sources"]] == ["owner/inpainting", "owner/adapter"]
    assert {one["commit"] for one in source["sources"]} == {online.commit}
    assert find_weights("tiny") == folder
    (folder / UNET).write_bytes((folder / UNET).read_bytes()[:-1] + b"?")
    with pytest.raises(WeightsError, match="was changed"):
        verify_weights(folder)


def test_nothing_is_left_beside_pulled_weights(online, entry, place):
    pull(entry, WHEN)
    assert sorted(path.name for path in place.iterdir()) in ([".tiny.lock", "tiny"], ["tiny"])


def test_pulled_weights_are_not_pulled_again(online, entry):
    pull(entry, WHEN)
    online.asked.clear()
    pull(entry, WHEN)
    assert online.asked == []


def test_progress_ends_with_all_of_it(online, entry):
    told = []
    pull(entry, WHEN, lambda *step: told.append(step))
    assert told[-1] == ("pull", 1, 1)  # megabytes, begun ones too
    assert {stage for stage, _, _ in told} == {"pull"}
    assert len(told) > 50  # in the middle of files too


def test_what_is_not_pinned_is_recorded_at_the_first_pull(online, write_catalogue, expected, contents):
    write_catalogue(commit=None, hashed=False)
    folder = pull(entry_of("tiny"), WHEN)
    assert contents(folder) == expected
    assert online.commit in (folder / "source.toml").read_text()
    assert verify_weights(folder)


def test_a_pull_that_broke_off_goes_on_with_its_commit(online, write_catalogue, expected, contents):
    write_catalogue(commit=None, hashed=False)
    online.statuses[UNET] = 503
    with pytest.raises(WeightsError, match=r"cannot give it now \(503\)"):
        pull(entry_of("tiny"), WHEN)
    online.statuses.clear()
    online.asked.clear()
    online.statuses["api"] = 500  # what is on the Hub by now is not asked any more
    folder = pull(entry_of("tiny"), "later")
    assert contents(folder) == expected
    assert WHEN in (folder / "source.toml").read_text()
    assert online.gets("vae/config.json")  # what comes after the file that failed
    assert not online.gets("model_index.json")  # what came before it


def test_a_dropped_connection_is_taken_up_where_it_broke_off(online, entry, expected, contents):
    online.drops = [10_240, 20_480]
    assert contents(pull(entry, WHEN)) == expected
    ranges = online.gets(UNET)
    assert ranges[0] == ""
    first, second = (int(wanted.removeprefix("bytes=").rstrip("-")) for wanted in ranges[1:])
    assert 0 < first <= 10_240 < second <= 10_240 + 20_480
    assert online.sent[UNET] < 1.2 * len(expected[UNET])


def test_a_connection_that_drops_again_and_again_is_told_and_what_came_is_kept(online, entry):
    online.drops = [10_240] + [0] * 4
    with pytest.raises(WeightsError, match=f"owner/inpainting: {UNET}: the connection broke off") as caught:
        pull(entry, WHEN)
    assert "what was fetched is kept" in caught.value.hint
    online.asked.clear()
    pull(entry, WHEN)
    (wanted,) = online.gets(UNET)
    assert 0 < int(wanted.removeprefix("bytes=").rstrip("-")) <= 10_240


def test_a_server_that_knows_no_ranges_sends_the_file_anew(online, entry, expected, contents):
    online.drops = [10_240]
    online.knows_ranges = False
    assert contents(pull(entry, WHEN)) == expected


@pytest.mark.parametrize("path", [UNET, "unet/config.json"])
@pytest.mark.parametrize("hashed", [True, False], ids=["listed", "as the Hub says"])
def test_a_file_with_another_content_is_told_and_deleted(online, write_catalogue, expected, path, hashed):
    write_catalogue(hashed=hashed)
    online.spoiled[path] = expected[path][:-1] + b"?"
    with pytest.raises(
        WeightsError, match=rf"{path}: (sha256|its id in git) is \w{{12}}, expected"
    ) as caught:
        pull(entry_of("tiny"), WHEN)
    assert "it was deleted" in caught.value.hint
    staging = staging_of("tiny")
    assert not list(staging.rglob(Path(path).name)) or not (staging / path).exists()
    assert not (staging / ".partial" / path).exists()
    online.spoiled.clear()
    assert pull(entry_of("tiny"), WHEN).is_dir()


@pytest.mark.parametrize(("more", "said"), [(b"more", "longer than its"), (None, "has 100 bytes, expected")])
def test_a_file_of_another_length_is_told(online, entry, expected, more, said):
    online.spoiled[UNET] = expected[UNET] + more if more else expected[UNET][:100]
    with pytest.raises(WeightsError, match=said):
        pull(entry, WHEN)
    assert not (staging_of("tiny") / ".partial" / UNET).exists()


def test_a_length_that_only_the_hub_tells_is_held_to(online, write_catalogue, expected):
    write_catalogue(hashed=False)
    online.spoiled["unet/config.json"] = b"{}"
    told = f"unet/config.json: has 2 bytes, expected {len(expected['unet/config.json'])}"
    with pytest.raises(WeightsError, match=told):
        pull(entry_of("tiny"), WHEN)


def test_a_file_of_which_nobody_tells_the_length_and_nothing_is_left_is_taken(
    online, write_catalogue, expected, contents
):
    write_catalogue(hashed=False)
    online.tells_files = False
    partial = staging_of("tiny") / ".partial" / UNET
    partial.parent.mkdir(parents=True)
    partial.write_bytes(expected[UNET])
    assert contents(pull(entry_of("tiny"), WHEN)) == expected
    assert online.gets(UNET) == [f"bytes={len(expected[UNET])}-"]
    assert online.sent[UNET] == 0


def test_a_hub_that_has_another_file_than_was_released_is_told_before_it_is_fetched(online, entry, expected):
    online.repos = {**online.repos, "owner/inpainting": {**expected, UNET: expected[UNET][:-1] + b"?"}}
    with pytest.raises(WeightsError, match="the Hub has another file than was released: sha256"):
        pull(entry, WHEN)
    assert online.gets(UNET) == []


def test_a_file_that_is_not_there_any_more_is_named(online, entry, expected):
    online.repos = {**online.repos, "owner/inpainting": {k: v for k, v in expected.items() if k != UNET}}
    with pytest.raises(WeightsError, match=f"owner/inpainting: has no {UNET} at commit 0123456789ab"):
        pull(entry, WHEN)


def test_a_commit_that_is_not_there_any_more_is_told(online, entry):
    online.commit = "f" * 40
    with pytest.raises(
        WeightsError, match=r"owner/inpainting: is not on the Hub at commit 0123456789ab \(404\)"
    ):
        pull(entry, WHEN)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("where", ["api", UNET])
def test_gated_weights_are_told_with_where_to_accept_and_how_to_log_in(online, entry, status, where):
    online.statuses[where] = status
    with pytest.raises(WeightsError, match=rf"does not give it to you \({status}\)") as caught:
        pull(entry, WHEN)
    assert "https://huggingface.co/owner/inpainting" in caught.value.hint
    assert "hf auth login" in caught.value.hint


def test_the_token_of_the_hubs_library_is_sent(online, entry, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull(entry, WHEN)
    assert set(online.tokens) == {"Bearer hf_secret"}


def test_what_is_no_hub_is_told(online, entry, monkeypatch):
    from huggingface_hub import HfApi

    monkeypatch.setattr(HfApi, "model_info", lambda *arguments, **named: {}["sha"])
    with pytest.raises(WeightsError, match="what answers is not the Hub") as caught:
        pull(entry, WHEN)
    assert "HF_ENDPOINT" in caught.value.hint


@pytest.fixture
def offline(monkeypatch, online):
    """Nobody answers."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    template = "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def require_told_by_hand(hint):
    assert str(staging_of("tiny")) in hint
    assert "https://huggingface.co/owner/adapter at commit 0123456789abcdef" in hint
    assert "models/plus.safetensors as ip_adapter/ip-adapter.safetensors" in hint
    assert f"    {UNET}" in hint


@pytest.mark.usefixtures("offline")
def test_without_a_network_the_files_are_told_and_where_to_put_them(entry):
    with pytest.raises(HubUnreachableError, match="the Hub cannot be reached") as caught:
        pull(entry, WHEN)
    require_told_by_hand(caught.value.hint)


def test_offline_mode_of_the_hubs_library_asks_nobody(online, entry, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubUnreachableError, match="HF_HUB_OFFLINE is set") as caught:
        pull(entry, WHEN)
    require_told_by_hand(caught.value.hint)
    assert online.asked == []


def test_a_network_that_fails_in_the_middle_is_told_too(online, entry, offline, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", online.url)  # the listing comes, the files do not
    with pytest.raises(HubUnreachableError, match="model_index.json: the Hub cannot be reached") as caught:
        pull(entry, WHEN)
    require_told_by_hand(caught.value.hint)


@pytest.mark.usefixtures("offline")
def test_files_put_there_by_hand_are_checked_and_taken(entry, expected, contents):
    for name, data in expected.items():
        path = staging_of("tiny") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert contents(pull(entry, WHEN)) == expected


def test_a_file_put_there_by_hand_that_is_not_right_is_fetched(online, entry, expected, contents):
    wrong = staging_of("tiny") / UNET
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes(b"something else")
    notes = []
    assert contents(pull(entry, WHEN, note=notes.append)) == expected
    assert f"{wrong}: has 14 bytes, expected" in notes[0]


@pytest.fixture
def cached(tmp_path, online, expected):
    """All files lie in the cache of the Hub's library: links to blobs, as it makes them."""
    for repo, files in online.repos.items():
        home = tmp_path / "hub-cache" / f"models--{repo.replace('/', '--')}"
        (home / "blobs").mkdir(parents=True)
        for number, (name, data) in enumerate(files.items()):
            (home / "blobs" / str(number)).write_bytes(data)
            link = home / "snapshots" / online.commit / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(home / "blobs" / str(number), link.parent))
    return tmp_path / "hub-cache"


@pytest.mark.usefixtures("cached", "offline")
def test_files_in_the_cache_of_the_hubs_library_are_linked_even_without_a_network(entry, expected, contents):
    folder = pull(entry, WHEN)
    assert contents(folder) == expected
    assert (folder / UNET).stat().st_nlink == 2
    assert not (folder / UNET).is_symlink()


@pytest.mark.usefixtures("cached")
def test_where_links_are_refused_files_are_copied_from_the_cache(
    online, entry, expected, contents, monkeypatch
):
    def refuse(*paths):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(pulling.os, "link", refuse)
    folder = pull(entry, WHEN)
    assert contents(folder) == expected
    assert (folder / UNET).stat().st_nlink == 1
    assert sum(online.sent.values()) == 0


def test_a_damaged_file_in_the_cache_is_fetched_and_stays_as_it_is(online, entry, cached, expected, contents):
    home = cached / "models--owner--inpainting"
    blob = (home / "snapshots" / online.commit / UNET).resolve()
    blob.write_bytes(b"damaged")
    notes = []
    assert contents(pull(entry, WHEN, note=notes.append)) == expected
    assert "it is fetched anew" in notes[0]
    assert blob.read_bytes() == b"damaged"


def test_too_little_space_is_told_with_both_numbers_before_anything_is_fetched(
    online, entry, place, monkeypatch
):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 0, 50_000_000))
    with pytest.raises(OutputError, match=f"{place}: 50 MB are free there, tiny needs 50 MB") as caught:
        pull(entry, WHEN)
    assert "ARTIFIX_WEIGHTS_DIR" in caught.value.hint
    assert sum(online.sent.values()) == 0


@pytest.mark.parametrize(("there", "fits"), [(40_000, True), (0, False)])
def test_what_came_before_needs_no_space(online, entry, expected, monkeypatch, there, fits):
    partial = staging_of("tiny") / ".partial" / UNET
    partial.parent.mkdir(parents=True)
    partial.write_bytes(expected[UNET][:there])
    free = sum(map(len, expected.values())) - 30_000 + 50_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("usage", "free")(free))
    if fits:
        assert pull(entry, WHEN).is_dir()
    else:
        with pytest.raises(OutputError, match="are free there"):
            pull(entry, WHEN)


def test_a_store_that_may_not_be_written_is_told(online, entry, monkeypatch):
    def refuse(*arguments, **named):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError, match="tiny: cannot be written: Permission denied") as caught:
        pull(entry, WHEN)
    assert caught.value.hint == "mend it, or name a folder elsewhere in ARTIFIX_WEIGHTS_DIR"


def test_a_disk_that_fills_up_is_told_and_what_came_is_kept(online, entry, expected, contents, monkeypatch):
    plain, calls = os.fsync, []

    def fill(descriptor):
        calls.append(descriptor)
        if len(calls) == 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        plain(descriptor)

    monkeypatch.setattr(os, "fsync", fill)
    with pytest.raises(OutputError, match="cannot be written: No space left on device") as caught:
        pull(entry, WHEN)
    assert "what was fetched is kept" in caught.value.hint
    online.asked.clear()
    assert contents(pull(entry, WHEN)) == expected
    assert not online.gets("model_index.json")


def test_two_pulls_of_the_same_weights_do_not_meet(online, entry):
    from artifix.weights.store import locked

    with locked("tiny"), pytest.raises(OutputError, match="another pull of these weights is at work"):
        pull(entry, WHEN)
    assert pull(entry, WHEN).is_dir()


def test_what_someone_put_in_the_place_of_the_weights_stays(online, entry, place):
    (place / "tiny").mkdir(parents=True)
    (place / "tiny" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds files that were not pulled"):
        pull(entry, WHEN)
    assert (place / "tiny" / "mine.txt").read_text() == "mine"


def test_weights_that_could_run_code_are_not_put_in_place(online, write_catalogue, place, expected):
    write_catalogue(hashed=False)
    code = b'{"auto_map": {"AutoModel": "owner/code--model.Model"}}'
    online.repos = {**online.repos, "owner/inpainting": {**expected, "unet/config.json": code}}
    with pytest.raises(WeightsError, match="asks for code by auto_map"):
        pull(entry_of("tiny"), WHEN)
    assert not (place / "tiny").exists()


def test_a_plan_that_is_damaged_is_told(online, entry):
    staging_of("tiny").mkdir(parents=True)
    (staging_of("tiny") / ".pull.json").write_text("{")
    with pytest.raises(WeightsError, match=r".pull.json: is damaged") as caught:
        pull(entry, WHEN)
    assert "artifix weights remove tiny" in caught.value.hint


def test_a_plan_of_another_catalogue_is_not_followed(online, write_catalogue, expected, contents):
    write_catalogue(commit=None, hashed=False)
    online.statuses[UNET] = 503
    with pytest.raises(WeightsError):
        pull(entry_of("tiny"), WHEN)
    online.statuses.clear()
    online.commit = "e" * 40
    write_catalogue(commit="e" * 40)
    folder = pull(entry_of("tiny"), WHEN)
    assert contents(folder) == expected
    assert "e" * 40 in (folder / "source.toml").read_text()
