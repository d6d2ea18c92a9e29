"""Labels for Graphviz, in its own small HTML: cards, discs, gates and headings.

    of_node             a card (blackboard), a line (compact), or a sign (shapes)
    disc                the attributes of an operation's circle
    gate                on an edge: the local derivative, and what flows back
    position            at the end of an edge: which argument it is
    heading, note       of a module; a remark

What a node is can be seen without colour: a parameter has a side bar, an input is open at the left, a constant is
dotted, a result is round, and where backward began the line is double. Sizes are in points. Every text passes through
`text` or `mathematics`, which escape it. Read `captions.py` before this file and `dot.py` after it.
"""

from __future__ import annotations

from html import escape

from ....colours import TOKENS
from ...drawing.letters import cut, math_runs, visible
from ...drawing.numbers import count
from ..abridging import abridged, title
from ..model import Edge, Module, Node, Operation, Value
from ..picture.looks import Look
from . import captions

COLOURS = TOKENS["light"]
FONT = "DejaVu Sans,Verdana,Arial,sans-serif"       # Graphviz measures with the first that there is
MATH = "DejaVu Serif,Cambria,Times New Roman,serif"
CODE = "DejaVu Sans Mono,Consolas,Menlo,monospace"
ROLES = {"parameter": "param", "variable": "param", "input": "input", "constant": "const"}     # else result
LONGEST = 24                                        # letters of a name


class Html(str):
    """Markup, which is not escaped again."""

    __slots__ = ()


def text(said: str, size: float, colour: str = "ink", *, bold: bool = False, struck: bool = False,
         face: str = "") -> Html:
    """Letters; nothing in them is markup."""
    inside = escape(visible(said))
    for tag, is_on in (("B", bold), ("S", struck)):
        inside = f"<{tag}>{inside}</{tag}>" if is_on else inside
    return _font(inside, size, colour, face)


def mathematics(said: str, size: float) -> Html:
    """Variables italic, everything else upright."""
    runs = (f"<I>{escape(run)}</I>" if italic else escape(run) for run, italic in math_runs(visible(said)))
    return _font("".join(runs), size, "ink", MATH)


def note(said: str) -> Html:
    """A remark in small letters."""
    return text(said, 8.5, "soft") if said else Html("")


def _font(inside: str, size: float, colour: str, face: str = "") -> Html:
    named = f' FACE="{face}"' if face else ""
    return Html(f'<FONT POINT-SIZE="{size:g}" COLOR="{COLOURS[colour]}"{named}>{inside}</FONT>')


def _cell(inside: str, **attributes: object) -> str:
    """A cell: text, or one table."""
    return f"<TD{_written(attributes)}>{inside}</TD>"


def _table(*rows: str, **attributes: object) -> Html:
    plain: dict[str, object] = {"BORDER": 0, "CELLBORDER": 0, "CELLSPACING": 0, "CELLPADDING": 0}
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    return Html(f"<TABLE{_written(plain | attributes)}>{body}</TABLE>")


def _written(attributes: dict[str, object]) -> str:
    return "".join(f' {name}="{value}"' for name, value in attributes.items())


# -- nodes ------------------------------------------------------------------------------------------------------------


def of_node(node: Node, look: Look) -> Html:
    """The label of a node."""
    if look.style == "shapes":
        return _shape_only(node)
    if node.kind == "rest":
        words = _cell(text(node.title, 10, "soft"))
        return _table(words, BORDER=1, COLOR=COLOURS["line"], STYLE="DASHED", CELLPADDING=6)
    if node.kind == "constant" and node.name is None and node.value is not None and node.value.is_number:
        rows = [_cell(_quantity("constant", node.value, "value", is_struck=False))]
    else:
        rows = [_name(node), *_numbers(node, look)] if look.style == "blackboard" else _line(node, look)
    inside = _table(*rows, CELLPADDING=4)
    return inside if node.kind == "module" else _framed(node, inside)


def _framed(node: Node, inside: Html) -> Html:
    """The outline that says what a node is."""
    role = ROLES.get(node.kind, "result")
    frame = {"BORDER": 1, "COLOR": COLOURS[role], "BGCOLOR": COLOURS[f"{role}-wash"]}
    if role == "param":
        return _table(_cell("", BGCOLOR=COLOURS[role], WIDTH=5) + _cell(inside), **frame)
    if role == "input":
        return _table(_cell(text("▶", 8, role), WIDTH=10) + _cell(inside), **frame, SIDES="TRB")
    if role == "const":
        return _table(_cell(inside), **frame, STYLE="DOTTED")
    card = _table(_cell(inside), **frame, STYLE="ROUNDED")
    return card if not node.is_root else _table(_cell(card), BORDER=1, COLOR=COLOURS[role], STYLE="ROUNDED",
                                                CELLPADDING=2)


def _name(node: Node) -> str:
    """The strip: name and shape; of a folded module what it is, and how much is in it."""
    said = cut(f"▸ {node.title}", LONGEST) if node.kind == "module" else title(node, LONGEST)
    name = text(said, 12, bold=True) if node.kind == "module" else mathematics(said, 13)
    beside = [captions.shape(node.value)] if node.value is not None else []
    beside += [f"{count(node.count)} folded"] if node.kind == "module" else []
    beside += [f"×{node.repeats}"] if node.repeats > 1 else []
    notes = "".join(f"&#160;&#160;{text(each, 9, 'soft')}" for each in beside if each)
    below = f"<BR/>{text(node.expression, 9, 'soft')}" if node.kind == "module" and node.expression else ""
    return _cell(name + notes + below, COLSPAN=2)


def _numbers(node: Node, look: Look) -> list[str]:
    """Data and gradient, side by side if both are numbers, else below each other; then what must not be overlooked."""
    cells = []
    if look.values and node.value is not None:
        cells.append(_quantity("data", node.value, "value", is_struck=node.stale))
    if look.gradients and node.gradient is not None:
        cells.append(_quantity("grad", node.gradient, "grad", is_struck=node.stale))
    elif look.gradients and node.value is not None:
        cells.append(_below("grad", note(captions.no_gradient(node))))
    paper = {"BGCOLOR": COLOURS["surface"], "COLOR": COLOURS["hair"], "BORDER": 1}
    if len(cells) == 2 and node.value is not None and node.value.is_number:
        rows = [_cell(cells[0], **paper, SIDES="TR") + _cell(cells[1], **paper, SIDES="T")]
    else:
        rows = [_cell(each, **paper, SIDES="T", COLSPAN=2) for each in cells]
    warning = captions.warning(node)
    return [*rows, _cell(badge(warning), COLSPAN=2)] if warning else rows


def _below(label: str, inside: str) -> Html:
    return Html(f"{note(label)}<BR/>{inside}")


def _quantity(label: str, value: Value, colour: str, *, is_struck: bool) -> Html:
    """A number or an array below its label."""
    said = captions.trouble(value)
    if said:
        return _table(_cell(note(label)), _cell(badge(said)))
    grid = captions.grid(value)
    if value.is_number or not grid:
        more = note(captions.facts(value)) if not value.is_number else ""
        size = 12 if value.is_number else 10
        found = text(captions.short(value), size, colour, bold=True, struck=is_struck)
        return _below(label, found + (f"<BR/>{more}" if more else ""))
    lines = (text(line, 9.5, colour, bold=True, struck=is_struck, face=CODE) for line in captions.lines(grid))
    return _below(label, "<BR/>".join(lines))


def badge(said: str) -> Html:
    """What must not be overlooked: on yellow, with a black edge."""
    words = text(f"!! {said}", 9, "warn-ink", bold=True)
    return _table(_cell(words, BGCOLOR=COLOURS["warn"], BORDER=1, COLOR=COLOURS["warn-ink"], CELLPADDING=2))


def _line(node: Node, look: Look) -> list[str]:
    """name = value, the gradient below it; at the left the sign of the operation."""
    name = title(node, LONGEST)
    pieces = [mathematics(name, 11)]
    if look.only_shapes and node.value is not None:
        pieces.append(note(captions.shape(node.value)))
    if look.values and node.value is not None:
        said = captions.trouble(node.value)
        pieces.append(text(f"= {f'!! {said}' if said else captions.short(node.value)}", 10, "value", bold=True,
                           struck=node.stale))
    line = " ".join(pieces)
    if look.gradients and node.gradient is not None:
        said = captions.trouble(node.gradient)
        line += "<BR/>" + text(f"grad {f'!! {said}' if said else captions.short(node.gradient)}", 9, "grad", bold=True,
                               struck=node.stale)
    elif look.gradients and node.gradient_is == "none yet":
        line += "<BR/>" + note("grad none yet")
    warning = captions.warning(node)
    sign = _cell(_pill(node.operation, 10)) if node.operation else ""
    return [sign + _cell(line), *([_cell(badge(warning), COLSPAN=2)] if warning else [])]


def _shape_only(node: Node) -> Html:
    """A sign, or a name: all that can be read where there are many nodes."""
    if node.operation is not None:
        pill = _pill(node.operation, 9)
        return _table(_cell(pill), BORDER=1, COLOR=COLOURS["result"], STYLE="ROUNDED", CELLPADDING=2) \
            if node.is_root else pill
    return _framed(node, _table(_cell(text(title(node, 12), 8)), CELLPADDING=2))


# -- operations, edges, modules ---------------------------------------------------------------------------------------


def _sign(operation: Operation, size: float) -> Html:
    options = f" {operation.options}" if operation.options else ""
    return text(cut(f"{operation.sign}{options}", LONGEST), size, "surface", bold=True)


def _pill(operation: Operation, size: float) -> Html:
    return _table(_cell(_sign(operation, size)), BGCOLOR=COLOURS["result"], STYLE="ROUNDED", CELLPADDING=2)


def disc(operation: Operation) -> dict[str, str | float | None]:
    """A dark disc with the operation's sign; a longer one is a dark pill."""
    colours: dict[str, str | float | None] = {"style": "filled", "fillcolor": COLOURS["result"], "penwidth": 0}
    if len(operation.sign) <= 1 and not operation.options:
        return {"shape": "circle", **colours, "width": 0.34, "fixedsize": "true", "label": _sign(operation, 15)}
    if len(operation.sign) <= 4 and not operation.options:
        return {"shape": "circle", **colours, "width": 0.5, "fixedsize": "true", "label": _sign(operation, 10)}
    return {"shape": "box", **colours, "style": "rounded,filled", "height": 0.3, "margin": "0.1,0.04",
            "label": _sign(operation, 10)}


def gate(edge: Edge) -> Html:
    """The local derivative that multiplies what passes, and the contribution that comes out; below it what
    broadcasting did.
    """
    formula, by = captions.gate(edge)
    lines = [mathematics(abridged(formula, LONGEST), 11)] if formula else []
    lines += [text(by, 10, bold=True)] if by else []
    rows = [_cell("<BR/>".join(lines), BORDER=1, STYLE="ROUNDED", COLOR=COLOURS["grad"], BGCOLOR=COLOURS["surface"],
                  CELLPADDING=3)] if lines else []
    if edge.flow is not None:
        said = captions.trouble(edge.flow)
        rows.append(_cell(badge(said) if said else text(f"← {captions.short(edge.flow)}", 9.5, "grad", bold=True)))
    rows += [_cell(note(edge.note))] if edge.note else []
    return _table(*rows, CELLSPACING=1, CELLPADDING=1) if rows else Html("")


def position(edge: Edge) -> Html:
    """Which argument it is, where that matters."""
    return note(f"{edge.position + 1}")


def heading(module: Module) -> Html:
    """What stands at the top of a cluster."""
    times = f" ×{module.repeats}" if module.repeats > 1 else ""
    kind = f"&#160;&#160;{text(module.kind, 9, face=CODE)}" if module.kind else ""
    parameters = f"&#160;&#160;&#160;{note(f'{count(module.parameters)} parameters')}" if module.parameters else ""
    return Html(text(f"▾ {module.path}{times}", 11, bold=True) + kind + parameters)
