"""Styles: how the parts of a graph's picture look, by their class names.

Kinds and states are classes of the groups: `.node.parameter.root`, `.edge.wanted.lit`. What a page or the stepper may
set are the states of an edge, `lit`, `passed` and `coming`, and of a node, `lit`. Colours are the tokens of
`drawing/tokens.py`.
"""

from __future__ import annotations

from ...drawing.strips import css_of_strips
from ...drawing.svg import ROLES
from ...drawing.tokens import FONTS
from .inscriptions import KINDS

CARDS = """\
.tg .face{fill:var(--surface)} .tg .card{fill:none;stroke:var(--line);stroke-width:1.25}
.tg .rule{stroke:var(--hair);stroke-width:1;fill:none}
.tg .parameter .card,.tg .variable .card{stroke:var(--param)}
.tg .parameter .strip,.tg .variable .strip{fill:var(--param-wash)}
.tg .bar{fill:var(--param)} .tg .hole{fill:var(--surface)}
.tg .input .card{stroke:var(--input)} .tg .input .strip{fill:var(--input-wash)}
.tg .constant .card{stroke:var(--const);stroke-dasharray:1.5 3.5;stroke-linecap:round;stroke-width:1.75}
.tg .constant .strip{fill:var(--const-wash)}
.tg .result .card,.tg .expression .card{stroke:var(--result)}
.tg .result .strip,.tg .expression .strip{fill:var(--result-wash)}
.tg .node.module .card{stroke:var(--ink);stroke-width:1.5} .tg .stack{fill:var(--surface);stroke:var(--line)}
.tg .rest .card{stroke-dasharray:6 4} .tg .rest .strip{fill:var(--const-wash)}
.tg .ring{fill:none;stroke:var(--result);stroke-width:1.25}
.tg .disc{fill:var(--result);stroke:var(--bg);stroke-width:3}
.tg .disc-front{fill:var(--result)}
.tg .panel-ground{fill:var(--sunken);stroke:var(--line);stroke-width:1}
.tg .heading-ground{fill:var(--sunken)}
.tg .data-value{fill:var(--value)} .tg .grad-value,.tg .flow-value{fill:var(--grad)}
.tg .none{fill:var(--soft);font-weight:400} .tg .out-of-date{text-decoration:line-through}
.tg .struck{stroke:var(--ink);stroke-width:1.5;fill:none}
.tg .badge{fill:var(--warn);stroke:var(--warn-ink);stroke-width:1.25}"""

EDGES = """\
.tg .forward{fill:none;stroke:var(--line);stroke-width:1.5} .tg .forward-head{fill:var(--line)}
.tg .ribbon{fill:none;stroke:var(--grad)} .tg .ribbon-head{fill:var(--grad)} .tg .zero.ribbon{stroke-dasharray:4 3}
.tg .wrong-edge{stroke:var(--warn-ink)} .tg .wrong-ribbon{stroke:var(--warn)}
.tg .wrong-head{fill:var(--warn);stroke:var(--warn-ink)}
.tg .gate{fill:var(--surface);stroke:var(--grad);stroke-width:1.25} .tg .flow{display:none}
.tg text.flow-value:not(.notice),.tg .note,.tg .position{paint-order:stroke;stroke:var(--bg);stroke-width:4px;\
stroke-linejoin:round}"""

STATES = """\
.tg .edge .back,.tg .node{transition:opacity var(--tg-settle,240ms)}
.tg .edge.coming .back{display:none} .tg .edge.passed .ribbon{opacity:.75}
.tg .edge.lit .gate{stroke-width:3;fill:var(--grad-wash)}
.tg .edge.lit .flow{display:inline;fill:none;stroke:var(--bg);stroke-width:2;stroke-dasharray:3 11;\
stroke-linecap:round;animation:tg-flow var(--tg-flow,700ms) linear infinite}
.tg .node.lit .card{stroke:var(--grad);stroke-width:3} .tg .node.lit .strip{fill:var(--grad-wash)}
@keyframes tg-flow{to{stroke-dashoffset:-14}}
@media (prefers-reduced-motion:reduce){.tg .edge.lit .flow{animation:none}.tg .edge .back,.tg .node{transition:none}}"""

COMPACT = ".tg .compact .disc{stroke-width:2} .tg .compact .gate{stroke-width:1}"
SHAPES = ".tg .shapes .disc{stroke-width:1} .tg .shapes .forward{stroke-width:1}"


def css_of_graphs(style: str) -> str:
    """The style sheet of a picture, but for colours and for the text that all pictures have."""
    own = [f".tg .{name}{{font-size:{role.size:g}px{_font(role.font)}}}"
           for name, role in KINDS.items() if name not in ROLES]
    last = {"compact": [COMPACT], "shapes": [SHAPES]}.get(style, [])
    states = [] if style == "shapes" else [STATES]
    on_discs = ".tg .pill,.tg .option,.tg .tiny{fill:var(--surface)} .tg .notice.notice{fill:var(--warn-ink)}"
    return "\n".join([css_of_strips(), *own, on_discs, CARDS, EDGES, *states, *last])


def _font(font: str) -> str:
    if font == "math":
        return f";font-family:{FONTS['math']}"
    return ";font-weight:600" if font == "bold" else ""
