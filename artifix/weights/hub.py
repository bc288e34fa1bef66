"""The Hugging Face Hub: what a repository holds, and files from it, fetched on from where they broke off.

How it is reached is left to the Hub's own library: mirrors, proxies, tokens, offline mode, its cache.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from artifix.errors import WeightsError
from artifix.weights.catalogue import Source

CHUNK_BYTES = 1 << 20  # bytes between two looks at how far the file has come
ATTEMPTS = 5  # in a row that bring nothing
PAUSE_S = 1.0  # after the first of them; after the next ones as often longer
_LATER = "pull again later; what was fetched is kept"


class HubUnreachableError(WeightsError):
    """There is no network, or none is to be used."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the Hub says of a file; None where it does not."""

    bytes: int | None
    sha256: str | None  # of the content; only of large files
    blob: str | None  # sha1 of the content as git names it; only of small files


@dataclass(frozen=True, slots=True)
class Listing:
    """What the Hub says of a repository at one commit."""

    commit: str
    files: dict[str, Listed]


def listing_of(source: Source) -> Listing:
    """What a repository holds at the commit of the catalogue, or now.

    Raises:
        HubUnreachableError: there is no network.
        WeightsError: the Hub does not give it.
    """
    from huggingface_hub import HfApi, constants

    with _as_weights_error(source):
        told = HfApi().model_info(
            source.repo,
            revision=source.commit,
            files_metadata=True,
            timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT,
        )
        files = {}
        for one in told.siblings or ():
            large = one.lfs.sha256 if one.lfs else None
            files[one.rfilename] = Listed(one.size, large, None if large else one.blob_id)
    commit = told.sha or source.commit
    if commit is None or source.commit not in (None, commit):
        raise WeightsError(
            f"{source.repo}: the Hub answers with commit {commit}, asked for {source.commit or 'the newest'}",
            "check what HF_ENDPOINT names, or unset it",
        )
    return Listing(commit, files)


def cached_file(source: Source, commit: str, path: str) -> Path | None:
    """The file in the cache of the Hub's library, if it is there."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(source.repo, path, revision=commit)
    return Path(os.path.realpath(found)) if isinstance(found, str) else None


def fetch(source: Source, commit: str, path: str, partial: Path, told: Callable[[int], None]) -> None:
    """Fetch a file, or what is left of it; a connection that drops is taken up again.

    Args:
        source: its repository.
        commit: of the repository.
        path: in the repository.
        partial: where to; what lies there is its beginning.
        told: told the number of bytes that are there, again and again.

    Raises:
        HubUnreachableError: there is no network.
        WeightsError: the Hub does not give it, or the connection drops again and again.
        OSError: the disk refuses.
    """
    import httpx2

    failed = 0
    with _as_weights_error(source, path):
        while True:
            before = _length(partial)
            try:
                _fetch_on(source.repo, commit, path, partial, told)
                return
            except (httpx2.NetworkError, httpx2.TimeoutException, httpx2.RemoteProtocolError):
                failed = 1 if _length(partial) > before else failed + 1
                if failed >= ATTEMPTS:
                    raise
                time.sleep(PAUSE_S * failed)


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _fetch_on(repo: str, commit: str, path: str, partial: Path, told: Callable[[int], None]) -> None:
    from huggingface_hub import constants, get_session, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

    there = _length(partial)
    wanted = {"Accept-Encoding": "identity"}  # ranges are of the content, not of what it is packed in
    if there:
        wanted["Range"] = f"bytes={there}-"
    headers = build_hf_headers(library_name="artifix", headers=wanted)
    url, limit_s = hf_hub_url(repo, path, revision=commit), constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=headers, timeout=limit_s) as answer:
        if there and answer.status_code == 416:
            return  # nothing is left; whether what is there is right, its sha256 tells
        hf_raise_for_status(answer)
        goes_on = answer.status_code == 206
        with partial.open("ab" if goes_on else "wb") as file:
            length = there if goes_on else 0
            for chunk in answer.iter_bytes(CHUNK_BYTES):
                file.write(chunk)
                length += len(chunk)
                told(length)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _as_weights_error(source: Source, path: str | None = None) -> Iterator[None]:
    """Whatever the Hub or the way to it refuses is a WeightsError; what the disk refuses stays as it is."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    what = source.repo if path is None else f"{source.repo}: {path}"
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise HubUnreachableError(f"{what}: is not fetched, as HF_HUB_OFFLINE is set", _LATER) from error
    except HfHubHTTPError as error:
        raise _refused(source, what, error.response.status_code) from error
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
        raise HubUnreachableError(f"{what}: the Hub cannot be reached: {error}", _LATER) from error
    except httpx2.HTTPError as error:
        said = str(error) or type(error).__name__
        raise WeightsError(f"{what}: the connection broke off: {said}", _LATER) from error
    except (ValueError, KeyError, TypeError, httpx2.InvalidURL) as error:  # no JSON, or of another form
        raise WeightsError(
            f"{what}: what answers is not the Hub: {error}", "check what HF_ENDPOINT and your proxy name"
        ) from error


def _refused(source: Source, what: str, status: int) -> WeightsError:
    if status in (401, 403):
        return WeightsError(
            f"{what}: the Hub does not give it to you ({status})",
            f"accept its licence on {source.page}, then log in by: hf auth login",
        )
    if status == 404:
        commit = f"at commit {source.commit[:12]}" if source.commit else "any more"
        return WeightsError(
            f"{what}: is not on the Hub {commit} (404)",
            "install a newer artifix; if there is none, report it",
        )
    return WeightsError(f"{what}: the Hub cannot give it now ({status})", _LATER)
