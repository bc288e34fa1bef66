"""The page as a person uses it: in Chromium, with the mouse."""

import io
import shlex
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import open_chromium

pytestmark = pytest.mark.ui

OPTIONS = (
    "--headless=new --no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader --disable-quic "
    "--no-first-run --disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage --window-size=1360,1700"
)
WAIT_S = 60
SLOWNESS = 3  # of a machine that has other things to do


class Person:
    """Looks at the page and moves the mouse."""

    def __init__(self, browser: Any, url: str, downloads: Path) -> None:
        self.browser, self.downloads = browser, downloads
        told = {"behavior": "allow", "downloadPath": str(downloads)}
        browser.execute_cdp_cmd("Browser.setDownloadBehavior", told)
        browser.get(url)
        self.until(lambda: browser.find_elements("css selector", "#image input[type=file]"))

    def seen(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def until(self, holds: Any) -> Any:
        """Wait for what `holds` returns; elements that are being redrawn are looked for again."""
        from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException

        end_s = time.monotonic() + WAIT_S
        while time.monotonic() < end_s:
            try:
                if found := holds():
                    return found
            except (NoSuchElementException, StaleElementReferenceException):
                pass
            time.sleep(0.1)
        raise AssertionError(f"waited {WAIT_S} s; the page says: {self.complaint()}")

    def drop(self, name: str, path: Any) -> None:
        self.seen(f"#{name} input[type=file]").send_keys(str(path))

    def drop_both(self, pictures: Any) -> None:
        self.drop("image", pictures.image)
        self.until(lambda: self.seen("#editor canvas").size["width"] > 100)
        self.drop("references", pictures.reference)
        self.until(lambda: self.seen("#region img").get_property("naturalWidth") == 320)
        time.sleep(2)  # the canvas fades in, and takes no paint before

    def paint(self) -> None:
        """A few strokes over the middle of the image."""
        canvas = self.seen("#editor canvas")
        for y in (-12, 0, 12):
            self.drag(canvas, (-30, y), (30, y))

    def drag(self, element: Any, start: tuple[int, int], end: tuple[int, int]) -> None:
        """From one place to another, both from the middle of the element [px of the window]."""
        from selenium.webdriver.common.action_chains import ActionChains

        middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
        chain = ActionChains(self.browser, duration=40)
        chain.move_to_element_with_offset(element, *start).click_and_hold()
        for place in (middle, end):
            chain.move_to_element_with_offset(element, *place)
        chain.release().perform()

    def click(self, name: str) -> None:
        self.seen(f"#{name}").click()

    def take_any_match(self) -> None:
        self.seen("#options button").click()
        self.until(lambda: self.seen("#force input").is_displayed())
        self.seen("#force input").click()

    def sentence(self) -> str:
        """What is said of a search; empty while its progress is shown there."""
        text = self.seen("#said").text
        return text if "that the place is right" in text else ""

    def complaint(self) -> str:
        """What an error says on the page; empty where none does."""
        return " ".join(one.text for one in self.browser.find_elements("css selector", ".toast-body"))

    def download(self, name: str, file: str) -> bytes:
        """What is saved as `file` by a click on a button."""
        path = self.downloads / file
        path.unlink(missing_ok=True)
        self.click(name)
        self.until(path.exists)  # it has another name until it is whole
        return path.read_bytes()

    def fetched(self) -> list[str]:
        names = self.browser.execute_script(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)"
        )
        return [name for name in names if not name.startswith(("data:", "blob:"))]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One that can draw the canvas without a graphics card."""
    with open_chromium(OPTIONS, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def person(chromium: Any, served: Any, tmp_path_factory: pytest.TempPathFactory) -> Person:
    return Person(chromium, served.url, tmp_path_factory.mktemp("downloads"))


def test_the_page_is_there_within_ten_seconds_and_fetches_nothing_from_elsewhere(person, served):
    assert served.start_s < 10 * SLOWNESS
    assert person.fetched()
    assert all(name.startswith(served.url) for name in person.fetched())


def test_a_person_paints_locates_moves_the_region_refines_and_the_command_gives_the_same(
    person, served, pictures, artifix, tmp_path, monkeypatch
):
    person.drop_both(pictures)
    person.paint()
    person.take_any_match()
    person.click("locate")
    said = person.until(person.sentence)
    assert "ref.png at x " in said
    assert "that the place is right" in said
    box = person.until(lambda: person.seen("#region .box.found"))
    before = box.get_attribute("style")
    person.drag(box, (0, 0), (15, 9))
    moved = person.until(lambda: person.seen("#region .box:not(.found)")).get_attribute("style")
    assert moved != before
    person.click("refine")
    assert "1 part repainted after ref.png" in person.until(lambda: person.seen("#verdict").text)

    with zipfile.ZipFile(io.BytesIO(person.download("archive", "artifix.zip"))) as archive:
        archive.extractall(tmp_path)
    command = (tmp_path / "command.txt").read_text().strip()
    assert "--region" in command
    monkeypatch.chdir(tmp_path)
    run = artifix(*shlex.split(command)[1:])
    assert run.code == 0, run.err
    made = (tmp_path / "result" / "refined.png").read_bytes()
    assert made == person.download("picture", "refined.png")
    mask = np.asarray(Image.open(tmp_path / "mask.png")) > 0
    image, refined = (
        np.asarray(Image.open(path)) for path in (pictures.image, tmp_path / "result/refined.png")
    )
    assert 500 < mask.sum() < mask.size / 4
    assert (image[~mask] == refined[~mask]).all()
    assert (image[mask] != refined[mask]).any()
    assert all(name.startswith(served.url) for name in person.fetched())


def test_a_mask_file_becomes_paint_that_the_job_uses(person, served, pictures, tmp_path):
    person.drop_both(pictures)
    path = tmp_path / "given.png"
    Image.fromarray(pictures.mask).save(path)
    person.seen("#mask-column button").click()
    person.until(lambda: person.browser.find_elements("css selector", "#mask input[type=file]"))
    person.drop("mask", path)
    time.sleep(3)
    person.take_any_match()
    person.click("locate")
    person.until(person.sentence)
    written = max(served.temporary.glob("*/given/*/mask.png"), key=lambda one: one.stat().st_mtime)
    assert (np.asarray(Image.open(written)) > 0).sum() == pictures.mask.sum()


def test_without_paint_the_page_says_what_to_do(person, pictures):
    person.drop_both(pictures)
    person.click("refine")
    assert "nothing is painted" in person.until(person.complaint)
    assert "paint over the part that is wrong" in person.complaint()


def test_a_text_file_is_answered_with_a_sentence(person, tmp_path):
    path = tmp_path / "note.png"
    path.write_text("no picture")
    person.drop("image", path)
    assert "note.png" in person.until(person.complaint)
    assert "Traceback" not in person.complaint()
