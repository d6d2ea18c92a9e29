"""Layouts: nothing covers anything, frames hold what is theirs, lines run where they should; Graphviz may be broken."""

import os
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path
from time import sleep

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.registry import examples
from tinygrad_edu.errors import ArgumentError, MissingExtraError
from tinygrad_edu.views.layouts import choosing, graphviz_program, programs, pygraphviz_library
from tinygrad_edu.views.layouts.choosing import hint_once, laid_out
from tinygrad_edu.views.layouts.layered import layered
from tinygrad_edu.views.layouts.model import Box, Direction, Frame, Layout, Line, Picture, Point, Rectangle
from tinygrad_edu.views.layouts.separation import separated

has_dot = pytest.mark.skipif(graphviz_program.program() is None, reason="Graphviz's dot is not installed")
has_pygraphviz = pytest.mark.skipif(not pygraphviz_library.is_installed(), reason="pygraphviz is not installed")
ROUNDED = 0.02              # coordinates are in hundredths of a pixel


# -- pictures ---------------------------------------------------------------------------------------------------------


def picture(*statements: str, gate: tuple[float, float] = (40, 24), frames: tuple[Frame, ...] = (),
            owners: dict[str, str] | None = None, direction: Direction = "right", size: tuple[float, float] = (80, 40),
            ) -> Picture:
    """A picture from statements such as "y = w x"."""
    names, lines = {}, []
    for statement in statements:
        target, *sources = statement.replace("=", " ").split()
        for order, source in enumerate(sources):
            names[source] = None
            lines.append(Line(f"{source} {target} {order}", source, target, order, gate))
        names[target] = None
    boxes = tuple(Box(name, *size, (owners or {}).get(name)) for name in names)
    return Picture(boxes=boxes, lines=tuple(lines), frames=frames, direction=direction)


def chain(length: int) -> Picture:
    """Boxes, each the only input of the next."""
    return picture(*(f"{i + 1} = {i}" for i in range(length - 1)))


LAYERS = picture("z1 = x w1 b1", "h1 = z1", "z2 = h1 w2 b2", "h2 = z2", "loss = h2 labels",
                 frames=(Frame("1", "model", (60, 20)), Frame("model", None, (60, 20)), Frame("2", "model", (60, 20))),
                 owners={kind + layer: layer for kind in "zwbh" for layer in "12"})
ENTERED_AGAIN = picture("a = x w", "r = a", "b = r v", "s = b", frames=(Frame("relu", None, (50, 20)), Frame("dense")),
                        owners={"r": "relu", "s": "relu", "b": "dense", "v": "dense"})
LOOPED = picture("a = x", "b = x", "c = a", "d = b", frames=(Frame("f"), Frame("g")),       # f before g before f
                 owners={"a": "f", "d": "f", "b": "g", "c": "g"})
EMPTY_FRAMES = Picture(boxes=(Box("a", 10, 10, "f"),), lines=(),
                       frames=(Frame("f"), Frame("g", "f", (30, 10)), Frame("h")))


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Random graphs: sizes, gates, repeated lines, lines over many ranks, frames in frames, boxes on their own."""
    size, frames = draw(st.integers(0, 14)), draw(st.integers(0, 4))
    lengths = st.sampled_from([1.0, 20.0, 66.0, 33.3, 150.0])
    nested = tuple(Frame(f"f{i}", draw(st.sampled_from([None, *(f"f{j}" for j in range(i))])),
                         draw(st.sampled_from([(0.0, 0.0), (120.0, 26.0)]))) for i in range(frames))
    owner = st.sampled_from([None, *(frame.id for frame in nested)])
    boxes = tuple(Box(f"b{i}", draw(lengths), draw(lengths), draw(owner)) for i in range(size))
    number = st.integers(0, max(size - 1, 0))
    ends = draw(st.lists(st.tuples(number, number), max_size=24))
    gates = draw(st.sampled_from([[(0.0, 0.0)], [(50.0, 30.0)], [(0.0, 0.0), (50.0, 30.0), (5.0, 90.0)]]))
    lines = tuple(Line(f"l{i}", f"b{min(end)}", f"b{max(end)}", draw(st.integers(0, 3)), draw(st.sampled_from(gates)))
                  for i, end in enumerate(ends) if end[0] != end[1])
    return Picture(boxes=boxes, lines=lines, frames=tuple(reversed(nested)),
                   direction=draw(st.sampled_from(["right", "down"])))


# -- what holds for every layout --------------------------------------------------------------------------------------


def overlap(one: Rectangle, other: Rectangle, margin: float = 0.0) -> bool:
    """Whether the two have an area in common, or are nearer than `margin`."""
    return (one.x < other.x + other.width + margin - ROUNDED and other.x < one.x + one.width + margin - ROUNDED
            and one.y < other.y + other.height + margin - ROUNDED and other.y < one.y + one.height + margin - ROUNDED)


def holds(outer: Rectangle, inner: Rectangle, margin: float = 0.0) -> bool:
    """Whether the one lies in the other, `margin` from its edges."""
    margin -= ROUNDED
    return (outer.x + margin <= inner.x and inner.x + inner.width <= outer.x + outer.width - margin
            and outer.y + margin <= inner.y and inner.y + inner.height <= outer.y + outer.height - margin)


def on_curve(points: tuple[Point, ...], steps: int = 24) -> np.ndarray:
    """Points of a curve. (N, 2)"""
    share = np.linspace(0, 1, steps + 1)[:, None]
    pieces = [np.array(points[i:i + 4]) for i in range(0, len(points) - 1, 3)]
    powers = np.hstack([(1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share ** 2 * (1 - share), share ** 3])
    return np.concatenate([powers @ piece for piece in pieces])


def ancestors(picture: Picture, frame: str | None) -> list[str]:
    """The frames around, itself included."""
    parents, result = {f.id: f.parent for f in picture.frames}, []
    while frame is not None:
        result.append(frame)
        frame = parents[frame]
    return result


def check(picture: Picture, layout: Layout) -> None:
    """All that a layout promises."""
    assert list(layout.boxes) == [box.id for box in picture.boxes]
    assert list(layout.gates) == [line.id for line in picture.lines if any(line.gate)]
    assert list(layout.lines) == [line.id for line in picture.lines]
    assert list(layout.frames) == [frame.id for frame in picture.frames]
    check_rectangles(picture, layout)
    check_frames(picture, layout)
    for line in picture.lines:
        check_line(picture, layout, line)


def check_rectangles(picture: Picture, layout: Layout) -> None:
    page = Rectangle(0, 0, layout.width, layout.height)
    for box in picture.boxes:
        assert layout.boxes[box.id][2:] == (box.width, box.height)
    for line in picture.lines:
        assert line.id not in layout.gates or layout.gates[line.id][2:] == line.gate
    solid = [*layout.boxes.values(), *layout.gates.values()]
    assert all(holds(page, rectangle) for rectangle in [*solid, *layout.frames.values()])
    assert not any(overlap(one, other, picture.gap / 2) for one, other in combinations(solid, 2))


def check_frames(picture: Picture, layout: Layout) -> None:
    around = {box.id: ancestors(picture, box.frame) for box in picture.boxes}
    ends = {line.id: {*around[line.source], *around[line.target]} for line in picture.lines}
    for frame in picture.frames:
        rectangle = layout.frames[frame.id]
        heading = Rectangle(rectangle.x + picture.padding, rectangle.y, *frame.heading)
        assert holds(rectangle, heading)
        for box in picture.boxes:
            if frame.id in around[box.id]:
                assert holds(rectangle, layout.boxes[box.id], picture.padding)
                assert not overlap(heading, layout.boxes[box.id])
            else:
                assert not overlap(rectangle, layout.boxes[box.id], picture.padding)
        for line, gate in layout.gates.items():
            assert (frame.id in ends[line] and holds(rectangle, gate)) or not overlap(rectangle, gate)
        for other in picture.frames:
            if other.parent == frame.id:
                assert holds(rectangle, layout.frames[other.id], picture.padding)
                assert not overlap(heading, layout.frames[other.id])
            elif frame.id not in ancestors(picture, other.id) and other.id not in ancestors(picture, frame.id):
                assert not overlap(rectangle, layout.frames[other.id])


def check_line(picture: Picture, layout: Layout, line: Line) -> None:
    points = layout.lines[line.id]
    assert len(points) >= 4
    assert len(points) % 3 == 1
    along, across = (0, 1) if picture.direction == "right" else (1, 0)
    source, target = layout.boxes[line.source], layout.boxes[line.target]
    start, end = points[0], points[-1]
    assert start[along] == pytest.approx(source[along] + source[2 + along], abs=ROUNDED)
    assert start[across] == pytest.approx(source.centre[across], abs=ROUNDED)
    assert end[along] == pytest.approx(target[along], abs=ROUNDED)
    assert target[across] - ROUNDED <= end[across] <= target[across] + target[2 + across] + ROUNDED
    assert points[1][across] == pytest.approx(start[across], abs=ROUNDED)           # level at both ends,
    assert points[-2][across] == pytest.approx(end[across], abs=ROUNDED)
    for before, here, after in zip(points[2:-1:3], points[3:-1:3], points[4:-1:3], strict=False):
        assert all(there[along] > then[along] for then, there in [(before, here), (here, after)])
        slopes = [(there[across] - then[across]) / (there[along] - then[along])
                  for then, there in [(before, here), (here, after)]]
        if min(here[along] - before[along], after[along] - here[along]) > 1:        # else rounding is all there is
            assert slopes[0] == pytest.approx(slopes[1], abs=0.05)                  # and smooth between
    curve = on_curve(points)
    assert all(np.diff(curve[:, along]) >= -1e-9)
    if line.id in layout.gates:
        centre = layout.gates[line.id].centre
        assert np.interp(centre[along], curve[:, along], curve[:, across]) == pytest.approx(centre[across], abs=1.0)
    for name, rectangle in [*layout.boxes.items(), *layout.gates.items()]:
        if name not in (line.id, line.source, line.target):
            inside = ((curve > np.array(rectangle[:2]) + 0.5)
                      & (curve < np.array(rectangle[:2]) + np.array(rectangle[2:]) - 0.5)).all(axis=1)
            assert not inside.any(), f"{line} runs through {name}"


@given(pictures())
@example(LAYERS)
@example(ENTERED_AGAIN)
@example(LOOPED)
@example(EMPTY_FRAMES)
@examples(250)
def test_native_layouts_keep_all_promises(picture):
    check(picture, layered(picture))


@has_dot
@given(pictures())
@example(LAYERS)
@example(ENTERED_AGAIN)
@example(LOOPED)
@example(EMPTY_FRAMES)
@examples(40)
def test_layouts_by_dot_keep_all_promises(picture):
    layout = laid_out(picture, engine="dot")
    assert layout.engine == "dot"
    check(picture, layout)


@has_pygraphviz
@pytest.mark.parametrize("given_picture", [LAYERS, ENTERED_AGAIN, LOOPED, EMPTY_FRAMES, chain(12)])
def test_layouts_by_pygraphviz_keep_all_promises(given_picture):
    layout = laid_out(given_picture, engine="pygraphviz")
    assert layout.engine == "pygraphviz"
    check(given_picture, layout)


@pytest.mark.parametrize("engine", ["auto", "layered", pytest.param("dot", marks=has_dot)])
def test_a_picture_without_boxes_has_no_size(engine):
    layout = laid_out(Picture(boxes=(), lines=()), engine=engine)
    assert (layout.width, layout.height, layout.boxes, layout.lines) == (0.0, 0.0, {}, {})


def test_the_same_picture_has_the_same_layout_in_another_process():
    code = ("import sys\nfrom tinygrad_edu.views.layouts.layered import layered\n"
            "from tinygrad_edu.views.layouts.model import Box, Frame, Line, Picture\n"
            f"sys.stdout.write(repr(layered({LAYERS!r})))")
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                           cwd=Path(__file__).parents[1], env=os.environ | {"PYTHONHASHSEED": "7"})
    assert other.stdout == repr(layered(LAYERS))


# -- how the native layout looks --------------------------------------------------------------------------------------


def middles(layout: Layout, *names: str) -> list[float]:
    """How far down the boxes are."""
    return [layout.boxes[name].centre.y for name in names]


def test_the_main_line_of_a_network_is_straight_through_all_its_modules():
    layout = layered(LAYERS)
    assert len(set(middles(layout, "x", "z1", "h1", "z2", "h2", "loss"))) == 1


def test_leaves_stand_just_before_the_box_that_uses_them():
    layout = layered(picture("a = x", "b = a", "c = b w", "d = c v"))
    right = {name: box.x + box.width for name, box in layout.boxes.items()}
    assert right["w"] == right["b"]
    assert right["v"] == right["c"]


def test_what_is_made_of_leaves_alone_moves_with_them():
    layout = layered(picture("a = x", "b = a", "c = b", "t = w", "d = c t"))
    assert layout.boxes["t"].x == layout.boxes["c"].x
    assert layout.boxes["w"].x == layout.boxes["b"].x


def test_modules_that_follow_each_other_share_no_rank():
    layout = layered(LAYERS)
    assert layout.frames["1"].x + layout.frames["1"].width < layout.frames["2"].x


def test_what_comes_after_a_module_stands_behind_all_of_it():
    owners = dict.fromkeys("acd", "f")
    layout = layered(picture("a = x", "c = a", "d = c", "b = a", frames=(Frame("f"),), owners=owners))
    assert layout.frames["f"].x + layout.frames["f"].width < layout.boxes["b"].x


def test_two_lines_that_join_the_same_boxes_bow_apart():
    for gate in ((40.0, 24.0), (0.0, 0.0)):
        layout = layered(picture("y = x x", gate=gate))
        upper, lower = (on_curve(points) for points in layout.lines.values())
        middle = layout.boxes["x"].centre.y
        assert upper[:, 1].min() < middle - 5
        assert lower[:, 1].max() > middle + 5
        assert middle == pytest.approx(layout.boxes["y"].centre.y, abs=0.5)


def test_lines_arrive_side_by_side_in_order():
    shuffled = picture("y = a b c", gate=(0, 0))
    lines = tuple(line._replace(order=2 - line.order) for line in shuffled.lines)
    ends = [points[-1].y for points in layered(Picture(boxes=shuffled.boxes, lines=lines)).lines.values()]
    middle = layered(Picture(boxes=shuffled.boxes, lines=lines)).boxes["y"].centre.y
    assert ends == pytest.approx([middle + 14, middle, middle - 14], abs=ROUNDED)


def test_more_lines_than_a_side_has_room_for_arrive_closer():
    layout = layered(picture("y = " + " ".join(f"x{i}" for i in range(40)), gate=(0, 0)))
    ends = [points[-1].y for points in layout.lines.values()]
    assert all(one < other for one, other in pairwise(ends))
    assert layout.boxes["y"].y <= ends[0] <= ends[-1] <= layout.boxes["y"].y + 40


def test_a_tree_has_no_crossings():
    layout = layered(picture("p = a b", "q = c d", "r = p q", "s = e f", "t = r s", gate=(0, 0)))
    assert middles(layout, *"abcdef"[:4]) == sorted(middles(layout, *"abcdef"[:4]))
    assert middles(layout, "p", "q") == sorted(middles(layout, "p", "q"))
    assert middles(layout, "r", "s") == sorted(middles(layout, "r", "s"))


def test_a_box_stands_in_the_middle_of_its_two_inputs():
    layout = layered(picture("y = w x"))
    w, x, y = middles(layout, "w", "x", "y")
    assert y == pytest.approx((w + x) / 2, abs=0.5)


def test_down_is_right_turned():
    right, down = (layered(picture("y = w x", "z = y b", direction=direction, size=(50, 50), gate=(20, 20)))
                   for direction in ("right", "down"))
    assert (right.width, right.height) == (down.height, down.width)
    assert {name: (box.y, box.x) for name, box in right.boxes.items()} == {n: (b.x, b.y) for n, b in down.boxes.items()}


def test_a_chain_of_thousands_is_a_straight_line():
    layout = layered(chain(3_000))
    assert {box.y for box in layout.boxes.values()} == {0.0}
    assert layout.height == 40


def test_lines_over_thousands_of_ranks_go_around_the_picture():
    given_picture = picture(*(f"{i + 1} = {i}" for i in range(200)), "end = " + " ".join(map(str, range(201))))
    layout = layered(given_picture)
    for line in given_picture.lines[::20]:
        check_line(given_picture, layout, line)
    lowest = {line: max(point.y for point in points) for line, points in layout.lines.items()}
    assert lowest["0 end 0"] != lowest["1 end 1"]
    assert lowest["190 end 190"] < min(lowest["0 end 0"], lowest["1 end 1"])


def test_separated_is_exact_for_things_in_a_row():
    follows = [[], [(0, 1.0)], [(1, 1.0)], [(2, 1.0)]]
    places = separated([0.0, 0.0, 0.0, 10.0], [1.0, 1.0, 4.0, 1.0], follows, [0, 1, 2, 3])
    assert places == pytest.approx([-1.5, -0.5, 0.5, 10.0])         # (1·0 + 1·(0−1) + 4·(0−2)) / 6 = −1.5


@given(st.data())
@examples(60)
def test_separated_keeps_all_distances(data):
    size = data.draw(st.integers(1, 12))
    rooms = st.sampled_from([1.0, 5.0])
    before = [[(j, data.draw(rooms)) for j in range(i) if data.draw(st.booleans())] for i in range(size)]
    wanted = data.draw(st.lists(st.floats(-20, 20), min_size=size, max_size=size))
    places = separated(wanted, [1.0] * size, before, list(range(size)))
    assert all(places[i] >= places[j] + room - 1e-6 for i, pairs in enumerate(before) for j, room in pairs)


# -- which engine, and broken ones ------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """Every test is a process that has tried nothing and said nothing."""
    monkeypatch.setattr(choosing, "_unusable", {})
    monkeypatch.setattr(choosing, "_shown", set())


@pytest.fixture
def only(monkeypatch, tmp_path):
    """No Graphviz; given a script, that is the program `dot`."""
    monkeypatch.setattr(choosing, "is_installed", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(script: str) -> None:
        program = tmp_path / "dot"
        program.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
        program.chmod(0o755)

    return put


BROKEN = {
    "fails": "cat > /dev/null; exit 3",
    "prints rubbish": "echo '<html>404</html>'",
    "prints nothing": "true",
    "prints words for numbers": "echo 'node n0 here there 1 1'",
    "prints nan": "for i in 0 1 2 3 4 5; do echo \"node n$i nan nan 1 1 x\"; done",
    "prints bytes that are no text": "printf '\\377\\376'",
    "is very old": "echo 'Renderer type: \"plain\" not recognized.' >&2; exit 1",
    "is killed": "kill -9 $$",
    "does not read": "exec < /dev/null; sleep 0.1; exit 1",
}


@pytest.mark.skipif(sys.platform == "win32", reason="scripts of the shell")
@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN)
def test_a_broken_dot_is_passed_over_with_one_hint(only, capsys, script):
    only(script)
    for _ in range(2):
        assert laid_out(chain(3)).engine == "layered"
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(MissingExtraError, match="`dot` cannot be used, for it.*Install Graphviz"):
        laid_out(chain(3), engine="dot")


@pytest.mark.skipif(sys.platform == "win32", reason="scripts of the shell")
@pytest.mark.parametrize("script", ["sleep 60", "sleep 60 & sleep 60", "sleep 60 &", "trap '' TERM; sleep 60"])
def test_a_hanging_dot_is_not_waited_for(only, capsys, monkeypatch, script):
    monkeypatch.setattr(graphviz_program, "SECONDS", 0.3)
    only(script)
    assert laid_out(chain(3)).engine == "layered"
    assert "no answer within 0.3 seconds" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="scripts of the shell")
def test_a_dot_that_prints_without_end_is_ended(only, monkeypatch, capsys):
    monkeypatch.setattr(programs, "MOST", 100_000)
    only("yes")
    assert laid_out(chain(3)).engine == "layered"
    assert "it prints without end" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="scripts of the shell")
def test_what_a_hanging_dot_started_ends_with_it(only, monkeypatch, tmp_path):
    monkeypatch.setattr(graphviz_program, "SECONDS", 0.2)
    only(f"(sleep 1; touch {tmp_path}/late) & sleep 60")
    laid_out(chain(3))
    sleep(1.2)
    assert not (tmp_path / "late").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="scripts of the shell")
def test_a_broken_dot_is_not_tried_again(only, tmp_path):
    only(f"echo run >> {tmp_path}/runs; exit 1")
    for _ in range(3):
        laid_out(chain(3))
    assert (tmp_path / "runs").read_text() == "run\n"


def test_a_dot_that_is_no_program_is_passed_over(only, tmp_path):
    only("")
    (tmp_path / "dot").write_bytes(b"\0\1\2")
    assert laid_out(chain(3)).engine == "layered"


def test_without_graphviz_there_is_a_hint_once_and_a_layout(only, capsys):
    layouts = [laid_out(chain(3)) for _ in range(3)]
    assert {layout.engine for layout in layouts} == {"layered"}
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "laid out without Graphviz" in error


def test_a_missing_dot_that_was_asked_for_says_what_to_install(only):
    with pytest.raises(MissingExtraError, match="there is none on the PATH. Install Graphviz .*apt install graphviz"):
        laid_out(chain(3), engine="dot")


def test_a_missing_pygraphviz_that_was_asked_for_says_what_to_install(monkeypatch):
    monkeypatch.setattr(pygraphviz_library, "is_installed", lambda: False)
    with pytest.raises(MissingExtraError, match="pip install pygraphviz"):
        laid_out(chain(3), engine="pygraphviz")


def test_an_unknown_engine_is_refused():
    with pytest.raises(ArgumentError, match="engine: got 'neato'. Expected one of 'auto', 'dot', 'pygraphviz'"):
        laid_out(chain(3), engine="neato")


@has_dot
def test_auto_is_dot_where_there_is_one():
    assert laid_out(LAYERS).engine == "dot"


@has_pygraphviz
def test_auto_is_pygraphviz_where_there_is_no_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert laid_out(LAYERS).engine == "pygraphviz"


@has_pygraphviz
@pytest.mark.parametrize("script", ["import os; os.abort()", "while True: pass"])
def test_a_fault_in_pygraphviz_does_not_reach_the_session(monkeypatch, tmp_path, capsys, script):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pygraphviz_library, "SCRIPT", script)
    monkeypatch.setattr(pygraphviz_library, "SECONDS", 1.0)
    assert laid_out(LAYERS).engine == "layered"
    assert "pygraphviz cannot be used" in capsys.readouterr().err


def test_big_pictures_do_not_wait_for_graphviz(only, capsys):
    only("echo asked >&2; exit 1")
    assert laid_out(chain(1_000)).engine == "layered"
    assert not capsys.readouterr().err


def test_hints_are_shown_once(capsys):
    hint_once("a hint")
    hint_once("a hint")
    assert capsys.readouterr().err == "tinygrad_edu: a hint\n"


@has_dot
def test_names_are_never_part_of_what_graphviz_reads():
    name = 'a"];\nx -> y [label=<b>&'
    layout = laid_out(Picture(boxes=(Box(name, 9, 9, name), Box("b", 9, 9)), lines=(Line(name, name, "b"),),
                              frames=(Frame(name),)), engine="dot")
    assert list(layout.boxes) == [name, "b"]
