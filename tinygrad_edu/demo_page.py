"""The demo's page: one file that shows what a network learnt, light or dark, with nothing to load from elsewhere.

    checked(path)                               the place for it, before anything is learnt
    write(file, model, history, held_out)       curves, the digits it got wrong, confusions, weights, all numbers

Every picture is drawn twice with matplotlib, for light and for dark pages, and says in words what it shows.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from . import nn, training
from .errors import DataError, MissingExtraError
from .files import write_whole
from .nn.plots import DARK, LIGHT, describe, legend
from .training.metrics import classes

Array = np.ndarray[Any, Any]
Examples = tuple[Array, Array]          # pixels (n, 784) and labels (n,)

MARK = '<meta name="generator" content="tinygrad-edu demo">'        # by which the page is known when it is written anew
MOST_DIGITS = 24                        # wrong ones that are shown
INCH = 96                               # CSS pixels
THEMES = ((LIGHT, LIGHT["bg"]), (DARK, DARK["bg"]))     # colours by their meaning, and what lies around the pictures


def checked(path: str | os.PathLike[str]) -> Path:
    """The whole path of the page, if it may be written there.

    Raises: DataError if its folder does not exist or cannot be written to, or if something else has that name.
    """
    file = Path(path).expanduser().absolute()
    fix = "Name another place with --page FILE, or write --no-page."
    if not file.parent.is_dir():
        raise DataError(f"page: there is no folder {file.parent}. {fix}")
    if not os.access(file.parent, os.W_OK):
        raise DataError(f"page: the folder {file.parent} cannot be written to. {fix}")
    if file.exists() and not (file.is_file() and MARK.encode() in file.read_bytes()[:1000]):
        raise DataError(f"page: {file} is there already, and this command did not write it. {fix}")
    return file


def write(file: Path, model: nn.Sequential, history: training.History, held_out: Examples) -> None:
    """Write the page, whole or not at all.

    Raises: MissingExtraError if matplotlib is not installed, DataError if the file cannot be written.
    """
    write_whole(file, page(model, history, held_out).encode())


def page(model: nn.Sequential, history: training.History, held_out: Examples) -> str:
    """The page as HTML."""
    x, labels = held_out
    outputs = model.predict(x)
    said = classes(outputs)
    wrong = np.flatnonzero(said != labels)
    wrong = wrong[np.argsort(-outputs[wrong].max(axis=1), kind="stable")]           # the surest mistakes first
    counts = training.confusion_matrix(said, labels, 10)
    share = f"{1 - len(wrong) / len(x):.1%}"
    epochs = f"{len(history)} epoch{'s' * (len(history) != 1)}"
    stopped = f" It was stopped: {history.stopped}." if history.stopped else ""
    return "\n".join([
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n{MARK}',
        '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">',
        f"<title>A network that reads {share} of digits</title>\n<style>{style()}</style>\n<main>",
        f"<h1>A network has learnt to read {share} of digits it had not seen</h1>",
        f"<p>{escape(model.summary().total())}, trained by {epochs} of gradient descent. It has not learnt from any "
        f"of the {len(x):,} digits that are counted here.{escape(stopped)}</p>",
        "<h2>How it learnt</h2>", _curves(history),
        f"<h2>What it got wrong</h2>{_digits(x, labels, outputs, wrong)}",
        "<h2>Which digit it takes for which</h2>",
        _picture(partial(_confusion, counts), (6.4, 6.0)),
        f"<h2>What its first {model[0].units} neurons look for</h2>",
        "<p>Each image holds the 784 weights of one neuron. Ink on a teal pixel moves it towards 1, ink on a wine "
        "one (with a hole) towards 0.</p>",
        f"<div class=wide>{_picture(partial(_weights, model[0]), (10.0, 3.3))}</div>",
        f"<h2>All numbers</h2><details class=wide><summary>{epochs}</summary>{history._repr_html_()}</details>",
        "</main>", "</html>", ""])


def _curves(history: training.History) -> str:
    """Loss and accuracy over the epochs."""
    pictures = [_picture(partial(_curve, history, name, title), (4.9, 3.3)) for name, title in
                (("loss", "Loss: what gradient descent makes small"), ("accuracy", "Accuracy: the share read rightly"))]
    return f"<div class=two>{''.join(pictures)}</div>"


def _curve(history: training.History, name: str, title: str, ax: Any) -> Any:
    history.plot(name, ax=ax)
    for line, label in zip(ax.get_lines(), ("digits it learns from", "digits held out"), strict=True):
        line.set_label(label)
    legend(ax)
    ax.set_title(title, fontsize="medium")
    held_out = history[f"val_{name}"]
    ax.set(xlim=(0, len(history) + 0.5), ylim=(0, 1.08 * max(history[name] + held_out)))
    return describe(ax, f"{training.described(ax)}; of digits held out, from {held_out[0]:.4g} to {held_out[-1]:.4g}")


def _confusion(counts: Array, ax: Any) -> Any:
    return training.plot_confusion(counts, ax=ax)


def _weights(layer: nn.Dense, ax: Any) -> Any:
    return training.plot_weights(layer, columns=8, ax=ax)


def _digits(x: Array, labels: Array, outputs: Array, wrong: Array) -> str:
    """The digits that were taken for others, each with what was said and what it is."""
    if not len(wrong):
        return "<p>Nothing.</p>"
    shown = wrong[:MOST_DIGITS]
    count = f"All {len(wrong)}" if len(shown) == len(wrong) else f"{len(shown)} of {len(wrong):,}"
    said = classes(outputs)
    figures = [f'<figure><img class=digit alt="a handwritten {labels[i]}" src="{_uri(_ink(x[i]), "png")}">'
               f"<figcaption>read as <b>{said[i]}</b>,<br>is {labels[i]}</figcaption></figure>" for i in shown]
    return f"<p>{count}, those first of which it was surest.</p>\n<div class=digits>{''.join(figures)}</div>"


# -- pictures ---------------------------------------------------------------------------------------------------------


def _picture(draw: Callable[[Any], Any], size: tuple[float, float]) -> str:
    """What `draw(ax)` draws, as an image for light pages and one for dark ones, with its text alternative."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("its pictures need matplotlib. Install it with:\n"
                                'pip install "tinygrad_edu[notebook]"') from error
    files = []
    for colours, paper in THEMES:
        with rc_context(_settings(colours, paper)):
            ax = draw(Figure(figsize=size, layout="constrained").subplots())
            file = BytesIO()
            ax.figure.savefig(file, format="svg", metadata={"Date": None})
        files.append(_uri(file.getvalue(), "svg+xml"))
    light, dark = files
    return (f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}"><img '
            f'alt="{escape(training.described(ax))}" width="{size[0] * INCH:g}" height="{size[1] * INCH:g}" '
            f'src="{light}"></picture>')


def _settings(colours: dict[str, str], paper: str) -> Any:
    """What matplotlib calls the colours."""
    ink = dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor", "xtick.labelcolor", "ytick.labelcolor"),
                        colours["ink"])
    line = dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), colours["line"])
    papers = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), paper)
    return {**ink, **line, **papers, "axes.prop_cycle": f"cycler(color={[colours['value'], colours['grad']]})",
            "axes.spines.top": False, "axes.spines.right": False, "savefig.dpi": 200, "svg.hashsalt": "demo"}


def _ink(pixels: Array) -> bytes:
    """A digit as a PNG file: black ink on white paper."""
    from matplotlib.image import imsave
    file = BytesIO()
    imsave(file, pixels.reshape(28, 28), vmin=0, vmax=1, cmap="gray_r", format="png")
    return file.getvalue()


def _uri(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def style() -> str:
    """How the page looks, light and dark."""
    light, dark = ("".join(f"--{name}:{colour};" for name, colour in
                           (("paper", paper), *((each, colours[each]) for each in ("ink", "soft", "line", "hair"))))
                   for colours, paper in THEMES)
    return f"""
:root {{ color-scheme: light dark; {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} .digit {{ filter: invert(1) }} }}
body {{ margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }}
main {{ max-width: 1000px; margin: 0 auto; padding: 24px 16px 64px }}
h1 {{ font-size: 1.6rem; line-height: 1.25; margin: 0 0 8px; text-wrap: balance }}
h2 {{ font-size: 1.2rem; margin: 40px 0 8px; padding-top: 16px; border-top: 1px solid var(--hair) }}
p {{ margin: 0 0 12px; max-width: 42em }}
img {{ max-width: 100%; height: auto }}
.two {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 16px }}
.wide {{ overflow-x: auto }}
.wide img {{ min-width: 640px }}
.digits {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); gap: 16px 12px }}
figure {{ margin: 0; width: 92px }}
.digit {{ width: 84px; image-rendering: pixelated; border: 1px solid var(--line); display: block }}
figcaption {{ font-size: .875rem; line-height: 1.35; margin-top: 4px; color: var(--soft) }}
figcaption b {{ color: var(--ink) }}
summary {{ cursor: pointer; padding: 4px 0 }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums }}
th, td {{ padding: 2px 12px; text-align: right; border-bottom: 1px solid var(--hair) }}
caption {{ text-align: left }}
"""
