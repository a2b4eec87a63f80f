"""HTML reports: whole in one file, nothing fetched, no name run; and in a real browser, used."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from flopcalc.doc import Column, Derivation, Doc, Line, Note, Table
from flopcalc.renderers import render

Run = Callable[..., Any]
EVIL = "</script><img src=x onerror=hacked=1><script>hacked=1</script>"
LAYERS = (
    *(f"a.{EVIL}", "b.<img src=x onerror=hacked=1>", 'c" onclick="hacked=1'),
    *(f"{EVIL}.x", f"{EVIL}.y"),  # a block of that name
)
HOSTILE = Doc(
    EVIL,
    (
        Table(
            (Column("name", EVIL), Column("mult_adds", "Mult-Adds", "count")),
            tuple((name, 10) for name in LAYERS),
            title=EVIL,
        ),
        Note(EVIL, "warning"),
        Derivation(EVIL, (Line(EVIL, EVIL),), ((EVIL, EVIL, EVIL),), EVIL),
    ),
    {
        "layers": [
            {"name": name, "kind": EVIL, "mult_adds": 10, "params": 1, "formula": EVIL}
            for name in LAYERS
        ]
    },
    EVIL,
)


@pytest.fixture
def page(run: Run, tmp_path: Path) -> Callable[..., Path]:
    """The HTML of a command."""

    def make(*arguments: str) -> Path:
        file = tmp_path / "report.html"
        result = run(*arguments, "-f", "html", "-o", str(file))
        assert result.code == 0, result.err
        return file

    return make


class Tags(HTMLParser):
    """The tags of a page, and whether all that open close."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


COMMANDS = (
    ("analyze", "mobilenet_v1"),
    ("compare", "mobilenet_v1"),
    ("explain", "mobilenet_v1", "conv2"),
    ("sweep", "mobilenet_v1", "--alpha", "0.25:1:0.25", "--res", "128:224:32"),
    ("check", "mobilenet_v1", "--max", "mult_adds=600M"),
    ("models", "mobilenet"),
    ("conventions",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_every_report_is_one_well_formed_file(
    page: Callable[..., Path], command: tuple[str, ...]
) -> None:
    text = page(*command).read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)

    assert tags.open == []
    assert {"header", "main", "footer", "h1"} <= {tag for tag, _ in tags.found}
    links = [a for _, a in tags.found if a.get("src") or a.get("href")]
    assert all(str(a.get("src", "")).startswith("data:") for a in links)
    assert "default-src 'none'" in text
    without = re.sub(r"data:[^\"]+", "", text)
    assert "http" not in without.replace("http-equiv", "")


def test_names_are_text() -> None:
    """An exported graph may call its layers anything."""
    tags = Tags()
    tags.feed(render(HOSTILE, "html"))

    assert tags.open == []
    assert [tag for tag, _ in tags.found].count("script") == 2
    assert not [tag for tag, _ in tags.found if tag == "img"]
    assert not [a for _, attrs in tags.found for a in attrs if a.startswith("on")]


CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
browsing = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore"),  # of other people's packages
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER and importlib.util.find_spec("selenium")),
        reason="no chromium, driver or selenium",
    ),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless browser with a profile of its own."""
    webdriver = pytest.importorskip("selenium.webdriver")
    service = pytest.importorskip("selenium.webdriver.chrome.service").Service(DRIVER)
    options = webdriver.ChromeOptions()
    assert CHROMIUM
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    for flag in (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        f"--user-data-dir={profile}",
    ):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


def names(browser: Any) -> list[str]:
    script = """return [...document.querySelectorAll('tbody tr')].filter(r => !r.hidden)
        .map(r => r.cells[0].textContent)"""
    found: list[str] = browser.execute_script(script)
    return found


class TestInABrowser:
    pytestmark = browsing

    def test_sorting_filtering_and_folding(self, browser: Any, page: Callable[..., Path]) -> None:
        browser.get(page("analyze", "mobilenet_v1").as_uri())
        heads = browser.find_elements("css selector", "th button")
        assert names(browser)[:2] == ["conv1", "conv2.dw"]

        heads[4].click()  # Mult-Adds: the heaviest first, then the lightest
        assert names(browser)[0] == "conv4.pw"
        assert browser.execute_script("return document.querySelectorAll('th')[4].ariaSort") == (
            "descending"
        )
        heads[4].click()
        assert names(browser)[0] == "conv9.dw"

        browser.find_element("css selector", "input[type=search]").send_keys("conv8 depthwise")
        assert sorted(names(browser)) == [f"conv8.{i}.dw" for i in range(5)]
        browser.refresh()
        browser.find_element("css selector", "input[data-fold]").click()
        assert "conv8 (10)" in names(browser)
        sums = """return [...document.querySelectorAll('tbody tr')]
            .reduce((sum, row) => sum + Number(row.cells[4].dataset.v), 0)"""
        assert browser.execute_script(sums) == 568_740_352
        browser.find_element("css selector", "input[data-fold]").click()
        assert len(names(browser)) == 28

    def test_the_formula_by_keyboard(self, browser: Any, page: Callable[..., Path]) -> None:
        keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
        browser.get(page("analyze", "mobilenet_v1").as_uri())
        first = browser.find_elements("css selector", "#icicle button")[0]
        first.send_keys(keys.ENTER)
        assert "conv1: 10,838,016 Mult-Adds, 1.91 %" in self.detail(browser)
        assert "D_K·D_K·M·N·D_F·D_F" in self.detail(browser)
        first.send_keys(keys.ARROW_RIGHT)
        browser.switch_to.active_element.send_keys(keys.ENTER)
        assert self.detail(browser).startswith("conv2: 29,302,784 Mult-Adds")
        browser.find_element("css selector", "input[value=params]").click()
        last = browser.find_elements("css selector", "#icicle button")[-1]
        assert last.get_attribute("aria-label").startswith("fc: 1,025,000, 24.2")
        stops = "return document.querySelectorAll('#icicle button[tabindex=\"0\"]').length"
        assert browser.execute_script(stops) == 1  # for the tab key; arrows do the rest

    def test_the_kinds_are_told_by_their_colours(
        self, browser: Any, page: Callable[..., Path]
    ) -> None:
        browser.get(page("analyze", "mobilenet_v1").as_uri())
        items = browser.find_elements("css selector", "#kinds li")
        assert [item.text for item in items] == [
            *("pointwise 94.86 %", "depthwise 3.06 %", "standard 1.91 %", "fc 0.18 %"),
        ]
        color = "return getComputedStyle(arguments[0], arguments[1]).backgroundColor"
        bar = browser.find_element("css selector", "#icicle button[aria-label^='fc:']")
        assert browser.execute_script(color, items[-1], "::before") == browser.execute_script(
            color, bar, None
        )
        assert browser.find_element("css selector", ".totals").text == (
            "568.7 M Mult-Adds · 4.232 M params"
        )

    def test_a_large_network_has_all_its_layers(
        self, browser: Any, page: Callable[..., Path]
    ) -> None:
        """In a terminal DenseNet-201 is folded to blocks; the page folds itself."""
        browser.get(page("analyze", "densenet201").as_uri())
        assert len(names(browser)) == 303
        browser.find_element("css selector", "input[data-fold]").click()
        assert "denseblock3 (144)" in names(browser)
        gone = """return [...document.querySelectorAll('#icicle button')].filter(b =>
            getComputedStyle(b).borderLeftWidth !== '0px' && b.clientWidth <= 0).length"""
        assert browser.execute_script(gone) == 0

    @staticmethod
    def detail(browser: Any) -> str:
        text: str = browser.find_element("id", "detail").text
        return text

    @pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
    def test_nothing_is_fetched_and_nothing_overflows_a_phone(
        self, browser: Any, page: Callable[..., Path], command: tuple[str, ...]
    ) -> None:
        browser.set_window_size(500, 900)
        narrow = """const frame = document.createElement('iframe'); frame.width = 360;
            frame.height = 700; document.body.append(frame); return new Promise(done => {
            frame.onload = () => done(frame.contentDocument.scrollingElement.scrollWidth);
            frame.srcdoc = arguments[0]; })"""
        file = page(*command)
        browser.get(file.as_uri())
        script = """return performance.getEntriesByType('resource')
            .filter(entry => !entry.name.startsWith('data:')).length"""
        fetched = browser.execute_script(script)
        assert fetched == 0
        browser.get("about:blank")
        assert browser.execute_script(narrow, file.read_text(encoding="utf-8")) <= 360
        severe = [x for x in browser.get_log("browser") if x["level"] == "SEVERE"]
        assert severe == []

    def test_a_hostile_name_runs_nothing(self, browser: Any, tmp_path: Path) -> None:
        file = tmp_path / "evil.html"
        file.write_text(render(HOSTILE, "html"), encoding="utf-8")
        browser.get(file.as_uri())
        buttons = browser.find_elements("css selector", "#icicle button")
        assert len(buttons) == 4 + 5
        for button in buttons:
            button.click()
        assert browser.execute_script("return window.hacked === undefined")
        assert browser.find_element("tag name", "h1").text == EVIL
        assert EVIL in self.detail(browser)
        assert browser.find_elements("css selector", "main img, main script") == []
