"""Stepping in a terminal: a real one, through a pseudo-terminal, and the commands one by one."""

import io
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tinygrad_edu as tg
from tinygrad_edu.explain import step, trace
from tinygrad_edu.explain.looks import Look
from tinygrad_edu.explain.stepper import Stepper
from tinygrad_edu.explain.terminal import Session, run_session

pty = pytest.importorskip("pty")            # POSIX

ROOT = Path(__file__).parents[1]
LESSON = "import tinygrad_edu as tg\n\nw, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)\ny = tg.tanh(w * x + b)\n"
PROGRAM = """\
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)        # so that Ctrl-C reaches it
from tinygrad_edu.explain.terminal import run_session
from tinygrad_edu.targets import load
sys.exit(run_session(load("lesson.py:y"), quiz="quiz" in sys.argv))
"""
SECONDS = 30                # a slow machine is no failure


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, folder, *arguments, **environment):
        (folder / "lesson.py").write_text(LESSON)
        (folder / "program.py").write_text(PROGRAM)
        self.master, slave = pty.openpty()
        names = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "COLUMNS": "100",
                 "PYTHONIOENCODING": "utf-8", "INPUTRC": "/dev/null", **environment}
        names.pop("NO_COLOR", None) if "NO_COLOR" not in environment else None
        self.process = subprocess.Popen([sys.executable, "program.py", *arguments], cwd=folder, stdin=slave,
                                        stdout=slave, stderr=slave, env=names, start_new_session=True)
        os.close(slave)

    def until(self, text, again=""):
        """What is printed up to a text, as it came; after a second of silence, keys are sent again."""
        found, end = b"", time.monotonic() + SECONDS
        while text.encode() not in found:
            assert time.monotonic() < end, found.decode(errors="replace")
            if not select.select([self.master], [], [], 1)[0]:
                self.send(again)
                continue
            try:
                new = os.read(self.master, 65536)
            except OSError:                                     # the program has ended
                new = b""
            assert new, found.decode(errors="replace")
            found += new
        return found.decode(errors="replace").replace("\r\n", "\n")

    def send(self, keys):
        os.write(self.master, keys.encode())

    def ended(self):
        """The exit code, when it has ended."""
        return self.process.wait(SECONDS)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(tmp_path):
    """Start the program in a terminal of its own."""
    opened = []

    def start(*arguments, **environment):
        opened.append(Terminal(tmp_path, *arguments, **environment))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def bare(text):
    """Text without colours and the like."""
    return re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", text)


def test_a_session_steps_on_and_back_and_quits(terminal):
    t = terminal()
    first = t.until("step0> ")
    assert "y = tanh(w·x + b) = 0.7064" in bare(first)
    assert "n next   b back   g 3 go to" in first
    t.send("\n")
    assert "edge      y ──▶ w·x + b" in bare(t.until("step1> "))
    t.send("g 4\n")
    assert "−1.503    = 0       +  0.501      ×  −3" in bare(t.until("step4> "))
    t.send("b\n")
    assert "w·x + b ──▶ b" in bare(t.until("step3> "))
    t.send("q\n")
    assert t.ended() == 0


def test_the_up_arrow_brings_back_an_earlier_command(terminal):
    t = terminal()
    t.until("step0> ")
    t.send("g 2\n")
    t.until("step2> ")
    t.send("g 0\n")
    t.until("step0> ")
    t.send("\x1b[A\x1b[A\n")                                            # up, up: g 2
    t.until("step2> ")
    t.send("\x04")                                                      # Ctrl-D
    assert t.ended() == 0


def test_ctrl_c_says_how_to_quit_and_goes_on(terminal):
    t = terminal()
    t.until("step0> ")
    t.send("\x03")                                                      # Python loses it just before it waits
    t.until("q quits.", again="\x03")
    t.send("n\n")
    t.until("step1> ")
    t.send("q\n")
    assert t.ended() == 0


def test_colours_follow_the_terminal_and_no_color(terminal):
    assert "\x1b[1;38;5;130m" in run_to_the_rule(terminal())
    assert "\x1b[1m" in run_to_the_rule(terminal(TERM="xterm"))
    assert "\x1b[1m" not in run_to_the_rule(terminal(NO_COLOR="1"))


def run_to_the_rule(t):
    t.until("step0> ")
    t.send("g 4\n")
    return t.until("step4> ")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}], ids=str)
def test_plain_terminals_get_ascii(terminal, environment):
    text = run_to_the_rule(terminal(**environment))
    assert "edge      w*x --> w" in text
    assert "-1.503    =  0       +  0.501      *  -3" in text
    assert text.isascii()


def test_a_quiz_asks_hints_and_sums_up(terminal):
    t = terminal("quiz")
    t.until("step0> ")
    t.send("n\n")
    t.until("step1> ")
    t.send("hint\n")
    assert "The slope of tanh is one minus its square" in bare(t.until("step1> "))
    t.send("skip\n")
    assert "It is " in bare(t.until("step1> "))
    t.send("q\n")
    assert "0 of 1 right" in bare(t.until("Look again at step 1"))
    assert t.ended() == 0


# -- the commands, without a terminal ---------------------------------------------------------------------------------


@pytest.fixture
def session():
    """A session on y = tanh(w·x + b), at step 4."""
    w, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)
    y = tg.tanh(w * x + b)
    s = Session(step(y), Look())
    s.do("4")
    return s


@pytest.mark.parametrize(("command", "said"), [
    ("", "w·x ──▶ x"), ("n", "w·x ──▶ x"), ("next", "w·x ──▶ x"), ("b", "w·x + b ──▶ b"), ("g 1", "y ──▶ w·x + b"),
    ("2", "w·x + b ──▶ w·x"), ("u x", "w·x ──▶ x"), ("w", "y → w·x + b → w·x → w"), ("t", "Backward through y"),
    ("?", "the next step"), ("p", "w·x ──▶ w"), ("f", r"\frac{\partial y}{\partial w}"),
    ("h", "step 4  w·x → w  −1.503"), ("nonsense", "'nonsense' is no command. ? lists them."),
    ("g", "Expected the number of a step"), ("g 9", "from 0 (the start) to 5"), ("u", "such as u w"),
    ("u q", "no nodes are called 'q'"), ("i", "only single numbers"), ("i x", "such as i 2,0"), ("o", "outermost"),
])
def test_each_command_does_or_says_what_it_should(session, command, said):
    assert said in session.do(command)


def test_the_ends_say_so(session):
    session.do("n")
    assert "That was the last step: every gradient is complete." in session.do("n")
    session.do("g 0")
    assert "This is the start." in session.do("b")


def test_elements_are_chosen_in_the_terminal():
    w, x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], name="w"), tg.Tensor([5.0, 6.0], name="x")
    s = Session(step(tg.sum(w @ x)), Look())
    s.do("u x")
    assert "w[0,1]·g[0]   2 × 1   2" in s.do("i 1")
    assert s.prompt == "element2> "
    assert "That was the last element" in s.do("n")
    assert "∂L/∂x[0]" in s.do("b")
    assert "edge      w @ x ──▶ x" in s.do("o")


def test_saving_says_where(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert session.do("s steps.json") == " Saved steps.json."
    assert (tmp_path / "steps.json").exists()
    assert "there is no folder nowhere" in session.do("s nowhere/steps.txt")
    assert "Expected a name that ends in" in session.do("s steps.doc")


def test_without_a_terminal_commands_come_from_the_stream():
    out = io.StringIO()
    w = tg.Tensor(2.0, name="w")
    assert run_session(lambda w: w * w, w, source=io.StringIO("n\n\nq\n"), output=out) == 0
    assert out.getvalue().count("\n edge ") == 2


def test_a_quiz_in_the_terminal_takes_answers_and_shows_the_step():
    s = Session(Stepper(trace(tg.Tensor(3.0, name="x") * 2.0), quiz=True), Look())
    s.do("n")
    question = s.stepper.question
    assert "?  " in s.do("")                                            # asks again
    assert "Expected" in s.do("zzz")
    assert "There is no table" in s.do("t")
    wrong = "100" if question.kind == "number" else "abcd"[(question.choices.index(question.answer) + 1) % 2]
    assert "Not yet" in s.do(wrong)
    right = "2" if question.kind == "number" else "abcd"[question.choices.index(question.answer)]
    said = s.do(right)
    assert "✓ Right." in said
    assert " numbers   2 " in said
    assert s.end().split("\n")[0] == " 1 of 1 right, 0 at the first try without a hint."


def test_sentences_end_where_the_screen_does(session):
    for command in ("u nowhere_at_all", "f", "w", "g 99", "s steps.xyz", "x" * 70):
        for line in session.do(command).split("\n"):
            assert len(line) <= 80 or " " not in line.strip() or line.startswith(" \\frac")


def test_a_narrow_window_is_told_what_it_lacks(terminal):
    import fcntl
    import struct
    import termios
    session = terminal()
    fcntl.ioctl(session.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
    assert "This window has 50 columns. Steps are laid out for 80: widen it." in session.until("step0> ")
