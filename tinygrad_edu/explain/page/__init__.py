"""The stepper in a browser: one file that opens anywhere, and what a notebook shows.

    pages.py        the file, the notebook's output, a picture for each step
    pictures.py     the graph with all its stages
    contents.py     what the page says, as data; `marks.py` the user's line, `sums.py` the sums behind elements
    words.py        every word of the interface
    homework.py     a page that asks and holds no answers
    state.js        where the page stands; what it shows are sentences.js, picture.js, rules.js, panels.js, maps.js
                    (arrays), quiz.js and controls.js; stepper.js puts it together
    stepper.css     its style
"""

from .pages import bundle_of, frames_of, page_of

__all__ = ["bundle_of", "frames_of", "page_of"]
