"""Player: pictures one after the other, with a slider and a button.

    player = descent.animate()      shows itself as the last line of a notebook's cell; nothing moves until asked for
    player.save("descent.gif")

A page with a Player needs no network. Without scripts it shows the last picture.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from ..files import write_whole
from ..nn.plots import image, png, pyplot

PAUSE = 200                     # milliseconds a picture stays while the player runs
# What the slider does: show picture number `value`, hide the others, and say what it shows.
SHOW = ("const a=[...this.closest('figure').querySelectorAll('img')];"
        "a.forEach((p,i)=>p.style.display=i==this.value?'':'none');"
        "this.setAttribute('aria-valuetext',a[this.value].alt)")
# What the button does: move the slider on until its end, or stop doing so.
PLAY = ("const b=this,f=b.closest('figure'),r=f.querySelector('input'),"
        "show=()=>r.dispatchEvent(new Event('input')),"
        "stop=()=>{{clearInterval(b.timer);b.timer=0;b.textContent='Play'}};"
        "if(b.timer){{stop();return}}b.textContent='Pause';"
        "if(r.value==r.max){{r.value=0;show()}}"
        "b.timer=setInterval(()=>{{if(!b.isConnected||r.value==r.max){{stop();return}}r.stepUp();show()}},{pause})")


class Player:
    """Pictures of a process, each with its text alternative.

    Args:
        pictures: PNG files as bytes, one for each step.
        texts: what each of them says.
    """

    def __init__(self, pictures: Sequence[bytes], texts: Sequence[str]) -> None:
        if not pictures or len(pictures) != len(texts):
            raise ArgumentError(f"Player: got {len(pictures)} pictures and {len(texts)} texts. Expected a text for "
                                "each picture, and at least one.")
        self.pictures, self.texts = list(pictures), list(texts)

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        """How many pictures there are, and what the last one says."""
        return f"Player({len(self)} pictures; the last one: {self.texts[-1]})"

    def _repr_html_(self) -> str:
        last = len(self) - 1
        images = "".join(image(picture, text, "" if i == last else "display:none")
                         for i, (picture, text) in enumerate(zip(self.pictures, self.texts, strict=True)))
        if not last:
            return images
        return (f'<figure style="margin:0">{images}<div><button type="button" '
                f'onclick="{PLAY.format(pause=PAUSE)}" style="min-width:5em;min-height:40px">Play</button> '
                f'<input type="range" min="0" max="{last}" value="{last}" aria-label="picture" '
                f'aria-valuetext="{escape(self.texts[-1])}" oninput="{SHOW}" style="width:24em;max-width:70%">'
                "</div></figure>")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .gif, or a page (.html) with the slider."""
        path = Path(path)
        if path.suffix not in (".gif", ".html"):
            raise ArgumentError(f"Player.save({str(path)!r}): expected a name that ends in .gif or .html.")
        write_whole(path, self._write_page if path.suffix == ".html" else self._write_gif)

    def _write_page(self, file: Any) -> None:
        file.write(f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(self.texts[-1])}</title>'
                   f"<body>{self._repr_html_()}</body></html>".encode())

    def _write_gif(self, file: Any) -> None:
        from PIL import Image  # which matplotlib brings
        first, *more = (Image.open(BytesIO(picture)).convert("RGB") for picture in self.pictures)
        first.save(file, "GIF", save_all=True, append_images=more, duration=PAUSE, loop=0)


def filmed(figure: Any, show: Callable[[int], str], steps: Sequence[int]) -> Player:
    """A Player of one figure: `show(step)` changes it and says what it shows. The figure is closed afterwards."""
    pictures, texts = [], []
    for step in steps:
        texts.append(show(step))
        pictures.append(png(figure))
        figure.set_layout_engine("none")            # what was placed for the first picture stays there
    pyplot().close(figure)
    return Player(pictures, texts)


def chosen_steps(count: int, most: int) -> list[int]:
    """At most so many of the numbers 0 … count - 1, evenly spread, with the first and the last."""
    if most < 2:
        raise ArgumentError(f"frames: got {most}. Expected at least 2.")
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})
