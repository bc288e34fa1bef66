"""A report that is open in a browser without a window."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHOWN_IDS = """
    const edge = document.querySelector(".heads").getBoundingClientRect().bottom;
    return [...document.querySelectorAll(".row")]
        .map((row) => [row.getBoundingClientRect(), row.querySelector(".id").textContent])
        .filter(([box]) => box.bottom > edge + 1 && box.top < innerHeight)
        .sort((a, b) => a[0].top - b[0].top).map(([, id]) => id);"""
SIDE_SEEN = r"""
    const clip = getComputedStyle(document.querySelector(".compare .after")).clipPath;
    const border = parseFloat(clip.match(/([0-9.]+)%\)/)?.[1] ?? 0); // inset() of zeroes has no percent
    return 100 * arguments[0] < border ? "before" : "after";"""
SET_RANGE = """
    const input = document.getElementById(arguments[0]);
    input.value = arguments[1];
    input.dispatchEvent(new Event("input"));"""


class Page:
    """What a reader sees of a report, and does with it."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.browser = browser
        browser.get("about:blank")
        self.complaints()
        browser.get(path.as_uri())

    def run(self, script: str, *arguments: object) -> Any:
        return self.browser.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        return self.browser.find_elements("css selector", selector)

    def found(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    @property
    def slider(self) -> Any:
        """The first that is drawn."""
        return self.found(".compare input")

    @property
    def count(self) -> str:
        return self.found("#count").text

    @property
    def focused(self) -> str:
        """The name of what has the focus."""
        return self.browser.switch_to.active_element.get_attribute("aria-label") or ""

    def shown_ids(self) -> list[str]:
        """Ids of the rows in the window, from top to bottom."""
        return self.run(SHOWN_IDS)

    def side_seen(self, share: float) -> str:
        """The picture that is seen at this share of the width of the first slider."""
        return self.run(SIDE_SEEN, share)

    def set_range(self, name: str, value: int) -> None:
        self.run(SET_RANGE, name, value)

    def complaints(self) -> list[str]:
        """What the browser wrote on its console since it was last asked."""
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def fetched(self) -> list[str]:
        """Addresses that the page loaded something from, beside itself."""
        names = self.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        return [name for name in names if not name.startswith("data:")]

    def wait_for(self, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + 5
        while not holds():
            assert time.monotonic() < until
            time.sleep(0.02)


@pytest.fixture
def open_page(chromium: Any) -> Callable[[Path], Page]:
    return lambda path: Page(chromium, path)
