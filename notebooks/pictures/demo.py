"""Draws demo.svg beside this file: loss and accuracy of the demo, epoch by epoch, and digits as its network reads them.

    python notebooks/pictures/demo.py

The picture holds two layouts of the same size: one for pages, one with text twice as large for phones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import demo

Array = np.ndarray[Any, Any]

FILE = Path(__file__).with_name("demo.svg")
WIDTH, HEIGHT, MARGIN = 880, 464, 24
COLUMN = 400                            # of two: from the left margin, and to the right one
NARROW = 743                            # at this width and below, text of 13 would be shown smaller than 11 px
SHOWN = 7                               # digits in each column
PIXEL = 5                               # side of one of a digit's 8 × 8 pixels
BORDER = 2 / 3                          # paper around them as the network sees it, in pixels

LIGHT = {"bg": "#faf9f6", "surface": "#ffffff", "line": "#8b867b", "ink": "#1d1c1a", "soft": "#5a564e",
         "value": "#1b5fc1", "warn": "#ffd22e", "warn-ink": "#1d1c1a"}
DARK = {"bg": "#14161a", "surface": "#1c1f25", "line": "#7b828e", "ink": "#eeebe4", "soft": "#b4b1a9",
        "value": "#82b6ff", "warn": "#ffd22e", "warn-ink": "#1d1c1a"}
FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif'


class Layout(NamedTuple):
    """Where the panels are, and how large what is in them."""

    name: str
    unit: float                         # 1, or 2 where all is twice as large
    top: float                          # of the panels: 100 %
    bottom: float                       # 0
    gutter: float                       # for the numbers left of a panel


WIDE = Layout("wide", 1, 120, 280, 52)
PHONE = Layout("phone", 2, 168, 392, 92)


class Curve(NamedTuple):
    """One panel: a number from 0 to 1 for each epoch."""

    heading: str
    note: str
    values: Sequence[float]
    ticks: tuple[str, str, str]         # how 0, ½ and 1 are written
    first: str                          # how the first and the last value are written
    last: str


class Reading(NamedTuple):
    """A held-out digit (784 pixels), what the network reads, and what it is."""

    image: Array
    answer: int
    label: int


# -- what is drawn ----------------------------------------------------------------------------------------------------


def picture(result: demo.Result) -> str:
    """The whole SVG."""
    readings = read(result.parameters)
    right = [each for each in readings if each.answer == each.label]
    wrong = [each for each in readings if each.answer != each.label]
    epochs, count = len(result.losses), sum(p.size for p in demo.parameters(result.parameters))
    title = (f"A network of {grouped(count)} parameters learns", f"to read digits: {percent(result.accuracies[-1])} "
             f"after {epochs} epochs")
    loss = Curve("Loss", "on the digits it learns from", result.losses, ("0", "0.5", "1"),
                 f"{result.losses[0]:.4f}", f"{result.losses[-1]:.4f}")
    accuracy = Curve("Accuracy", f"on {len(readings)} digits it has not seen", result.accuracies,
                     ("0", percent(0.5, 0), percent(1, 0)), percent(result.accuracies[0]), percent(result.accuracies[-1]))
    misread = "; ".join(f"a {each.label} read as {each.answer}" for each in wrong[:SHOWN])
    about = (f"Loss by epoch: {loss.first} in the first, {loss.last} in the last. Accuracy on held-out digits by epoch: "
             f"{accuracy.first} after the first, {accuracy.last} after the last; guessing would reach {percent(0.1, 0)}. "
             f"Below, {min(SHOWN, len(right))} digits that the network reads rightly and {min(SHOWN, len(wrong))} of the "
             f"{len(wrong)} that it misreads: {misread}.")
    second = MARGIN + COLUMN + WIDTH - 2 * (MARGIN + COLUMN)
    wide = [text(MARGIN, 40, " ".join(title), "title"),
            text(MARGIN, 64, f"{len(demo.SIZES) - 1} layers of sigmoids, {'-'.join(map(str, demo.SIZES))}, "
                 "learning by backpropagation", "soft"),
            *panel(MARGIN, WIDE, loss), *panel(second, WIDE, accuracy),
            *digits(MARGIN, "✓ Read rightly", f"{SHOWN} of {len(right)}", right),
            *digits(second, "✗ Misread", f"{min(SHOWN, len(wrong))} of {len(wrong)}", wrong)]
    phone = [text(MARGIN, 50, title[0], "title"), text(MARGIN, 88, title[1], "title"),
             *panel(MARGIN, PHONE, loss), *panel(second, PHONE, accuracy)]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-labelledby="demo-t demo-d" style="max-width:100%;height:auto">',
        f'<title id="demo-t">{" ".join(title)}</title>', f'<desc id="demo-d">{about}</desc>', f"<style>{style()}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        '<g class="wide">', *wide, "</g>", '<g class="phone">', *phone, "</g>", "</svg>", ""])


def read(parameters: demo.Layers) -> list[Reading]:
    """The digits that `demo.run` held out, as the network reads them."""
    _, (images, labels) = demo.examples("digits", np.random.default_rng(0), demo.Terminal(quiet=True))
    with tg.no_grad():
        answers = demo.predict(parameters, images).numpy().argmax(axis=1)
    return [Reading(*each) for each in zip(images, answers.tolist(), labels.tolist(), strict=True)]


# -- how it is drawn --------------------------------------------------------------------------------------------------


def panel(x: float, layout: Layout, curve: Curve) -> list[str]:
    """A curve with its heading, three numbers at the left, four epochs below, and its first and last value."""
    unit, count = layout.unit, len(curve.values)
    left, right = x + layout.gutter, x + COLUMN - 6 * unit

    def across(epoch: int) -> float:
        return left + (right - left) * (epoch - 1) / (count - 1)

    def up(value: float) -> float:
        return layout.bottom + (layout.top - layout.bottom) * value

    points = [f"{across(i):.1f} {up(value):.1f}" for i, value in enumerate(curve.values, 1)]
    falls = curve.values[-1] < curve.values[0]
    note = f' <tspan class="soft">{curve.note}</tspan>' if layout is WIDE else ""
    marks = [text(left - 10 * unit, up(i / 2) + 5 * unit, tick, "soft end") for i, tick in enumerate(curve.ticks)]
    for epoch in (1, 10, 20, 30):
        words, css = (f"epoch {epoch}", "soft") if epoch == 1 else (str(epoch), "soft mid")
        marks.append(text(across(epoch) - (4 * unit if epoch == 1 else 0), layout.bottom + 20 * unit, words, css))
    return [text(x, layout.top - 20 * unit, f'<tspan class="head">{curve.heading}</tspan>{note}'), *marks,
            f'<path class="axis" d="M{left:g} {layout.bottom:g}H{right:g}"/>',
            f'<path class="curve" d="M{"L".join(points)}"/>',
            *(f'<path class="dot" d="M{point}h0"/>' for point in (points[0], points[-1])),
            text(left + 10 * unit, up(curve.values[0]) + 5 * unit, curve.first, "number"),
            text(right + 6 * unit, up(curve.values[-1]) + (-12 if falls else 24) * unit, curve.last, "number end")]


def digits(x: float, heading: str, note: str, readings: list[Reading]) -> list[str]:
    """A row of digits, each with the network's answer below; a wrong one in a badge, and what the digit is."""
    side = PIXEL * (8 + 2 * BORDER)
    parts = [text(x, 342, f'<tspan class="head">{heading}</tspan> <tspan class="soft">{note}</tspan>')]
    for i, each in enumerate(readings[:SHOWN]):
        left = x + i * (COLUMN - side) / (SHOWN - 1)
        middle, wrong = left + side / 2, each.answer != each.label
        parts.append(f'<g transform="translate({left + PIXEL * BORDER:.1f} 359) scale({PIXEL})">{pixels(each.image)}</g>')
        if wrong:
            parts.append(f'<rect class="badge" x="{middle - 18:.1f}" y="409" width="36" height="22" rx="6"/>')
            parts.append(text(middle, 448, f"is {each.label}", "soft mid"))
        parts.append(text(middle, 425, f"{'✗' if wrong else '✓'} {each.answer}", "wrong mid" if wrong else "number mid"))
    return parts


def pixels(image: Array) -> str:
    """The 8 × 8 pixels that the 28 × 28 were enlarged from, as squares of ink in 16 strengths; white ones are left out."""
    strength = np.rint(16 * image.reshape(28, 28)[2:-2:3, 2:-2:3]).astype(int)
    squares = {ink: "".join(f"M{column} {row}h1v1h-1z" for row, column in np.argwhere(strength == ink)) for ink in range(1, 17)}
    frame = f'<rect class="frame" x="{-BORDER:.3f}" y="{-BORDER:.3f}" width="{8 + 2 * BORDER:.3f}" height="{8 + 2 * BORDER:.3f}"/>'
    return frame + "".join(f'<path class="ink" fill-opacity="{ink / 16:g}" d="{d}"/>' for ink, d in squares.items() if d)


def text(x: float, y: float, words: str, css: str = "") -> str:
    """Words whose base line begins at x, y; or ends there, or has its middle there, as the class says."""
    return f'<text x="{x:.1f}" y="{y:.1f}"' + (f' class="{css}"' if css else "") + f">{words}</text>"


def grouped(count: int) -> str:
    """13002 -> 13 002."""
    return f"{count:,}".replace(",", "\u202f")


def percent(share: float, places: int = 1) -> str:
    """0.981 -> 98.1 %."""
    return f"{100 * share:.{places}f}\u202f%"


def style() -> str:
    """Light and dark, pages and phones. A page that shows the picture inline may overrule the colours."""
    light, dark = ("".join(f"--{name}:var(--tg-{name},{colour});" for name, colour in tokens.items()) for tokens in (LIGHT, DARK))
    return f"""
.tg{{{light}}}
@media screen and (prefers-color-scheme:dark){{.tg{{{dark}}}}}
@media print{{.tg{{--bg:#ffffff}}}}
.tg text{{font-family:{FONT};font-variant-numeric:tabular-nums;font-size:14px;fill:var(--ink)}}
.tg .title{{font-size:18px;font-weight:600}} .tg .head{{font-size:15px;font-weight:600}} .tg .soft{{fill:var(--soft);font-size:13px}}
.tg .number{{font-size:15px;font-weight:600;fill:var(--value)}} .tg .wrong{{font-size:15px;font-weight:600;fill:var(--warn-ink)}}
.tg .end{{text-anchor:end}} .tg .mid{{text-anchor:middle}}
.tg .paper{{fill:var(--bg)}} .tg .axis{{fill:none;stroke:var(--line);stroke-width:1.25}}
.tg .curve{{fill:none;stroke:var(--value);stroke-width:2.5;stroke-linejoin:round}}
.tg .dot{{fill:none;stroke:var(--value);stroke-width:9;stroke-linecap:round}}
.tg .frame{{fill:var(--surface);stroke:var(--line);stroke-width:.25}} .tg .ink{{fill:var(--ink);shape-rendering:crispEdges}}
.tg .badge{{fill:var(--warn);stroke:var(--warn-ink);stroke-width:1.25}}
.tg .phone{{display:none}} .tg .phone .title{{font-size:32px}}
.tg .phone .soft{{font-size:26px}} .tg .phone .head,.tg .phone .number{{font-size:30px}}
.tg .phone .axis{{stroke-width:2.5}} .tg .phone .curve{{stroke-width:5}} .tg .phone .dot{{stroke-width:18}}
@media (max-width:{NARROW}px){{.tg .wide{{display:none}} .tg .phone{{display:inline}}}}
"""


def main() -> None:
    """Run the demo and write the picture."""
    FILE.write_text(picture(demo.run(quiet=True)), encoding="utf-8", newline="\n")
    print(f"wrote {FILE}")


if __name__ == "__main__":
    main()
