"""The README's pictures stand alone, can be read small, in the dark and aloud, and their scripts still draw them."""

import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tinygrad_edu import demo

FOLDER = Path(__file__).parents[1] / "notebooks" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"
SHOWN = {"page": 692 / 880, "phone": 360 / 880}     # the least width at which a layout is shown, and its own width


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(FOLDER / "demo.py"))


@pytest.fixture(scope="module")
def drawn(script):
    return script["picture"](demo.run(quiet=True))


@pytest.fixture(params=["as committed", "as drawn now"])
def picture(request):
    if request.param == "as committed":
        return (FOLDER / "demo.svg").read_text(encoding="utf-8")
    return request.getfixturevalue("drawn")


def style_of(picture):
    return ElementTree.fromstring(picture).find(f"{SVG}style").text


def luminance(colour):
    """Of a colour as #rrggbb, from 0 to 1.  Source: WCAG 2.2, relative luminance."""
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    return sum(weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
               for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_picture_can_be_read_aloud(picture):
    root = ElementTree.fromstring(picture)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
    assert re.fullmatch(r"A network of 13\u202f002 parameters learns to read digits: 9\d\.\d\u202f% after 30 epochs",
                        title.text)
    assert {"Loss", "Accuracy", "Misread"} <= set(re.findall(r"\w+", description.text))


def test_picture_needs_nothing_from_elsewhere(picture):
    assert {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(picture).iter()} <= {
        "svg", "title", "desc", "style", "g", "rect", "path", "text", "tspan"}
    assert not re.search(r"href|src=|url\(|@import|@font-face|<!|<\?", picture)
    assert picture.count("//") == 1             # the namespace, which nobody fetches


def test_text_is_shown_at_11_px_or_more(picture):
    sizes = {"page": [], "phone": []}
    for rule, size in re.findall(r"([^{}]*)\{[^{}]*font-size:([\d.]+)px", style_of(picture)):
        sizes["phone" if ".phone" in rule else "page"].append(float(size))
    assert "font-size=" not in picture          # `.tg .phone text` overrules all of the page's, being more specific
    for layout, scale in SHOWN.items():
        assert min(sizes[layout]) * scale >= 11


@pytest.mark.parametrize("theme", ["LIGHT", "DARK"])
def test_text_and_marks_stand_out(script, picture, theme):
    colours = script[theme]
    assert all(f"--{name}:var(--tg-{name},{colour});" in style_of(picture) for name, colour in colours.items())
    assert min(contrast(colours[name], colours["bg"]) for name in ("ink", "soft", "value")) >= 4.5
    assert contrast(colours["warn-ink"], colours["warn"]) >= 4.5
    assert min(contrast(colours["line"], colours[under]) for under in ("bg", "surface")) >= 3


def test_wrong_answers_are_marked_without_colour_too(picture):
    page = ElementTree.fromstring(picture).find(f"{SVG}g[@class='page']")
    answers = [text for text in page.iter(f"{SVG}text") if re.fullmatch("[✓✗] [0-9]", text.text)]
    assert {(text.get("class"), text.text[0]) for text in answers} == {("number mid", "✓"), ("wrong mid", "✗")}
    assert len(page.findall(f"{SVG}rect[@class='badge']")) == sum(text.text[0] == "✗" for text in answers)


def test_committed_picture_is_styled_as_the_script_says(drawn):
    """What it shows is not compared: the last bits of a sum differ between machines, and so may what is learnt."""
    assert style_of((FOLDER / "demo.svg").read_text(encoding="utf-8")) == style_of(drawn)


def shown(picture):
    """A picture without its titles, whose last digits differ between machines, and the prefix that is made of them."""
    return re.sub(r"tg[0-9a-f]{8}", "tg", re.sub(r"<title.*?</title>", "", picture, flags=re.DOTALL))


@pytest.mark.parametrize("name", ["graph.svg", "neurons.svg"])
def test_pictures_by_the_library_are_what_it_draws_now(name):
    drawn = runpy.run_path(str(FOLDER / "make.py"))["pictures"]()[name]
    assert shown((FOLDER / name).read_text(encoding="utf-8")) == shown(drawn)
