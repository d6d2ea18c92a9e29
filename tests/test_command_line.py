"""The command line: one clean line for each error, and targets `file.py:name` run as Python would run them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_edu as tg
from tinygrad_edu import demo, targets
from tinygrad_edu.__main__ import main
from tinygrad_edu.targets import TargetError, load

ROOT = Path(__file__).parents[1]


def command(*arguments, **options):
    """`python -m tinygrad_edu` with these arguments, ended."""
    words = [sys.executable, "-m", "tinygrad_edu", *arguments]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, **options)


# -- commands ---------------------------------------------------------------------------------------------------------


def test_demo_runs_from_the_shell():
    done = command("demo", "--epochs", "1", "--no-page")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"Reached \d\d\.\d% on the 359 held-out digits", done.stdout)


def test_demo_hands_its_arguments_over(monkeypatch):
    given = []
    monkeypatch.setattr(demo, "run", lambda *arguments: given.append(arguments))
    assert main(["demo"]) == 0
    options = "--data folder --epochs 3 --batch-size 5 --learning-rate .5 --seed 7 --page a.html"
    assert main(["demo", *options.split()]) == 0
    assert main(["demo", "--no-page"]) == 0
    assert given == [("digits", None, 10, 2.0, 0, "demo.html"), ("folder", 3, 5, 0.5, 7, "a.html"),
                     ("digits", None, 10, 2.0, 0, None)]


@pytest.mark.parametrize(("arguments", "message"), [
    (["--data", "nowhere"], "nowhere: there is no such file or folder"),
    (["--epochs", "0"], "epochs: got 0, expected at least 1"),
])
def test_error_of_the_library_is_one_line_and_exit_code_2(arguments, message, capsys):
    assert main(["demo", "--no-page", *arguments]) == 2
    err = capsys.readouterr().err
    assert re.match(f"tinygrad-edu: {message}", err)
    assert err.count("\n") == 1


def test_damaged_file_is_one_line_from_the_shell(tmp_path):
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8b half a file")
    (tmp_path / "t10k-labels-idx1-ubyte").touch()
    done = command("demo", "--no-page", "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    expected = r"tinygrad-edu: .*idx3-ubyte\.gz: the gzip file is damaged or was cut short.*\n"
    assert re.fullmatch(expected, done.stderr)


def test_wrong_argument_shows_the_usage(capsys):
    with pytest.raises(SystemExit) as end:
        main(["demo", "--seed", "seven"])
    assert end.value.code == 2
    assert "argument --seed: invalid int value: 'seven'" in capsys.readouterr().err


def test_without_a_command_the_help_lists_them(capsys):
    assert main([]) == 2
    assert re.search(r"usage: tinygrad-edu.*demo +train", capsys.readouterr().err, re.DOTALL)


def test_version_is_shown(capsys):
    assert main(["--version"]) == 0
    expected = r"tinygrad-edu (\d+\.\d+.*|from sources that are not installed)\n"
    assert re.fullmatch(expected, capsys.readouterr().out)


def test_interrupt_outside_learning_is_one_line(monkeypatch, capsys):
    def interrupt(*arguments):
        raise KeyboardInterrupt
    monkeypatch.setattr(demo, "run", interrupt)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == "tinygrad-edu: interrupted\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a shell with pipes")
def test_reader_that_has_seen_enough_is_no_error():
    pipe = f'"{sys.executable}" -m tinygrad_edu demo --epochs 20 --no-page | head -n 1'
    done = subprocess.run(pipe, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Data ")
    assert done.stderr == ""


def test_command_line_loads_only_numpy_before_a_command_runs():
    program = "import sys, tinygrad_edu.__main__; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    too_early = {"sklearn", "tqdm", "urllib.request", "tinygrad_edu.demo", "tinygrad_edu.targets"}
    assert not too_early & set(done.stdout.split())


# -- targets ----------------------------------------------------------------------------------------------------------

LESSON = """\
import tinygrad_edu as tg
from math import sin

w = tg.Tensor(2.0)
loss = w * w
count = 3
_hidden = w + 1

def forward(x):
    return x * w

class Model:
    def __call__(self, x):
        return forward(x)

model = Model()
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes lesson.py into the current folder."""
    monkeypatch.chdir(tmp_path)
    return (tmp_path / "lesson.py").write_text


def test_target_is_the_tensor_with_its_record(write):
    write(LESSON)
    loss = load("lesson.py:loss")
    loss.backward()
    assert loss.item() == 4.0
    assert (loss.name, loss.position.line, loss.inputs[0].grad.item()) == ("loss", 5, 4.0)


def test_target_is_the_function_which_still_works(write):
    write(LESSON)
    assert load("lesson.py:forward")(3.0).item() == 6.0
    assert load("lesson.py:model")(3.0).item() == 6.0       # an object that can be called
    assert load("lesson.py:sin")(0.0) == 0.0                # one that the file imported


def test_file_runs_as_the_main_program(write, tmp_path):
    write("""\
import sys, pickle, inspect
from beside import answer
import tinygrad_edu as tg
class Pair:
    pass
def f():
    return 1
assert type(pickle.loads(pickle.dumps(Pair()))) is Pair
assert inspect.getsource(f).startswith("def f")
assert sys.argv == ["lesson.py"]
assert "annotations" not in globals()
def annotated(x: int): pass
assert annotated.__annotations__ == {"x": int}
if __name__ == "__main__" and __file__.endswith("lesson.py"):
    y = tg.Tensor(answer)
""")
    (tmp_path / "beside.py").write_text("answer = 42.0")
    try:
        assert load("lesson.py:y").item() == 42.0
    finally:
        sys.modules.pop("beside", None)


@pytest.mark.parametrize("end", ["", "sys.exit()",
                                 "sys.argv.append('x'); sys.path.append('x'); raise ValueError"])
def test_python_is_afterwards_as_before(write, end):
    write(f"import sys\nimport tinygrad_edu as tg\ny = tg.Tensor(1.0)\nsys.path.insert(0, 'y')\n{end}\n")
    before = sys.modules["__main__"], list(sys.argv), list(sys.path)
    if "ValueError" in end:
        with pytest.raises(TargetError):
            load("lesson.py:y")
    else:
        load("lesson.py:y")
    assert (sys.modules["__main__"], sys.argv, sys.path) == before


def test_exit_is_the_end_of_the_file(write):
    write(LESSON + "raise SystemExit('bye')\nlate = w\n")
    assert load("lesson.py:loss").item() == 4.0
    expected = r"no late in lesson\.py when it has run \(it ended by SystemExit: bye\)"
    with pytest.raises(TargetError, match=expected):
        load("lesson.py:late")


def test_wrong_name_lists_what_there_is_the_most_similar_first(write):
    write(LESSON)
    with pytest.raises(TargetError) as failure:
        load("lesson.py:forwards")
    assert str(failure.value) == (
        "lesson.py:forwards: there is no forwards in lesson.py when it has run. Did you mean forward? "
        "It has forward (function), w (tensor of shape ()), loss (tensor of shape ()), model (function).")


def test_long_lists_are_cut(write):
    write("import tinygrad_edu as tg\n" + "".join(f"t{i} = tg.Tensor(1.0)\n" for i in range(20)))
    with pytest.raises(TargetError, match=r"t11 \(tensor of shape \(\)\) and 8 more\."):
        load("lesson.py:zzz")


def test_file_without_tensors_says_so(write):
    write("from math import sin\nx = 1\n")
    with pytest.raises(TargetError, match="The file has no tensors and no functions of its own"):
        load("lesson.py:y")


@pytest.mark.parametrize(("name", "kind"), [("count", "int"), ("Model", "type")])
def test_other_things_are_not_targets(write, name, kind):
    write(LESSON)
    with pytest.raises(TargetError, match=f"{name} has the type {kind}, expected a tensor or a function"):
        load(f"lesson.py:{name}")


@pytest.mark.parametrize("target", ["lesson.py", "lesson.py:", "lesson.py:a-b", "loss", ""])
def test_other_forms_are_refused(target):
    with pytest.raises(TargetError, match=f"got '{target}', expected file.py:name, such as lesson.py:loss"):
        load(target)


def test_missing_file_is_named_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TargetError, match=re.escape(f"there is no file {tmp_path / 'lessn.py'}")):
        load("lessn.py:loss")


def test_failing_file_shows_its_own_traceback_and_nothing_of_ours(write, tmp_path):
    write("""\
import tinygrad_edu as tg
def multiply(a, b):
    return tg.Tensor(a) @ tg.Tensor(b)
try:
    multiply([1.0, 2.0, 3.0], [[1.0, 2.0]])
except ValueError as error:
    raise RuntimeError("no lesson today") from error
""")
    with pytest.raises(TargetError) as failure:
        load("lesson.py:y")
    first, *lines = str(failure.value).splitlines()
    assert first == "lesson.py failed."
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "RuntimeError: no lesson today"
    assert any("ShapeError: matmul" in line for line in lines)
    frames = [line for line in lines if line.startswith("  File ")]
    file, places = tmp_path / "lesson.py", [(5, "<module>"), (3, "multiply"), (7, "<module>")]
    assert frames == [f'  File "{file}", line {n}, in {where}' for n, where in places]
    assert failure.value.__suppress_context__


def test_syntax_error_is_shown_where_it_is(write):
    write("y = (\n")
    expected = r"(?s)lesson.py failed\..*line 1\n    y = \(.*SyntaxError: '\(' was never closed"
    with pytest.raises(TargetError, match=expected):
        load("lesson.py:y")


def test_interrupt_of_the_file_is_an_interrupt(write):
    write("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load("lesson.py:y")


def test_target_error_is_an_error_of_the_library():
    assert issubclass(TargetError, tg.errors.TinygradEduError)
    assert targets.is_target(tg.Tensor(1.0))
    assert not targets.is_target(tg.Tensor)


# -- commands that look at a program ----------------------------------------------------------------------------------


PROGRAM = """
import tinygrad_edu as tg

w, x, b = tg.variables(w=2, x=-3, b=6.88)
y = tg.tanh(w * x + b)

@tg.op
def cube(x, /):
    return x**3

cube.derivative(x=lambda g, x: 2 * g * x * x)
wrong = cube(w)

def energy(m, v):
    return 0.5 * m * tg.sum(v ** 2)

def power(x=2.0, slope=-3.0, n=2):
    for _ in range(n):
        x = x * slope
    return x

def scaled(n=3):
    return w * n
"""


@pytest.fixture
def program(tmp_path):
    """A lesson to look at."""
    path = tmp_path / "lesson.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(("arguments", "expected"), [
    (["formula", "{}:y"], "y = tanh(w·x + b)"),
    (["formula", "{}:energy", "--args", "2", "[1, 2]"], "energy(m, v) = 0.5·m·Σ(v²)"),
    (["formula", "{}:y", "--form", "spoken"], "y equals the hyperbolic tangent of the quantity w times x plus b"),
    (["formula", "{}:y", "--form", "latex"], r"\\tanh"),
    (["source", "{}:y"], "d_sum1 = d_y * (1 - y * y)"),
    (["source", "{}:y", "--forward-only"], "def forward(w, x, b)"),
    (["source", "{}:y", "--language", "javascript"], "const y = Math.tanh("),
    (["check", "{}:y"], "w.grad, x.grad, b.grad: right"),
    (["check", "{}:energy", "--args", "2", "[1, 2]", "--order", "2"], "m.grad, v.grad"),
    (["explain", "tanh"], "∂L/∂x = g · (1 − out²)"),
    (["explain"], "matmul(x1, x2)"),
    (["graph", "{}:y"], "└─ w·x + b   +"),
    (["graph", "{}:energy", "--args", "2", "[1, 2]", "--show", "values"], "made by"),
    (["graph", "{}:power"], "power(x, slope) = x₂·slope"),
    (["graph", "{}:power", "--args", "5"], "power(x) = −3·x₂"),
    (["graph", "{}:scaled"], "scaled() = 3·w"),
    (["check", "{}:power"], "x.grad, slope.grad: right"),
])
def test_views_print_what_they_show(arguments, expected, program, capsys):
    assert main([each.replace("{}", program) for each in arguments]) == 0
    assert expected.replace("\\\\", "\\") in capsys.readouterr().out


def test_check_says_what_is_wrong_and_exits_with_1(program, capsys):
    assert main(["check", f"{program}:wrong"]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("w.grad ")
    assert "cube" in first


def test_a_source_is_saved_and_runs_on_its_own(program, tmp_path, capsys):
    saved = tmp_path / "backprop.py"
    assert main(["source", f"{program}:y", "--save", str(saved)]) == 0
    assert capsys.readouterr().out == ""
    done = subprocess.run([sys.executable, "-I", str(saved)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("y = 0.7064193203972353\n")


def test_a_graph_is_drawn_into_a_file_of_the_kind_that_its_name_says(program, tmp_path, capsys):
    saved = tmp_path / "y.svg"
    assert main(["graph", f"{program}:y", "-o", str(saved)]) == 0
    assert capsys.readouterr().out.strip() == str(saved)
    assert saved.read_text(encoding="utf-8").startswith("<svg")
    assert main(["graph", f"{program}:y", "-o", str(tmp_path / "y.txt")]) == 2


def test_stepping_in_a_shell_ends_with_its_input(program, tmp_path):
    done = subprocess.run([sys.executable, "-m", "tinygrad_edu", "step", f"{program}:y"], input="n\nq\n", text=True,
                          capture_output=True, check=True, encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1"})
    assert "step 1 of 5" in done.stdout


def test_homework_is_graded_into_a_table(tmp_path, capsys):
    w, x = tg.variables(w=2.0, x=-3.0)
    (w * x).step(quiz=True).quiz.save(tmp_path / "homework.html", answers=False, seed="Ada")
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "ada.json").write_text("not JSON", encoding="utf-8")
    assert main(["grade", str(tmp_path / "homework.json"), str(tmp_path / "answers")]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.startswith("file,seed,right,of")
    assert row.startswith("ada.json,")


@pytest.mark.parametrize(("arguments", "words"), [
    (["formula", "{}:energy"], "energy is a function: say what to call it with, such as --args 2.0"),
    (["graph", "{}:energy", "--args", "2"], "There is no value for v"),
    (["graph", "{}:energy", "--args", "2", "3", "4"], "got 3 examples. Expected at most 2, for energy"),
    (["source", "{}:y", "--args", "1"], "y is a tensor; --args are for functions"),
    (["check", "{}:energy", "--args", "two", "1"], "got 'two'. Expected numbers or lists of numbers"),
    (["formula", "{}:z"], "there is no z in .* It has"),
    (["explain", "tahn"], "Did you mean tan"),
])
def test_mistakes_on_the_command_line_are_one_line(arguments, words, program, capsys):
    assert main([each.replace("{}", program) for each in arguments]) == 2
    assert re.search(words, capsys.readouterr().err)
