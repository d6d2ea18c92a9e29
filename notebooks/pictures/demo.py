"""Draws demo.svg beside this file: loss and accuracy of the demo, epoch by epoch, and digits as its network reads them.

    python notebooks/pictures/demo.py

The picture holds two layouts of one size: one for pages; and one for phones, all twice as large, without the digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu import demo
from tinygrad_edu.colours import TOKENS

FILE = Path(__file__).with_name("demo.svg")
WIDTH, HEIGHT = 880, 464
LEFT, RIGHT, COLUMN = 24, 456, 400      # where the two columns begin, and how wide they are
NARROW = 691                            # shown at this width or less, text of 14 would be smaller than 11 px
SHOWN = 7                               # digits in a column
PIXEL, BORDER = 5, 2 / 3                # a digit has 8 × 8 pixels of side 5, and as much paper around as in 28 × 28

NAMES = ("bg", "surface", "line", "ink", "soft", "value", "warn", "warn-ink")
LIGHT, DARK = ({name: TOKENS[theme][name] for name in NAMES} for theme in ("light", "dark"))
STYLE = """
.tg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;
font-variant-numeric:tabular-nums;font-size:15px;fill:var(--ink)} .tg .end{text-anchor:end} .tg .mid{text-anchor:middle}
.tg .title,.tg .head,.tg .number,.tg .wrong{font-weight:600} .tg .title{font-size:18px}
.tg .soft{font-size:14px;fill:var(--soft)} .tg .number{fill:var(--value)} .tg .wrong{fill:var(--warn-ink)}
.tg .paper{fill:var(--bg)} .tg .axis{fill:none;stroke:var(--line);stroke-width:1.25}
.tg .curve{fill:none;stroke:var(--value);stroke-width:2.5;stroke-linejoin:round}
.tg .dot{fill:none;stroke:var(--value);stroke-width:9;stroke-linecap:round}
.tg .frame{fill:var(--surface);stroke:var(--line);stroke-width:.25} .tg .ink{fill:var(--ink);shape-rendering:crispEdges}
.tg .badge{fill:var(--warn);stroke:var(--warn-ink);stroke-width:1.25}
.tg .phone text{font-size:30px} .tg .phone .title{font-size:32px} .tg .phone .soft{font-size:27px}
.tg .phone .axis{stroke-width:2.5} .tg .phone .curve{stroke-width:5} .tg .phone .dot{stroke-width:18}
.tg .phone{display:none}
"""


class Layout(NamedTuple):
    """Where the curves are."""

    unit: float                         # 2 where all is twice as large
    top: float                          # where 1 is
    bottom: float                       # where 0 is
    gutter: float                       # at the left, for numbers


class Curve(NamedTuple):
    """A number from 0 to 1 for each epoch, and its words."""

    values: Sequence[float]
    heading: str
    note: str                           # left out on phones
    ticks: tuple[str, str, str]         # 0, ½ and 1
    first: str                          # the first and the last of the values
    last: str


class Reading(NamedTuple):
    """A held-out digit: its 784 pixels, what the network says it is, and what it is."""

    image: np.ndarray[Any, Any]
    answer: int
    label: int


PAGE, PHONE = Layout(1, 120, 280, 56), Layout(2, 188, 400, 104)


def picture(result: demo.Result) -> str:
    """The SVG."""
    readings, loss_by_epoch, accuracy_by_epoch = read(result), result.history["loss"], result.history["val_accuracy"]
    right = [each for each in readings if each.answer == each.label]
    wrong = [each for each in readings if each.answer != each.label]
    kinds: dict[int, Reading] = {}          # the first of each digit
    for each in right:
        kinds.setdefault(each.label, each)
    shown = list(kinds.values())[:SHOWN]
    sizes = demo.sizes(result.model)
    count = f"{result.model.summary().parameters:,}".replace(",", "\u202f")
    title = (f"A network of {count} parameters learns",
             f"to read digits: {percent(accuracy_by_epoch[-1])} after {len(result.history)} epochs")
    loss = Curve(loss_by_epoch, "Loss", "on the digits it learns from", ("0", "0.5", "1"),
                 f"{loss_by_epoch[0]:.4f}", f"{loss_by_epoch[-1]:.4f}")
    accuracy = Curve(accuracy_by_epoch, "Accuracy", f"on {len(readings)} digits it has not seen",
                     ("0", "50\u202f%", "100\u202f%"),
                     percent(accuracy_by_epoch[0]), percent(accuracy_by_epoch[-1]))
    of_wrong = f"all {len(wrong)}" if len(wrong) <= SHOWN else f"{SHOWN} of {len(wrong)}"
    about = (f"Loss by epoch: {loss.first} in the first, {loss.last} in the last. "
             f"Accuracy on held-out digits: {accuracy.first} after the first epoch, "
             f"{accuracy.last} after the last. "
             f"Digits read rightly: {', '.join(str(each.label) for each in shown)}. Misread, {of_wrong}: "
             f"{', '.join(f'{each.label} as {each.answer}' for each in wrong[:SHOWN])}.")
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-labelledby="demo-t demo-d" style="max-width:100%;height:auto">',
        f'<title id="demo-t">{" ".join(title)}</title>', f'<desc id="demo-d">{about}</desc>',
        f"<style>{style()}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        '<g class="page">', text(LEFT, 40, " ".join(title), "title"),
        text(LEFT, 64, f"{sizes} with sigmoids, learning by backpropagation", "soft"),
        *panel(LEFT, PAGE, loss), *panel(RIGHT, PAGE, accuracy),
        *digits(LEFT, words("✓ Read rightly", f"{len(shown)} of {len(right)}"), shown),
        *digits(RIGHT, words("✗ Misread", of_wrong), wrong[:SHOWN]), "</g>",
        '<g class="phone">', text(LEFT, 48, title[0], "title"), text(LEFT, 86, title[1], "title"),
        *panel(LEFT, PHONE, loss), *panel(RIGHT, PHONE, accuracy), "</g>", "</svg>", ""])


def read(result: demo.Result) -> list[Reading]:
    """The held-out digits, as the network reads them."""
    images, labels = result.held_out
    answers = result.model.predict(images).argmax(axis=1)
    return [Reading(*each) for each in zip(images, answers.tolist(), labels.tolist(), strict=True)]


def panel(x: float, layout: Layout, curve: Curve) -> list[str]:
    """A curve, its heading, numbers at the left, epochs below, and its first and last value."""
    unit, top, bottom, gutter = layout
    left, right, epochs = x + gutter, x + COLUMN - 8 * unit, len(curve.values)
    across = [left + (right - left) * i / (epochs - 1) for i in range(epochs)]
    up = [bottom - (bottom - top) * value for value in curve.values]
    points = [f"{x:.1f} {y:.1f}" for x, y in zip(across, up, strict=True)]
    above_or_below = -12 if up[-1] > up[0] else 24
    heading = words(curve.heading, curve.note) if layout is PAGE else curve.heading
    return [text(x, top - 20 * unit, heading),
            *(text(left - 10 * unit, bottom - (bottom - top) * i / 2 + 5 * unit, tick, "soft end")
              for i, tick in enumerate(curve.ticks)),
            text(left - 10 * unit, bottom + 20 * unit, "epoch", "soft end"),
            *(text(across[i - 1], bottom + 20 * unit, str(i), "soft mid") for i in (1, 10, 20, 30)),
            f'<path class="axis" d="M{left:g} {bottom:g}H{right:g}"/>',
            f'<path class="curve" d="M{"L".join(points)}"/>',
            f'<path class="dot" d="M{points[0]}h0M{points[-1]}h0"/>',
            text(left + 10 * unit, up[0] + 5 * unit, curve.first, "number"),
            text(right + 8 * unit, up[-1] + above_or_below * unit, curve.last, "number end")]


def digits(x: float, heading: str, readings: list[Reading]) -> list[str]:
    """A row of digits with the network's answers below: a wrong one in a badge, and below that what the digit is."""
    side, parts = PIXEL * (8 + 2 * BORDER), [text(x, 342, heading)]
    for i, (image, answer, label) in enumerate(readings):
        left = x + i * (COLUMN - side) / (SHOWN - 1)
        middle = left + side / 2
        place = f"translate({left + PIXEL * BORDER:.1f} 359) scale({PIXEL})"
        parts.append(f'<g transform="{place}">{pixels(image)}</g>')
        if answer == label:
            parts.append(text(middle, 425, f"✓ {answer}", "number mid"))
        else:
            parts += [f'<rect class="badge" x="{middle - 18:.1f}" y="409" width="36" height="22" rx="6"/>',
                      text(middle, 425, f"✗ {answer}", "wrong mid"),
                      text(middle, 448, f"is {label}", "soft mid")]
    return parts


def pixels(image: np.ndarray[Any, Any]) -> str:
    """The 8 × 8 pixels that the 28 × 28 were enlarged from, in a frame: squares of ink in up to 16 strengths."""
    strengths, side = np.rint(16 * image.reshape(28, 28)[2:-2:3, 2:-2:3]).astype(int), 8 + 2 * BORDER
    corner, length = f"{-BORDER:.2f}", f"{side:.2f}"
    parts = [f'<rect class="frame" x="{corner}" y="{corner}" width="{length}" height="{length}"/>']
    for strength in sorted(set(strengths[strengths > 0].tolist())):
        squares = "".join(f"M{column} {row}h1v1h-1z" for row, column in np.argwhere(strengths == strength))
        parts.append(f'<path class="ink" fill-opacity="{strength / 16:g}" d="{squares}"/>')
    return "".join(parts)


def text(x: float, y: float, content: str, css: str = "head") -> str:
    """Words on the line y that begin at x; or end there, or have their middle there, if the class says so."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}">{content}</text>'


def words(heading: str, note: str) -> str:
    """A heading, and a note set in a quieter way."""
    return f'{heading} <tspan class="soft" font-weight="400">{note}</tspan>'


def percent(share: float) -> str:
    """A share from 0 to 1 as in 98.1 %."""
    return f"{100 * share:.1f}\u202f%"


def style() -> str:
    """Light and dark, page and phone. Where the picture stands inline, the page's tokens overrule the colours."""
    light, dark = ("".join(f"--{name}:var(--tg-{name},{colour});" for name, colour in tokens.items())
                   for tokens in (LIGHT, DARK))
    return (f"\n.tg{{{light}}}\n@media screen and (prefers-color-scheme:dark){{.tg{{{dark}}}}}\n"
            f"@media print{{.tg{{--bg:#ffffff}}}}{STYLE}"
            f"@media screen and (max-width:{NARROW}px)"
            "{.tg .page{display:none} .tg .phone{display:inline}}\n")


if __name__ == "__main__":
    FILE.write_text(picture(demo.run(quiet=True)), encoding="utf-8", newline="\n")
    print(f"wrote {FILE}")
