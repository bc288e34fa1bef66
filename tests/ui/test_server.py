"""The page as a program meets it that does not behave as a browser does."""

import io

import numpy as np
import psutil
import pytest
from PIL import Image

pytestmark = pytest.mark.ui

MOST_GROWTH_MB = 600  # of the server, while it is asked too much


def png(width, height):
    buffer = io.BytesIO()
    Image.new("L", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def editor_of(visitor, background, mask):
    """What a browser sends of a canvas with paint where `mask` is True."""
    layer, buffer = np.zeros((*mask.shape, 4), np.uint8), io.BytesIO()
    layer[mask] = (255, 45, 85, 166)
    Image.fromarray(layer).save(buffer, "PNG")
    told = visitor.http.post("/gradio_api/upload", files={"files": ("layer.png", buffer.getvalue())})
    file = {"path": told.json()[0], "orig_name": "layer.png", "meta": {"_type": "gradio.FileData"}}
    return {"background": background["background"], "layers": [file], "composite": None}


def test_it_listens_on_this_machine_only(served):
    connections = psutil.Process(served.process.pid).net_connections()
    hosts = {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
    assert hosts == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("note.png", b"no picture at all", "note.png: "),
        ("empty.png", b"", "note|empty"),
        ("huge.png", png(8000, 8000), "huge.png: has 8000x8000 px, and this page takes 1000 px a side"),
        ("bomb.png", png(8000, 8000).replace(b"\0\0\x1f@\0\0\x1f@", b"\x7f\0\0\0\x7f\0\0\0"), "bomb.png: "),
    ],
)
def test_what_is_no_picture_to_work_with_is_answered_with_a_sentence(
    visit, served, tmp_path, name, data, sentence
):
    visitor, path = visit(), tmp_path / name
    path.write_bytes(data)
    before = psutil.Process(served.process.pid).memory_info().rss
    told = visitor.ask("image", None, visitor.upload(path))
    assert any(word in told["error"] for word in sentence.split("|"))
    assert "Traceback" not in told["error"]
    assert str(served.temporary) not in told["error"]
    assert psutil.Process(served.process.pid).memory_info().rss - before < MOST_GROWTH_MB * 1e6


def test_a_path_in_a_files_name_leads_nowhere(visit, served, pictures):
    visitor = visit()
    around = set(served.temporary.rglob("*"))
    told = visitor.ask("image", None, visitor.upload(pictures.image, "../../../evil.png"))
    assert "error" not in told or not told["error"]
    new = [path for path in served.temporary.rglob("evil*") if path not in around]
    folders = {path.relative_to(served.temporary).parts[1] for path in new}
    assert folders <= {"given", "served"}
    assert not (served.temporary.parent / "evil.png").exists()


def test_a_file_of_the_server_that_was_not_uploaded_is_refused(visit, served):
    visitor = visit()
    told = visitor.ask("image", None, {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}})
    assert "data" not in told
    assert not list(served.temporary.rglob("hostname"))


def test_what_one_visitor_gave_no_other_is_handed(visit, served, pictures):
    one, other = visit(), visit()
    one.equip(pictures.image, pictures.reference)
    kept = list(served.temporary.glob("*/given/*/*.png"))
    assert kept
    for path in kept:
        assert other.http.get(f"/gradio_api/file={path}").status_code == 403
        told = other.ask("image", None, {"path": str(path), "meta": {"_type": "gradio.FileData"}})
        assert "data" not in told
    assert "there is no image" in other.ask("locate", None, None, "", False, False, 0)["error"]


def test_fifty_clicks_at_once_are_answered(visit, served, pictures):
    visitor, before = visit(), served.log.read_text()
    canvas = visitor.equip(pictures.image, pictures.reference)
    editor = editor_of(visitor, canvas, pictures.mask)
    told = [visitor.join("locate", None, editor, "", False, True, 0) for _ in range(50)]
    taken = [one for one in told if one.status_code == 200]
    refused = [one for one in told if one.status_code != 200]
    assert refused  # more than may wait
    assert all("Queue is full" in one.json()["detail"] for one in refused)
    ended = [answer["output"] for answer, _ in zip(visitor.answers(), taken, strict=False)]
    assert len(ended) == len(taken)
    assert all("error" not in one or not one["error"] for one in ended), ended[0]
    assert served.process.poll() is None
    assert "Traceback" not in served.log.read_text().removeprefix(before)
