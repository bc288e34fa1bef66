"""A study as raters meet it: in Chromium, without a window, from a file."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from artifix.evaluation.study.answers import read_answers
from artifix.evaluation.study.design import Design
from artifix.evaluation.study.page import page_of
from artifix.evaluation.study.scoring import scores_of
from artifix.evaluation.study.study import Study, plan_of
from artifix.evaluation.study.texts import texts_of
from tests.evaluation.study.conftest import METHODS, write_sources

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
CONTRAST = """
    const light = (text) => {
        const [r, g, b] = text.match(/[0-9.]+/g).slice(0, 3).map((value) => {
            const share = value / 255;
            return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (one) => {
        for (; one; one = one.parentElement) {
            const colour = getComputedStyle(one).backgroundColor;
            if (!/, 0\\)$/.test(colour)) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    return [...document.querySelectorAll("h1, h2, p, label, button:enabled, dt, dd, figcaption, span")]
        .filter((one) => one.offsetParent)
        .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
        .map((one) => {
            const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
            return [(a + 0.05) / (b + 0.05), one.textContent.trim()];
        });"""
NAMELESS = """
    return [...document.querySelectorAll("button, input, [role]:not([role=status]):not([role=alert])")]
        .filter((one) => one.offsetParent)
        .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length
          || one.getAttribute("aria-labelledby"))).map((one) => one.outerHTML);"""


class Rater:
    """Someone who takes part."""

    def __init__(self, browser: Any, path: Path, downloads: Path) -> None:
        self.browser, self.path, self.downloads = browser, path, downloads
        browser.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)}
        )
        browser.get(path.as_uri())
        self.run("localStorage.clear(); Storage.prototype.setItem = () => {}")  # nor as the page is left
        browser.get_log("browser")
        browser.get(path.as_uri())

    def run(self, script: str, *arguments: object) -> Any:
        return self.browser.execute_script(script, *arguments)

    def found(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        return self.browser.find_elements("css selector", selector)

    def click(self, selector: str) -> None:
        self.found(selector).click()

    def press(self, *keys: str) -> None:
        for key in keys:
            ActionChains(self.browser, duration=0).send_keys(key).perform()

    def enter(self, name: str) -> None:
        self.found("#rater").send_keys(name)
        self.click("#consent")
        self.click("#enter button")

    @property
    def screen(self) -> str:
        return self.run("return [...document.querySelectorAll('main')].find((one) => !one.hidden).id")

    @property
    def shown(self) -> tuple[str, ...]:
        """Ids of the pictures from left to right."""
        return tuple(
            self.run("return [...document.querySelectorAll('.choice')].map((one) => one.dataset.id)")
        )

    @property
    def chosen(self) -> list[int]:
        """Places of the pictures that are marked."""
        return self.run(
            "return [...document.querySelectorAll('.choice')]"
            ".flatMap((one, place) => one.matches('.chosen') ? [place] : [])"
        )

    @property
    def places(self) -> list[str]:
        return [one.text for one in self.all(".choice .place")]

    @property
    def count(self) -> str:
        return self.found("#count").text

    @property
    def zooms(self) -> list[str]:
        return self.run(
            "return [...document.querySelectorAll('.pictures img')].filter((one) => one.offsetParent)"
            ".map((one) => one.style.transform + ' ' + one.style.transformOrigin)"
        )

    def saved(self, name: str) -> dict[str, Any]:
        """The file of that name, once it is there."""
        until = time.monotonic() + 10
        while not (self.downloads / name).exists():
            assert time.monotonic() < until, list(self.downloads.iterdir())
            time.sleep(0.05)
        return json.loads((self.downloads / name).read_text())


@pytest.fixture(scope="module")
def hundred(tmp_path_factory, scene) -> tuple[Design, Path]:
    """A study of 100 questions, 48 and two checks in each part."""
    folder = tmp_path_factory.mktemp("hundred")
    design = write_sources(folder, scene, 16).design(questions=48)
    (folder / "study.html").write_bytes(page_of(design, texts_of(None)))
    return design, folder / "study.html"


@pytest.fixture
def opened(chromium, tmp_path) -> Iterator[Any]:
    """Open a page as a new rater; whatever a test does, nothing may go wrong or be fetched."""

    def at(path: Path) -> Rater:
        return Rater(chromium, path, tmp_path)

    yield at
    assert [entry["message"] for entry in chromium.get_log("browser")] == []
    names = chromium.execute_script("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert [name for name in names if not name.startswith("data:")] == []


@pytest.fixture
def rater(opened, hundred) -> Rater:
    return opened(hundred[1])


@pytest.fixture
def page_of_design(tmp_path):
    """Write the page of a design: page_of_design(design, texts) is its path."""

    def write(design: Design, texts: dict[str, str] | None = None) -> Path:
        path = tmp_path / "study.html"
        path.write_bytes(page_of(design, texts or texts_of(None)))
        return path

    return write


def like(study: Study, shown: tuple[str, ...], part: str) -> int:
    """The place of the picture that this rater prefers: the right one of a check, else by method."""
    question = next(q for q in study.questions if set(q.pictures) == set(shown) and q.part == part)
    if question.is_check:
        return shown.index(question.right)
    return min(range(len(shown)), key=lambda place: METHODS.index(question.methods[shown[place]]))


@pytest.mark.slow
def test_a_hundred_questions_are_answered_click_by_click_through_a_reload(rater, hundred):
    study, asked = hundred[0].study, []
    rater.enter("P-07")
    for part in ("realism", "fidelity"):
        assert rater.screen == "part"
        rater.click("#part .main")
        for number in range(50):
            asked.append(rater.shown)
            assert rater.count == f"{len(asked)} of 100"
            assert not rater.found("#next").is_enabled()
            rater.all(".choice")[like(study, rater.shown, part)].click()
            if number == 30:
                rater.browser.refresh()
                assert rater.shown == asked[-1]
                assert rater.chosen == [like(study, rater.shown, part)]
            rater.click("#next")
    assert rater.screen == "end"
    rater.click("#save")
    name = f"answers-{study.id}-p-07.json"
    assert name in rater.found("#saved").text
    saved = rater.saved(name)
    assert asked == [step.shown for step in plan_of(study, "p-07")]
    assert saved["finished"]
    (answers,) = read_answers([rater.downloads / name], study)
    assert answers.is_finished
    for score in scores_of(study, [answers], 0.95):
        assert [one.preferred.value for one in score.methods] == [1, 0.5, 0]


def test_a_hundred_questions_are_answered_by_keyboard_alone(rater, hundred):
    study, wanted = hundred[0].study, {}
    rater.press(Keys.TAB, *"kay", Keys.TAB, Keys.SPACE, Keys.ENTER)
    for part in ("realism", "fidelity"):
        assert rater.screen == "part"
        rater.press(Keys.ENTER)
        for number in range(50):
            place = like(study, rater.shown, part)
            wanted[len(wanted)] = rater.shown[place]
            if number % 2:
                rater.press(str(place + 1))
            else:
                rater.press(*[Keys.ARROW_RIGHT, Keys.ARROW_RIGHT][: place + 1])
            rater.press(Keys.ENTER)
    assert rater.screen == "end"
    rater.press(Keys.TAB, Keys.ENTER)
    saved = rater.saved(f"answers-{study.id}-kay.json")
    assert [one["choice"][0] for one in saved["answers"]] == list(wanted.values())


@pytest.mark.parametrize("name", ["a", "zoe.b-1_2", "0", "x" * 40])
def test_the_page_draws_the_plan_that_is_drawn_again(rater, hundred, name):
    rater.enter(name)
    rater.press(Keys.ENTER)
    for step in plan_of(hundred[0].study, name)[:12]:
        assert rater.shown == step.shown
        rater.press("1", Keys.ENTER)


def test_nobody_starts_without_an_id_and_consent(rater):
    rater.click("#enter button")
    assert rater.screen == "start"
    assert rater.found("#rater-wrong").text.startswith("Please type your id")
    assert rater.found("#consent-wrong").text.startswith("Please agree")
    assert rater.browser.switch_to.active_element.get_attribute("id") == "rater"
    rater.found("#rater").send_keys("not an id!")
    rater.click("#consent")
    rater.click("#enter button")
    assert rater.screen == "start"


def test_an_answer_may_be_changed_by_going_back(rater):
    rater.enter("r1")
    rater.press(Keys.ENTER, "1", Keys.ENTER)
    second = rater.shown
    rater.press(Keys.BACKSPACE)
    assert rater.count == "1 of 100"
    assert rater.chosen == [0]
    rater.press("2")
    rater.click("#question [data-do=forward]")
    assert rater.shown == second
    rater.click("#question [data-do=back]")
    assert rater.chosen == [1]


def test_enter_goes_nowhere_without_an_answer(rater):
    rater.enter("r1")
    rater.press(Keys.ENTER, Keys.ENTER)
    assert rater.count == "1 of 100"


def test_several_raters_share_a_browser_and_unfinished_answers_can_be_saved(rater, hundred):
    study = hundred[0].study
    rater.enter("first")
    rater.press(Keys.ENTER, *["1", Keys.ENTER] * 3)
    rater.click("#pause")
    rater.enter("second")
    rater.press(Keys.ENTER, "2")
    rater.click("#pause")
    rater.browser.refresh()
    lines = rater.all("#sessions li")
    assert [line.text.split("\n")[0] for line in lines] == [
        "first 3 of 100 answered",
        "second 1 of 100 answered",
    ]
    lines[0].find_elements("css selector", "button")[0].click()
    name = f"answers-{study.id}-first.json"
    assert len(rater.saved(name)["answers"]) == 3
    (answers,) = read_answers([rater.downloads / name], study)
    assert not answers.is_finished
    lines[1].find_elements("css selector", "button")[1].click()
    assert rater.count == "1 of 100"
    assert rater.chosen == [1]


def test_no_difference_is_offered_where_it_may_be_answered(opened, design, page_of_design):
    rater = opened(page_of_design(design))
    rater.enter("r1")
    rater.press(Keys.ENTER)
    rater.click("#ties")
    assert rater.found("#ties").get_attribute("aria-pressed") == "true"
    rater.press(Keys.ENTER, "1", "0", Keys.ENTER)
    rater.click("#pause")
    rater.click("#sessions button")
    saved = rater.saved(f"answers-{design.study.id}-r1.json")
    assert [one["choice"] for one in saved["answers"]] == [[], []]


def test_pictures_are_put_in_order(opened, sources, page_of_design):
    design = sources.design(form="rank", checks=0)
    rater = opened(page_of_design(design))
    rater.enter("r1")
    rater.press(Keys.ENTER)
    rater.all(".choice")[1].click()
    assert rater.places == ["", "1", ""]
    assert not rater.found("#next").is_enabled()
    rater.press("3")  # the last one left has no choice but its place
    assert rater.places == ["3", "1", "2"]
    assert rater.all(".choice")[2].get_attribute("aria-label") == "Picture 3, place 2"
    rater.press("3")  # away with it, and what comes after
    assert rater.places == ["", "1", ""]
    rater.press("1")
    assert rater.places == ["2", "1", "3"]
    shown = rater.shown
    rater.press(Keys.ENTER)
    rater.click("#pause")
    rater.click("#sessions button")
    saved = rater.saved(f"answers-{design.study.id}-r1.json")
    assert saved["answers"][0]["choice"] == [shown[1], shown[0], shown[2]]


def test_a_closer_look_shows_all_pictures_at_the_spot_that_is_pointed_at(rater):
    rater.enter("r1")
    rater.press(Keys.ENTER)
    whole = rater.zooms
    rater.press("z")
    first, second = rater.zooms
    assert first == second == "translate(-50%, -50%) scale(3) 75% 29.17%"  # the mask's centre
    ActionChains(rater.browser, duration=0).move_to_element_with_offset(
        rater.found(".choice img"), 0, 0
    ).perform()
    first, second = rater.zooms
    assert first == second != "translate(-50%, -50%) scale(3) 75% 29.17%"
    rater.press("+")
    assert "scale(3.75)" in rater.zooms[1]
    rater.press(Keys.ESCAPE)
    assert rater.zooms == whole
    assert rater.chosen == []


def test_a_picture_that_is_held_is_looked_at_and_not_chosen(rater):
    rater.enter("r1")
    rater.press(Keys.ENTER)
    view = rater.all(".choice .view")[1]
    ActionChains(rater.browser, duration=0).move_to_element(view).click_and_hold().pause(0.4).perform()
    assert all("scale(3)" in zoom for zoom in rater.zooms)
    ActionChains(rater.browser, duration=0).release().perform()
    assert all("scale(1)" in zoom for zoom in rater.zooms)
    assert rater.chosen == []
    view.click()
    time.sleep(0.15)
    view.click()
    assert rater.chosen == [1]


def test_the_reference_is_looked_at_on_its_own(opened, sources, page_of_design):
    rater = opened(page_of_design(sources.design(part="fidelity", checks=0)))
    rater.enter("r1")
    rater.press(Keys.ENTER, "z")
    assert ["scale(3)" in zoom for zoom in rater.zooms] == [False, True, True]
    ActionChains(rater.browser, duration=0).move_to_element(rater.found(".reference img")).perform()
    assert ["scale(3)" in zoom for zoom in rater.zooms] == [True, False, False]


def test_pictures_to_be_compared_have_one_size_and_fit_the_window(opened, sources, page_of_design):
    rater = opened(page_of_design(sources.design(part="fidelity", form="rank", checks=0)))
    rater.enter("r1")
    rater.press(Keys.ENTER)
    sizes = {tuple(one.size.items()) for one in rater.all(".choice img")}
    assert len(sizes) == 1
    assert rater.run("return document.documentElement.scrollHeight <= innerHeight")
    widths = [one.size["width"] for one in rater.all(".choice img")]
    assert min(widths) > 200


def test_on_a_phone_nothing_is_wider_than_the_screen_and_next_stays_at_hand(rater):
    rater.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    try:
        rater.enter("r1")
        for keys in ([Keys.ENTER], ["1", Keys.ENTER]):
            assert rater.run("return document.documentElement.scrollWidth") == 390
            rater.press(*keys)
        box = rater.run("return document.getElementById('next').getBoundingClientRect().toJSON()")
        assert 0 < box["top"] < box["bottom"] <= 844
        tops = rater.run("return [...document.querySelectorAll('.choice')].map((one) => one.offsetTop)")
        assert tops[1] > tops[0] + 200
        assert rater.found(".choice img").size["width"] > 300
    finally:
        rater.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_read_easily_and_controls_have_names(opened, sources, page_of_design, scheme):
    rater = opened(page_of_design(sources.design(part="fidelity", checks=0, ties=True)))
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    rater.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        for screen in ("start", "part", "question", "question"):
            assert rater.screen == screen
            poor = [found for found in rater.run(CONTRAST) if found[0] < 4.5]
            assert poor == []
            assert rater.run(NAMELESS) == []
            if screen == "start":
                rater.enter("r1")
            else:
                rater.press(Keys.ENTER, "1")
        ground = rater.run("return getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(250, 250, 248)" if scheme == "light" else "rgb(19, 20, 22)")
    finally:
        rater.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_who_hears_the_page_is_told_the_question_and_what_is_chosen(rater):
    rater.enter("r1")
    assert rater.browser.switch_to.active_element.get_attribute("id") == "part-title"
    rater.press(Keys.ENTER)
    assert rater.browser.switch_to.active_element.text == "Which picture looks better overall?"
    group = rater.found("[role=radiogroup]")
    assert group.accessible_name == "Which picture looks better overall?"
    rater.press(Keys.ARROW_LEFT)
    assert [one.get_attribute("aria-checked") for one in rater.all("[role=radio]")] == ["false", "true"]
    assert rater.browser.switch_to.active_element.accessible_name == "Picture 2"
    progress = rater.found("[role=progressbar]")
    assert (progress.get_attribute("aria-valuenow"), progress.get_attribute("aria-valuemax")) == ("0", "100")


def test_where_the_browser_keeps_nothing_it_is_said_and_answers_can_be_saved(opened, design, page_of_design):
    path = page_of_design(design)
    rater = opened(path)
    source = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    added = rater.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    try:
        rater.browser.refresh()
        assert "does not let the page keep your answers" in rater.found("#not-kept").text
        rater.enter("r1")
        rater.press(Keys.ENTER, "1")
        rater.click("#pause")
        rater.click("#sessions button")
        assert len(rater.saved(f"answers-{design.study.id}-r1.json")["answers"]) == 1
    finally:
        rater.browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
        rater.run("window.onbeforeunload = null")


@pytest.mark.parametrize(
    "kept", ["{", "null", "[]", '{"raters": 3}', '{"raters": {"r1": {}}, "current": "r1"}']
)
def test_damaged_answers_of_the_browser_are_no_obstacle(rater, hundred, kept):
    rater.run(f"localStorage.setItem('artifix-study/{hundred[0].study.id}', arguments[0])", kept)
    rater.browser.refresh()
    assert rater.screen == "start"
    rater.enter("r1")
    assert rater.screen == "part"


def test_texts_of_others_are_shown_and_never_run(opened, design, page_of_design):
    hostile = (
        "</script><script>window.broken = 1</script><img src=x onerror='window.broken = 1'> \u6771\u4eac"
    )
    texts = {
        name: hostile if name in ("title", "welcome", "realism_pairs") else text
        for name, text in texts_of(None).items()
    }
    rater = opened(page_of_design(design, texts))
    assert rater.found("h1").text == hostile
    rater.enter("r1")
    rater.press(Keys.ENTER)
    assert rater.found("#asked").text == hostile
    assert rater.run("return window.broken") is None
