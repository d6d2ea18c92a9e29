"""Drawing: colours that can be read, texts that are measured, names that stay names, bars, curves."""

import base64
import math
import re
import string
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry import examples
from tinygrad_edu.colours import TOKENS
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.views.drawing import letters, svg
from tinygrad_edu.views.drawing.numbers import count, decimal, number, number_range, plain_number, shape_text
from tinygrad_edu.views.drawing.strips import css_of_strips, strip
from tinygrad_edu.views.drawing.strokes import (
    arrowhead,
    at,
    bend,
    head_size,
    length,
    parallels,
    part,
    passing,
    path_text,
    points_at,
    shortened,
    split,
    straight,
    turned,
)
from tinygrad_edu.views.drawing.tokens import FONTS, css, literal, page_css, used_in
from tinygrad_edu.views.layouts.model import Point

THEMES = ["light", "dark"]
GROUNDS = ["surface", "bg", "sunken"]

# -- colours ----------------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    channels = [int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(theme: str, one: str, other: str) -> float:
    low, high = sorted(luminance(TOKENS[theme][name]) for name in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert luminance("#ffffff") == 1
    assert luminance("#000000") == 0
    assert 1.05 / (luminance("#777777") + 0.05) == pytest.approx(4.48, abs=0.005)        # as WebAIM's checker has it


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("token", ["ink", "soft", "value", "grad", "param", "input", "const", "result"])
def test_every_text_can_be_read_on_every_ground_and_on_its_own_wash(theme, token):
    wash = [f"{token}-wash"] if f"{token}-wash" in TOKENS[theme] else []
    assert min(contrast(theme, token, ground) for ground in [*GROUNDS, *wash]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("token", ["line", "pos", "neg", "focus"])
def test_what_carries_meaning_is_seen_on_every_ground(theme, token):
    assert min(contrast(theme, token, ground) for ground in GROUNDS) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_texts_on_fills_can_be_read(theme):
    fills = [name for name in TOKENS[theme] if name.endswith("-wash") or name.startswith("act")]
    assert len(fills) == 10
    assert min(contrast(theme, "ink", fill) for fill in fills) >= 4.5
    assert contrast(theme, "warn-ink", "warn") >= 4.5
    assert contrast(theme, "surface", "result") >= 4.5          # signs on discs


def test_both_themes_have_the_same_tokens():
    assert list(TOKENS["light"]) == list(TOKENS["dark"])
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for theme in TOKENS.values() for colour in theme.values())


def test_a_style_sheet_holds_the_tokens_that_are_used():
    assert css(".p", "dark", ["grad", "ink"]) == ".p{--ink:#eeebe4;--grad:#ffa25f}"
    assert used_in("fill:var(--grad);stroke:var(--grad-wash) var(--tg-ink) var(--own)") == {"grad", "grad-wash"}
    assert css(".p").count("--value:") == 4             # light, dark system, dark page, forced colours
    with pytest.raises(ArgumentError, match=r"theme='night'; expected .auto., .light. or .dark."):
        css(".p", "night")


def test_programs_without_variables_get_colours_and_one_font():
    whole = svg.document(9, 9, svg.text(1, 1, "x", colour="grad"), title="x", theme="light")
    assert "var(--" in whole
    assert "var(--" not in literal(whole)
    assert TOKENS["light"]["grad"] in literal(whole)
    assert "Cambria" not in literal(whole)
    assert literal("fill:var(--ink)", "dark") == "fill:#eeebe4"


PICTURE = svg.document(200, 60, svg.text(5, 20, "ink"), title="words", prefix="p")


def fill_in(browser, page_source: str, media: str = "screen", **settings: str) -> str:
    """The colour of the text of PICTURE within a page."""
    page = browser.new_page(**settings)
    page.emulate_media(media=media)
    page.set_content(page_source.replace("PICTURE", PICTURE))
    red, green, blue = re.findall(r"\d+", page.evaluate("getComputedStyle(document.querySelector('text')).fill"))
    page.close()
    return f"#{int(red):02x}{int(green):02x}{int(blue):02x}"


LIGHT, DARK = (TOKENS[theme]["ink"] for theme in THEMES)


@pytest.mark.parametrize(("page", "system", "expected"), [
    ("PICTURE", "light", LIGHT),
    ("PICTURE", "dark", DARK),
    ("<html data-theme=light>PICTURE", "dark", LIGHT),
    ("<html data-theme=dark>PICTURE", "light", DARK),
    ("<body data-jp-theme-light=true>PICTURE", "dark", LIGHT),
    ("<body data-jp-theme-light=false>PICTURE", "light", DARK),
    ("<body class='a vscode-light'>PICTURE", "dark", LIGHT),
    ("<body class='a vscode-dark'>PICTURE", "light", DARK),
    ("<html theme=dark>PICTURE", "light", DARK),
    (f"<style>{page_css()}</style>PICTURE", "dark", DARK),
    (f"<html data-theme=light><style>{page_css()}</style>PICTURE", "dark", LIGHT),
    (f"<html data-theme=dark><style>{page_css()}</style>PICTURE", "light", DARK),
    ("<style>:root{--tg-ink:#123456}</style>PICTURE", "dark", "#123456"),
])
def test_a_picture_follows_its_page_then_the_system(browser, page, system, expected):
    assert fill_in(browser, page, color_scheme=system) == expected


def test_a_picture_is_light_on_paper(browser):
    assert fill_in(browser, "<html data-theme=dark>PICTURE", "print", color_scheme="dark") == LIGHT
    assert fill_in(browser, f"<html data-theme=dark><style>{page_css()}</style>PICTURE", "print") == LIGHT


def test_a_picture_takes_the_colours_that_the_reader_forces(browser):
    system = "<style>text,rect{color:CanvasText;background:Canvas}</style>"
    page = browser.new_page(forced_colors="active")
    page.set_content(f"<html data-theme=dark>{system}{PICTURE}")
    seen = page.evaluate("""['text', 'rect'].flatMap(tag => { const s = getComputedStyle(document.querySelector(tag));
        return [s.fill, tag == 'text' ? s.color : s.backgroundColor] })""")
    page.close()
    assert seen[0] == seen[1] != seen[2] == seen[3]


def test_pictures_of_different_themes_stand_on_one_page(browser):
    page = browser.new_page(color_scheme="dark")
    page.set_content("".join(svg.document(9, 9, svg.text(1, 1, "x"), title="x", prefix=theme, theme=theme)
                             for theme in ("dark", "light", "auto")))
    fills = page.evaluate("[...document.querySelectorAll('text')].map(t => getComputedStyle(t).fill)")
    page.close()
    assert fills[0] == fills[2] != fills[1]


# -- how wide texts are -----------------------------------------------------------------------------------------------

ORDINARY = [
    "w·x + b", "tanh(w·x + b)", "−1.503", "1.234×10⁻⁵", "layers.0.weight", "Σᵢ₌₀⁷⁸³ wᵢ·xᵢ", "hᵀ g",
    "∂L/∂y = g·(1 − out²)", "αβγδε ΑΒΓ", "x̂ ȳ z̃ ŵ", "→←↑↓⇒∀∃∈∑√∞∫≈≠≤⊗", "Привет", "AVAVAToTaYoLT", "WWMM@@", "iill..",
    "office ffi fl", "13\u202f002", "…‰′″", "▾ output ▸", "✓✗▲▼", "A\\0Sz-O(seNe", "Ⅷ ⅷ Ⅻ", "ẞßſt Ǆ ŀ", "│─┼█▄▅",
]
HOSTILE = [
    "<b>&amp;\"'</b>", "two\nlines\ttab\x00\x07\x1b[31m", "日本語の変数", "😀😴👩‍🚀🏳️‍🌈☀️1️⃣", "ｆｕｌｌ",
    "한국어", "𝑥𝒚𝔸𝕸", "á́́́́",
    "مرحبا بالعالم", "שלום", "हिन्दी", "ไทย", "﷽", "𒐫", "\u202eevil\u2066", "a\u200bb\u00adc",
    "\u0301lead", "e\u20dd\u036b\u036b", "ᙶᚅ", "\ufffe\uffff\ud800", "ﬗ", "⸻", "\u2028\u2029", "⌚⭐✅",
    "\u2800\u28ff", "\ue000", "ᚊ̴̵̶",
]
FONT_FILES = {"ui": ("DejaVuSans", "400", "normal"), "bold": ("DejaVuSans-Bold", "600", "normal"),
              "serif": ("DejaVuSerif", "400", "normal"), "italic": ("DejaVuSerif-Italic", "400", "italic"),
              "code": ("DejaVuSansMono", "400", "normal")}


def some_letters() -> list[str]:
    """Letters of every block, twelve at a time."""
    drawn = np.random.default_rng(7)
    blocks = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x4FF), (0x1D2C, 0x1DBF), (0x2000, 0x2BFF),
              (0x20, 0xFFFF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF)]
    return ["".join(map(chr, drawn.integers(first, last, 12))) for first, last in blocks for _ in range(30)]


def bundled(font: str) -> str:
    """A style sheet that gives the page the font "bundled", whatever the machine has."""
    from matplotlib import get_data_path
    file, weight, style = FONT_FILES[font]
    data = base64.b64encode((Path(get_data_path()) / "fonts" / "ttf" / f"{file}.ttf").read_bytes()).decode()
    return (f"@font-face{{font-family:bundled;font-weight:{weight};font-style:{style};"
            f"src:url(data:font/ttf;base64,{data})}}")


@pytest.mark.parametrize("font", FONT_FILES)
def test_no_text_is_drawn_wider_than_it_was_measured(browser, font):
    texts = ORDINARY + HOSTILE + some_letters()
    page = browser.new_page()
    _, weight, style = FONT_FILES[font]
    lines = svg.joined(svg.element("text", each) for each in texts)
    page.set_content(f"<style>{bundled(font)} text{{font:{style} {weight} 16px bundled;white-space:pre}}</style>"
                     f"<svg>{lines}</svg>")
    page.evaluate("document.fonts.ready")
    drawn = page.evaluate("[...document.querySelectorAll('text')].map(each => each.getComputedTextLength())")
    page.close()
    assert len(drawn) == len(texts)
    assert {each: (by_browser, letters.width(each, 16, font)) for each, by_browser in zip(texts, drawn, strict=True)
            if by_browser > letters.width(each, 16, font) + 1} == {}
    exact = [letters.width(each, 16, font) for each in ORDINARY[:4]]        # and these not much narrower
    assert exact == pytest.approx(drawn[:4], abs=1.5)


def test_the_widths_are_those_of_the_fonts():
    from tests.references.make_widths import FILE, FONTS, lines
    written = FILE.read_text(encoding="utf-8")
    assert all("\n".join(lines(name, file)) in written for name, file in FONTS.items())


def test_a_width_is_that_of_the_letters_at_the_size():
    assert letters.width("AA", 2048) == 2 * 1401                # DejaVu Sans: 1401 of 2048 units
    assert letters.width("0123456789", 16) == pytest.approx(10 * letters.width("0", 16))
    assert letters.width("h", 17, "math") == letters.width("h", 17, "italic")
    assert letters.width("loss", 17, "math") == letters.width("loss", 17, "serif")
    assert letters.width("tanh(x)", 17, "math") == pytest.approx(
        letters.width("tanh()", 17, "serif") + letters.width("x", 17, "italic"))


@examples(100)
@given(st.text(max_size=20))
def test_visible_texts_are_one_line_of_valid_xml_and_stay_as_they_are(text):
    shown = letters.visible(text)
    assert len(shown) == len(text)
    assert letters.visible(shown) == shown
    assert ET.fromstring(f"<a>{svg.escaped(text)}</a>").text in (shown, shown or None)


def test_what_cannot_be_seen_is_replaced_by_a_sign():
    assert letters.visible("a\nb\tc\x00\x1b\x7f\ud800\ufffe") == "a↵b⇥c�����"
    assert letters.visible("\u202a\u202e\u2066\u2069\u200f\u061c") == "�" * 6      # they turn around what follows
    assert letters.visible("👩‍🚀 x̂") == "👩‍🚀 x̂"


@examples(100)
@given(st.text(max_size=60), st.integers(1, 40))
def test_a_cut_text_has_so_many_letters_and_keeps_both_ends(text, most):
    cut = letters.cut(text, most)
    shown = letters.visible(text)
    if cut != shown:
        head, _, tail = cut.partition("…")
        assert shown.startswith(head)
        assert shown.endswith(cut.removeprefix(head).removeprefix("…")) or "…" in head + tail
        assert len(letters._clusters(cut)) == most


def test_names_are_cut_in_the_middle_and_marks_stay_with_their_letters():
    assert letters.cut("w·x + b") == "w·x + b"
    assert letters.cut("encoder.layers.11.attention.weight") == "encoder.l…n.weight"
    assert len(letters.cut("a" * 50)) == 18
    assert letters.cut("x̂ŷẑŵ" * 2, 3) == "x̂…ŵ"
    assert letters.cut("👩‍🚀👨‍🚀👩🏽‍🚀👩‍🚀", 3) == "👩‍🚀…👩‍🚀"
    assert letters.cut("abc", 1) == "…"


@examples(100)
@given(st.text(max_size=40), st.floats(0, 300), st.sampled_from(["ui", "bold", "math", "code"]))
def test_what_is_fitted_fits(text, px, font):
    fitted = letters.fitted(text, px, 14, font)
    assert letters.width(fitted, 14, font) <= px
    if letters.width(text, 14, font) <= px:
        assert fitted == letters.visible(text)


def test_as_much_as_fits_is_kept():
    name = "a_name_of_many_letters"
    fitted = letters.fitted(name, 100, 14)
    assert letters.width(fitted, 14) > 85
    assert fitted.startswith("a_nam")
    assert fitted.endswith("tters")
    assert letters.fitted(name, 3, 14) == ""


@pytest.mark.parametrize(("text", "italic"), [
    ("tanh(w·x + b)", "w x b"), ("1 − y²", "y"), ("hᵀ g", "h g"), ("w₁·x₁ + w₂·x₂", "w x w x"),
    ("Σᵢ₌₀⁷⁸³ wᵢ·xᵢ + b", "w x b"), ("Σw²", "w"), ("exp(−x)", "x"), ("loss", ""), ("layers.0.weight", ""),
    ("∂L/∂w", "L w"), ("x1 + x_2 + W12", "x x W"), ("x̂ + y′", "x̂ y"), ("2x + 1e−05", "x"), ("σ(z)", "σ z"),
    ("ΔE", ""), ("Θ + β", "β"), ("out", ""), ("w_in", ""), ("h @ W + b", "h W b"), ("axis=1", ""),
    ("sum of 6 rows", ""),
    ("−3.5×10⁻⁵", ""), ("NaN", ""), ("重", ""), ("x.T", "x T"), ("", ""), ("f(x, y)", "f x y"), ("g·(1 − out²)", "g"),
])
def test_single_letters_are_italic_and_all_else_is_upright(text, italic):
    runs = letters.math_runs(text)
    assert "".join(piece for piece, _ in runs) == text
    assert " ".join(piece for piece, is_italic in runs if is_italic) == italic
    assert all(one[1] != next_one[1] for one, next_one in pairwise(runs))


@examples(100)
@given(st.text(alphabet=string.printable + "ᵀ²₁Σ∂·−x̂αΔ重😀", max_size=30))
def test_runs_leave_nothing_out(text):
    assert "".join(piece for piece, _ in letters.math_runs(text)) == text


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "shown", "plain"), [
    (0.70642, "0.7064", "0.7064"), (-1.50333, "−1.503", "-1.503"), (2.0, "2", "2"), (6.88, "6.88", "6.88"),
    (12345.0, "1.234×10⁴", "1.234e+04"), (9999.0, "9999", "9999"), (9999.9, "1×10⁴", "1e+04"),
    (0.0001, "0.0001", "0.0001"), (0.00001234, "1.234×10⁻⁵", "1.234e-05"), (-0.0, "0", "0"), (0, "0", "0"),
    (math.nan, "NaN", "nan"), (math.inf, "+∞", "inf"), (-math.inf, "−∞", "-inf"), (True, "True", "True"),
    (7, "7", "7"), (-13002, "−13\u202f002", "-13002"), (12345678, "1.235×10⁷", "1.235e+07"),
    (1e300, "1×10³⁰⁰", "1e+300"), (5 * 10**400, "5×10⁴⁰⁰", "5e+400"), (np.float32(0.1), "0.1", "0.1"),
    (np.bool_(False), "False", "False"), (np.int64(3), "3", "3"), (5e-324, "4.941×10⁻³²⁴", "4.941e-324"),
])
def test_numbers_have_four_digits(x, shown, plain):
    assert number(x) == shown
    assert plain_number(x) == plain
    assert plain_number(x).isascii()


@examples(200)
@given(st.floats(-1e308, 1e308))
def test_a_number_is_right_to_four_digits(x):
    assert float(plain_number(x)) == pytest.approx(x, rel=5.001e-4, abs=1e-320)
    mantissa, _, power = number(x).replace("−", "-").partition("×10")
    exponent = power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    assert f"{float(f'{mantissa}e{exponent or 0}'):.4g}" == f"{float(plain_number(x)):.4g}"


@pytest.mark.parametrize(("low", "high", "shown"), [
    (-1.286, 0.9371, "−1.29 … 0.94"), (0, 1.33, "0 … 1.33"), (-0.0252, 0.0229, "−0.025 … 0.023"), (0, 2, "0 … 2"),
    (-1.998, 1.6349, "−2.00 … 1.63"), (-0.1999, 0.0999, "−0.20 … 0.10"), (0.5, 0.5, "0.50"), (None, None, "–"),
    (1e-7, 12345.6, "1×10⁻⁷ … 1.2×10⁴"), (12.3456, 1234.5, "12.3 … 1234"), (0.9999, 9.999, "1.0 … 10.0"),
    (-3.0, 99999.0, "−3 … 1×10⁵"), (0.00099, 999.6, "0.00099 … 1000"),
])
def test_ranges_have_two_or_three_digits(low, high, shown):
    assert number_range(low, high) == shown


def test_counts_are_exact_and_shapes_are_short():
    assert count(1234567) == "1\u202f234\u202f567"
    assert shape_text((2, 3, 4)) == "2×3×4"


def test_lengths_have_at_most_two_decimals():
    assert [decimal(x) for x in (1.0, 100.0, 0.1 + 0.2, 12.3456, -0.004, 3, np.float32(1.5))] == [
        "1", "100", "0.3", "12.35", "0", "3", "1.5"]
    assert decimal(12.34, 0) == "12"
    with pytest.raises(AssertionError, match="cannot be drawn"):
        decimal(math.nan)


# -- SVG --------------------------------------------------------------------------------------------------------------

NAMES = st.one_of(st.text(max_size=30), st.sampled_from([
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "]]>", "&lt;", "a\nb", "\x00", "'", "</text>",
    "<!--", "</style><script>", "&#x3c;b>", "javascript:alert(1)", "\ud800", "\ufffe", "<![CDATA[", "%3Cscript%3E",
]))


@examples(200)
@given(NAMES)
def test_a_name_is_never_markup(name):
    made = svg.document(100, 50, svg.group(
        svg.title(name), svg.text(1, 2, name, "name"), svg.text(1, 2, name), svg.rect(0, 0, 1, 1, aria_label=name)),
        title=name, desc=name)
    root = ET.fromstring(made)
    shown = letters.visible(name)
    tags = [each.tag.rpartition("}")[2] for each in root.iter() if not each.tag.endswith("tspan")]
    assert tags == ["svg", "title", *["desc"] * bool(name), "style", "rect", "g", "title", "text", "text", "rect"]
    assert ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")] == [shown, shown]
    assert [*root.iter()][-1].get("aria-label") == shown
    assert not set(made) & {"\ufffe", "\x00"}


def test_no_name_is_executed(browser):
    page, called = browser.new_page(), []
    page.expose_function("called", lambda: called.append(1))
    attacks = ["<script>called()</script>", '"><img src=x onerror=called()>', "</svg><script>called()</script>",
               "</style><script>called()</script>", "'onload='called()", "]]><script>called()</script>"]
    pieces = [svg.group(svg.title(each), svg.text(1, 1, each, "name", aria_label=each), id=svg.id_of("p", each))
              for each in attacks]
    page.set_content("".join(svg.document(9, 9, piece, title=each, desc=each, prefix=f"p{k}")
                             for k, (each, piece) in enumerate(zip(attacks, pieces, strict=True))))
    page.wait_for_timeout(50)
    assert page.evaluate("document.querySelectorAll('img, script').length") == 0
    assert page.evaluate("document.querySelectorAll('svg > g > text').length") == len(attacks)
    page.close()
    assert called == []


def test_a_picture_says_what_it_is():
    root = ET.fromstring(svg.document(120.5, 40, svg.Markup(""), title="y = w·x", desc="w is 2", prefix="a1"))
    assert root.get("role") == "img"
    by_id = {each.get("id"): each.text for each in root.iter() if each.get("id")}
    assert [by_id[each] for each in root.get("aria-labelledby").split()] == ["y = w·x", "w is 2"]
    assert root.get("viewBox") == "0 0 120.5 40"
    assert all(each.startswith("a1") for each in by_id)
    assert ET.fromstring(svg.document(9, 9, svg.Markup(""), title="x")).get("aria-labelledby") == "tg-t"
    with pytest.raises(ArgumentError, match="prefix='1 x'"):
        svg.document(9, 9, svg.Markup(""), title="x", prefix="1 x")


def test_a_style_sheet_does_not_end_early():
    made = svg.document(9, 9, svg.Markup(""), title="x", css='.tg a>b{content:"</style><script>1&lt;</script>"}')
    assert "<script" not in made
    assert ET.fromstring(made).find("{http://www.w3.org/2000/svg}style").text.endswith(
        '.tg a>b{content:"</style><script>1&lt;</script>"}')


def test_a_picture_needs_nothing_from_outside():
    made = svg.document(9, 9, svg.text(1, 1, "x"), title="x", css=css_of_strips())
    assert re.findall(r"https?://[^\"]*|url\(|@import|href", made) == ["http://www.w3.org/2000/svg"]


def test_what_the_page_says_does_not_reach_into_a_picture(browser):
    page = browser.new_page()
    page.set_content("<style>body{font:italic bold 30px serif;letter-spacing:9px;direction:rtl}</style>"
                     + svg.document(200, 50, svg.text(5, 20, "a  b"), title="x"))
    seen = page.evaluate("""() => { const text = document.querySelector('text'), style = getComputedStyle(text);
        return [style.fontSize, style.fontStyle, style.fontWeight, style.letterSpacing, style.direction,
                text.getBBox().x, style.whiteSpaceCollapse] }""")
    page.close()
    assert seen == ["14px", "normal", "400", "normal", "ltr", 5, "preserve"]


def test_text_that_is_added_to_markup_is_escaped():
    assert svg.math("x") + "<b>" == '<tspan class="i">x</tspan>&lt;b&gt;'
    assert isinstance(svg.math("x") + svg.math("y"), svg.Markup)
    assert svg.group("" + "<b>") == "<g>&lt;b&gt;</g>"


@examples(100)
@given(NAMES, NAMES)
def test_ids_are_valid_and_different_for_different_names(one, other):
    assert re.fullmatch("[A-Za-z][A-Za-z0-9._-]*", svg.id_of("tg", one))
    assert (svg.id_of("tg", one) == svg.id_of("tg", other)) == (one == other)


def test_prefixes_come_from_the_picture():
    assert svg.prefix_of("a") == svg.prefix_of("a") != svg.prefix_of("b")


def test_formulas_are_set_in_runs():
    assert svg.text(0, 0, "1 − y²", "math") == '<text x="0" y="0" class="math">1 − <tspan class="i">y</tspan>²</text>'
    assert svg.text(0, 0, "a<b", "name").count("&lt;") == 1
    assert svg.text(0, 0, "w·x", "code", anchor="end", colour="value", halo=True, class_="own") == (
        '<text x="0" y="0" class="code end in-value halo own">w·x</text>')
    with pytest.raises(ArgumentError, match="role='huge'; expected one of body, bold"):
        svg.text(0, 0, "x", "huge")


def test_every_role_is_drawn_as_it_is_measured(browser):
    """Where DejaVu is the font of the stack; the stacks' other fonts are narrower."""
    words = "tanh(w·x + b) = −1.503"
    made = svg.document(400, 900, svg.joined(svg.text(5, 20, words, role) for role in svg.ROLES), title="x")
    sheets = []
    for stack, fonts in (("ui", ["ui", "bold"]), ("math", ["serif", "italic"]), ("code", ["code"])):
        made = made.replace(FONTS[stack], f"our-{stack}")
        sheets += [bundled(font).replace("bundled", f"our-{stack}") for font in fonts]
    page = browser.new_page()
    page.set_content(f"<style>{''.join(sheets)}</style>{made}")
    page.evaluate("document.fonts.ready")
    drawn = page.evaluate("[...document.querySelectorAll('text')].map(each => each.getComputedTextLength())")
    page.close()
    assert drawn == pytest.approx([svg.text_width(words, role) for role in svg.ROLES], abs=1)


# -- strips -----------------------------------------------------------------------------------------------------------


def value(x, bins=None):
    x = np.asarray(x)
    return SimpleNamespace(shape=x.shape, elements=None if bins else tuple(x.ravel().tolist()), bins=bins)


def bars(strip_made) -> dict[str, list[tuple[float, ...]]]:
    """Kind -> (left, top, width, height) of each bar, edges included; y from the base line."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for each in ET.fromstring(f"<svg>{strip_made}</svg>").iter("path"):
        kind, wide = each.get("class"), float(each.get("stroke-width", 0))
        for command in [] if kind == "base" else each.get("d").split("M")[1:]:
            numbers = [float(x) for x in re.findall(r"-?[\d.]+", command)]
            if wide:
                x, y, down = numbers
                found.setdefault(kind, []).append((x - wide / 2, min(y, y + down), wide, abs(down)))
            else:
                x, y, across, down, _ = numbers
                found.setdefault(kind, []).append((x - 0.6, y - 0.6, across + 1.2, down + 1.2))
    return found


def test_positive_is_up_negative_is_down_and_zero_a_dash():
    found = bars(strip(value([4.0, -2.0, 0.0, 1.0]), 10, 20, 64, 16))
    (first, last), (below,), (dash,) = found["plus"], found["minus"], found["zero"]
    assert first == pytest.approx((0, -8, 15, 8), abs=0.1)              # the largest takes all of its half
    assert below == pytest.approx((16, 0, 15, 4), abs=0.1)
    assert dash == pytest.approx((32, -0.75, 15, 1.5), abs=0.1)
    assert last == pytest.approx((48, -2, 15, 2), abs=0.1)
    assert 'transform="translate(10 28)"' in strip(value([4.0]), 10, 20, 64, 16)


def test_negative_bars_are_hollow():
    assert ".minus{fill:var(--surface);stroke:var(--neg)" in css_of_strips()
    assert ".plus{stroke:var(--pos);fill:none" in css_of_strips()         # as wide as its stroke


def test_rows_stand_apart():
    lefts = sorted(left for kind in bars(strip(value(np.arange(1.0, 13).reshape(4, 3)), 0, 0, 146)).values()
                   for left, *_ in kind)
    gaps = [b - a for a, b in pairwise(lefts)]
    pitch = (146 - 3 * 3) / 12
    assert gaps == pytest.approx([pitch, pitch, pitch + 3] * 3 + [pitch, pitch], abs=0.11)


@pytest.mark.parametrize("shape", [(48,), (48, 1), (1, 48), (24, 2), (2, 24), (2, 3, 8), (1,), (7,)])
def test_no_bar_leaves_the_strip(shape):
    x = np.linspace(-1, 2, math.prod(shape)).reshape(shape)
    found = [each for kind in bars(strip(value(x), 0, 0, 120)).values() for each in kind]
    assert len(found) == x.size
    assert min(left for left, *_ in found) >= -0.1
    assert max(left + width for left, _, width, _ in found) <= 120.1
    assert min(top for _, top, *_ in found) >= -8.05
    assert max(top + height for _, top, _, height in found) <= 8.05
    rows = sorted((left, width) for left, _, width, _ in found)
    assert all(one[0] + one[1] <= other[0] + 0.15 for one, other in pairwise(rows))


def test_small_numbers_are_seen():
    assert min(height for *_, height in bars(strip(value([1e9, 1e-9, -1e-9]), 0, 0, 99))["plus"]) == 1.5


def test_troubled_elements_are_full_height_wide_and_loud():
    found = bars(strip(value([1.0, math.nan, -math.inf, math.inf]), 0, 0, 64))
    assert [each[1::2] for each in found["wrong"]] == [pytest.approx((-8, 16), abs=0.15)] * 3
    many = bars(strip(value(np.where(np.arange(48) == 47, np.nan, 1.0)), 0, 0, 120))
    (left, _, width, _), = many["wrong"]
    assert width == pytest.approx(5, abs=0.1)
    assert left + width <= 120.1
    assert ".wrong{fill:var(--warn);stroke:var(--warn-ink)" in css_of_strips()


def test_a_bin_reaches_from_its_smallest_to_its_largest():
    bins = [(1.0, 4.0), (-2.0, 2.0), (-4.0, -1.0), (0.0, 0.0), (math.nan, 1.0)]
    found = bars(strip(value(np.zeros(96), bins), 0, 0, 80))
    assert [each[1::2] for each in found["plus"]] == [pytest.approx((-8, 6), abs=0.1), pytest.approx((-4, 4), abs=0.1)]
    assert [each[1::2] for each in found["minus"]] == [pytest.approx((0, 4), abs=0.1), pytest.approx((2, 6), abs=0.1)]
    assert len(found["zero"]) == len(found["wrong"]) == 1


@pytest.mark.parametrize("x", [np.zeros((0,)), np.zeros((3, 0)), np.zeros((2, 2)), [math.nan], [1e308, -1e308],
                               [5e-324], [True, False], np.array(3.0), [[1, 2], [3, 4]]])
def test_every_array_has_a_strip(x):
    made = strip(value(x), 0, 0, 100)
    assert sum(map(len, bars(made).values())) == np.size(x)
    assert 'class="base"' in made


def test_a_strip_is_small_and_has_the_same_bytes_every_time():
    x = np.random.default_rng(0).normal(size=(6, 8))
    made = strip(value(x), 0, 0, 142)
    assert made == strip(value(x), 0, 0, 142)
    assert len(made) < 1200
    assert made.count("<path") == 3


# -- strokes ----------------------------------------------------------------------------------------------------------

QUARTER = (Point(100, 0), Point(155.23, 0), Point(200, 44.77), Point(200, 100))      # of a circle around (100, 100)
WAVE = (Point(0, 0), Point(100, 0), Point(60, 200), Point(200, 200), Point(300, 200), Point(200, 0), Point(300, -40))
points = st.builds(Point, st.floats(-200, 200), st.floats(-200, 200))


def test_a_quarter_of_a_circle():
    assert length(QUARTER) == pytest.approx(100 * math.pi / 2, rel=1e-3)
    middle = at(QUARTER, 0.5)
    assert middle.point == pytest.approx((100 + 50 * math.sqrt(2), 100 - 50 * math.sqrt(2)), abs=0.1)
    assert middle.direction == pytest.approx((math.sqrt(0.5), math.sqrt(0.5)), abs=1e-3)
    assert at(QUARTER, 0).direction == pytest.approx((1, 0))
    assert at(QUARTER, 1).direction == pytest.approx((0, 1))


@pytest.mark.parametrize("distance", [8, -8, 30])
def test_a_parallel_keeps_its_distance_and_its_side(distance):
    [moved] = parallels(QUARTER, [distance])
    for k in range(21):         # to the right of one who goes around clockwise is inside
        assert math.dist(at(moved, k / 20).point, (100, 100)) == pytest.approx(100 - distance, abs=0.1)
    assert moved[0] == pytest.approx((100, distance))


@examples(50)
@given(st.floats(60, 300), st.floats(-200, 200), st.sampled_from([8.0, -8.0]))
def test_parallels_of_ordinary_lines_are_right_to_a_quarter_of_a_pixel(dx, dy, distance):
    line = bend(Point(0, 0), Point(dx, dy))
    [moved], ground = parallels(line, [distance]), [at(line, k / 300).point for k in range(301)]
    apart = [min(math.dist(at(moved, k / 20).point, each) for each in ground) for k in range(21)]
    assert apart == pytest.approx([8] * 21, abs=0.3)


def test_lines_leave_and_arrive_along_the_direction():
    right, down = bend(Point(0, 0), Point(90, 60)), bend(Point(0, 0), Point(60, 90), "down")
    assert at(right, 0).direction == at(right, 1).direction == (1, 0)
    assert at(down, 0).direction == at(down, 1).direction == (0, 1)


@examples(100)
@given(st.lists(points, min_size=4, max_size=4), st.floats(0, 1), st.floats(0, 1))
def test_parts_of_a_curve_make_the_whole(control, one, other):
    curve = tuple(control)
    before, after = split(curve, one)
    assert before[-1] == after[0]
    assert (before[0], after[-1]) == (curve[0], curve[-1])
    assert length(before) + length(after) == pytest.approx(length(curve), rel=0.02, abs=0.1)
    low, high = sorted((one, other))
    piece = part(curve, low, high)
    assert piece[0] == pytest.approx(at(curve, low).point, abs=1)
    assert at(curve, one).direction == pytest.approx(at(curve, one).direction)
    assert math.hypot(*at(curve, one).direction) == pytest.approx(1)


def test_shortened_lines_leave_room_for_arrowheads():
    assert length(shortened(WAVE, 10, 12)) == pytest.approx(length(WAVE) - 22, rel=2e-3)
    assert shortened(straight(Point(0, 0), Point(100, 0)), 5, 20)[-1] == pytest.approx((80, 0))
    short = shortened(straight(Point(0, 0), Point(10, 0)), 30, 10)
    assert length(short) == pytest.approx(1)
    assert short[0] == pytest.approx((6.75, 0))


@examples(30)
@given(st.floats(40, 300), st.floats(-200, 200), st.floats(0.01, 0.99))
def test_places_on_a_curve_are_the_same_one_by_one_or_all_at_once(dx, dy, share):
    line = bend(Point(0, 0), Point(dx, dy))
    assert points_at(line, [0.0, share, 1.0]) == [at(line, 0).point, at(line, share).point, at(line, 1).point]
    there = passing(turned(line), share * dx, axis=0)
    assert at(turned(line), there).point.x == pytest.approx(share * dx, abs=0.002 * length(line))


def test_turned_lines_run_from_the_end():
    assert at(turned(WAVE), 0).point == WAVE[-1]
    assert at(turned(WAVE), 0).direction == pytest.approx([-x for x in at(WAVE, 1).direction])


def test_the_middle_is_found_on_lines_of_several_pieces():
    assert [at(WAVE, k).point for k in (0, 1)] == [WAVE[0], WAVE[-1]]
    before, after = split(WAVE, 0.5)
    assert length(before) == pytest.approx(length(after), rel=5e-3)
    assert len(before) % 3 == len(after) % 3 == 1


@pytest.mark.parametrize("curve", [
    (Point(5, 5),) * 4, straight(Point(5, 5), Point(5, 5)), (Point(0, 0), Point(0, 0), Point(10, 0), Point(10, 0)),
    (Point(0, 0), Point(50, 0), Point(-50, 0), Point(0, 0)), (Point(0, 0), Point(100, 0), Point(0, 1), Point(100, 1)),
])
def test_curves_without_length_or_with_corners_are_drawn(curve):
    [moved] = parallels(curve, [8])
    assert all(math.isfinite(x) and abs(x) < 500 for each in moved for x in each)
    assert math.hypot(*at(curve, 0.5).direction) == pytest.approx(1)
    split(curve, 0.3)
    shortened(curve, 5, 5)


def test_commands_of_paths():
    assert path_text(straight(Point(0, 0), Point(0.123, 30))) == "M0 0c0 10 .1 20 .1 30"
    assert path_text(straight(Point(0, 5), Point(0, -2.5))) == "M0 5v-7.5"
    assert path_text(WAVE).count("c") == 2
    assert arrowhead(Point(10, 0), Point(0, 1), 8, 6) == "M10 0l-3-8 6 0z"


def test_straight_pieces_that_lead_on_are_one_command():
    there, on, back = straight(Point(0, 0), Point(9, 0)), straight(Point(9, 0), Point(12, 0)), straight(
        Point(12, 0), Point(4, 0))
    assert path_text((*there, *on[1:])) == "M0 0h12"
    assert path_text((*there, *on[1:], *back[1:])) == "M0 0h12h-8"


def test_arrowheads_overtop_their_ribbons():
    assert [head_size(width) for width in (2, 6, 9)] == [12, 12, 16.5]
    assert all(1.1 * head_size(width) > width + 4 for width in np.linspace(1, 9, 20))
