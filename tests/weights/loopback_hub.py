"""A Hub on this machine: as much of its protocol as a pull meets, and ways to misbehave."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE_BYTES = 1000  # files from this length on are told by their sha256, and served from elsewhere


def git_blob(data: bytes) -> str:
    """The name that git gives to a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Hub:
    """What it holds, how it misbehaves, and what it was asked."""

    url: str = ""
    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    commit: str = COMMIT
    tells_files: bool = True  # sizes and hashes, as mirrors may not
    knows_ranges: bool = True
    statuses: dict[str, int] = field(default_factory=dict)  # by path in the repository, or "api"
    spoiled: dict[str, bytes] = field(default_factory=dict)  # sent in place of what is told, by path
    drops: list[int] = field(default_factory=list)  # bytes after which the next connections break off
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, Range
    tokens: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)  # bytes by path in the repository
    halt_at: int | None = None  # bytes in all, after which it sends nothing until `go_on` is set
    halted: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def gets(self, path: str) -> list[str]:
        """The ranges of all GETs of the content of a file, "" for the whole."""
        return [wanted for method, asked, wanted in self.asked if method == "GET" and asked == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # answers in two pieces would wait for each other
    hub: Hub

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        place = unquote(urlsplit(self.path).path)
        self.hub.tokens.append(self.headers.get("Authorization", ""))
        if place.startswith("/api/models/"):
            self._list(*place.removeprefix("/api/models/").partition("/revision/")[::2])
        elif place.startswith("/cdn/"):
            self._send(place.removeprefix("/cdn/"), with_body)
        else:
            repo, _, rest = place[1:].partition("/resolve/")
            self._resolve(repo, *rest.partition("/")[::2], with_body)

    def _list(self, repo: str, revision: str) -> None:
        self.hub.asked.append(("GET", f"api/{repo}", revision))
        if (status := self.hub.statuses.get("api")) is not None:
            self._refuse(status)
        elif repo not in self.hub.repos:
            self._refuse(404, "RepoNotFound")
        elif revision not in ("", "main", self.hub.commit):
            self._refuse(404, "RevisionNotFound")
        else:
            files = [self._described(name, data) for name, data in self.hub.repos[repo].items()]
            told = {"id": repo, "sha": self.hub.commit, "siblings": files}
            self._whole(json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _described(self, name: str, data: bytes) -> dict[str, Any]:
        if not self.hub.tells_files:
            return {"rfilename": name}
        told: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": git_blob(data)}
        if len(data) >= LARGE_BYTES:
            digest = hashlib.sha256(data).hexdigest()
            told["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 130}
        return told

    def _resolve(self, repo: str, commit: str, name: str, with_body: bool) -> None:
        data = self.hub.repos.get(repo, {}).get(name)
        status = self.hub.statuses.get(name)
        if status is not None:
            self._refuse(status, "GatedRepo" if status in (401, 403) else "")
        elif data is None or commit != self.hub.commit:
            self._refuse(404, "EntryNotFound" if data is None else "RevisionNotFound")
        elif len(data) >= LARGE_BYTES:
            digest = hashlib.sha256(data).hexdigest()
            linked = {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(data))}
            self._head(302, {"Location": f"/cdn/{repo}:{name}", "X-Repo-Commit": commit, **linked})
        else:
            self._send(f"{repo}:{name}", with_body)

    def _send(self, key: str, with_body: bool) -> None:
        repo, _, name = key.partition(":")
        hub, wanted = self.hub, self.headers.get("Range", "")
        data = hub.spoiled.get(name, hub.repos[repo][name])
        hub.asked.append((self.command, name, wanted))
        first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and hub.knows_ranges else 0
        if wanted and hub.knows_ranges and first >= len(data):
            self._refuse(416)
            return
        told = {"ETag": f'"{git_blob(data)}"', "X-Repo-Commit": hub.commit, "Accept-Ranges": "bytes"}
        body = data[first:] if with_body else b""
        told["Content-Length"] = str(len(data) - first)
        if first:
            told["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        self._head(206 if first else 200, told, finished=False)
        self._stream(name, body)

    def _stream(self, name: str, body: bytes) -> None:
        hub = self.hub
        drop_at = hub.drops.pop(0) if hub.drops and len(body) >= LARGE_BYTES else None
        for start in range(0, len(body), 1024):
            if drop_at is not None and start >= drop_at:
                self.close_connection = True
                self.wfile.flush()
                return
            if hub.halt_at is not None and sum(hub.sent.values()) >= hub.halt_at:
                hub.halted.set()
                hub.go_on.wait(20)
            piece = body[start : start + 1024]
            try:
                self.wfile.write(piece)
            except OSError:  # whoever asked is gone
                self.close_connection = True
                return
            hub.sent[name] += len(piece)

    def _refuse(self, status: int, code: str = "") -> None:
        self._head(status, {"X-Error-Code": code} if code else {})

    def _whole(self, body: bytes, told: dict[str, str]) -> None:
        self._head(200, told | {"Content-Length": str(len(body))}, finished=False)
        self.wfile.write(body)

    def _head(self, status: int, told: dict[str, str], finished: bool = True) -> None:
        self.send_response(status)
        for name, value in told.items():
            self.send_header(name, value)
        if finished:
            self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The Hub answers at `hub.url` meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.go_on.set()
        server.shutdown()
        server.server_close()
