"""Servers of this machine: of files by HTTP, and of as much of S3 and Google's storage as reading takes."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TIME = "2024-01-01T00:00:00Z"
BODY = bytes(range(256)) * 40


class Handler(BaseHTTPRequestHandler):
    """Serves BODY at any address; the first part of the path says what goes wrong."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def answer(self, with_body: bool) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        word = urlsplit(self.path).path.split("/")[1]
        if word.isdigit():
            self.tell(int(word), b"", with_body)
        elif word == "hang":
            self.server.over.wait(30)
        elif word == "redirect":
            self.tell(302, b"", with_body, Location="/good/i.png")
        elif word == "cut":
            self.tell(200, BODY, with_body, sent=BODY[:100])
            self.close_connection = True
        elif word == "drip":
            self.tell(200, BODY, with_body, sent=b"")
            for i in range(8 if with_body else 0):
                time.sleep(0.1)
                self.wfile.write(BODY[i * len(BODY) // 8 : (i + 1) * len(BODY) // 8])
        elif word == "private" and self.headers.get("Authorization") != basic("user", "pass-word"):
            self.tell(401, b"", with_body)
        else:
            self.tell(200, self.server.files.get(urlsplit(self.path).path, BODY), with_body)

    def tell(
        self, status: int, body: bytes, with_body: bool, sent: bytes | None = None, **headers: str
    ) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body if sent is None else sent)


class S3(Handler):
    """A bucket that holds BODY at every key but those that begin with "no"; it wants a signature."""

    def answer(self, with_body: bool) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        key = unquote(urlsplit(self.path).path).partition("/bucket/")[2]
        if "Credential=the-key/" not in self.headers.get("Authorization", ""):
            self.tell(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>", with_body)
        elif not key or key.startswith("no"):
            code = b"NoSuchKey" if key else b"NoSuchBucket"
            self.tell(404, b"<Error><Code>%b</Code><Message>gone</Message></Error>" % code, with_body)
        else:
            times = {"ETag": '"0"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
            self.ranged(self.server.files.get(key, BODY), with_body, times)

    def ranged(self, body: bytes, with_body: bool, headers: dict[str, str]) -> None:
        wanted = self.headers.get("Range", "")
        if not wanted:
            self.tell(200, body, with_body, **headers)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        end = min(int(last or len(body)), len(body) - 1)
        part = {"Content-Range": f"bytes {first}-{end}/{len(body)}"}
        self.tell(206, body[int(first) : end + 1], with_body, **headers, **part)


class GoogleStorage(S3):
    """The same for Google's; the metadata of a file has an address of its own."""

    def answer(self, with_body: bool) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        parts = urlsplit(self.path)
        key = unquote(parts.path).partition("/o/")[2]
        if not key or key.startswith("no"):
            self.tell(404, b'{"error": {"code": 404, "message": "gone"}}', with_body)
        elif "alt=media" in parts.query:
            self.ranged(BODY, with_body, {})
        else:
            address = f"http://{self.headers['Host']}/download{parts.path}?alt=media"
            told = {"kind": "storage#object", "name": key, "bucket": "bucket", "size": str(len(BODY))}
            told |= {
                "mediaLink": address,
                "updated": "2024-01-01T00:00:00Z",
                "timeCreated": "2024-01-01T00:00:00Z",
            }
            self.tell(200, json.dumps(told).encode(), with_body, **{"Content-Type": "application/json"})


def basic(user: str, word: str) -> str:
    """The header that tells a password."""
    return "Basic " + base64.b64encode(f"{user}:{word}".encode()).decode()


@contextmanager
def serving(handler: type[Handler]) -> Iterator[ThreadingHTTPServer]:
    """A server on a port of its own; `address` is host:port, `asked` what was asked for, `files` by key."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.asked, server.files, server.over = [], {}, threading.Event()
    server.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
