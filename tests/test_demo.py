"""The demo: the network learns, says so in 80 columns, and Ctrl-C keeps what was learnt."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tinygrad_edu import demo
from tinygrad_edu.data import mnist
from tinygrad_edu.errors import ArgumentError, DataError

ROOT = Path(__file__).parents[1]
MNIST = os.environ.get(mnist.VARIABLE)


@pytest.fixture(scope="module")
def full_run():
    return demo.run(quiet=True)


def small_examples(count, rng):
    """Stand-ins for digits, so quick that a test may learn from them: noise in which one row is lit for each label."""
    labels = np.arange(count) % 10
    images = rng.uniform(0, 0.1, (count, 28, 28))
    images[np.arange(count), labels] = 1
    return images, labels


@pytest.fixture
def small_digits(monkeypatch):
    """The demo learns from 100 stand-ins: 80 to learn from, 20 held out."""
    monkeypatch.setattr(demo, "load_digits", lambda: small_examples(100, np.random.default_rng(1)))


class TerminalLike(io.StringIO):
    def isatty(self):
        return True


# -- learning ---------------------------------------------------------------------------------------------------------


def test_default_run_reads_at_least_94_of_100_digits_it_has_not_seen(full_run):
    assert full_run.accuracies[-1] >= 0.94
    assert len(full_run.accuracies) == len(full_run.losses) == 30
    assert full_run.losses[-1] < 0.05 < 0.5 < full_run.losses[0]


def test_network_has_12960_weights_and_42_biases(full_run):
    shapes = [(w.shape, b.shape) for w, b in full_run.parameters]
    assert shapes == [((784, 16), (16,)), ((16, 16), (16,)), ((16, 10), (10,))]
    assert sum(w.size for w, _ in full_run.parameters) == 12_960
    assert sum(b.size for _, b in full_run.parameters) == 42


def test_run_does_the_same_for_the_same_seed_and_other_things_for_another(small_digits):
    first, again, other = (demo.run(epochs=2, seed=seed, quiet=True) for seed in (3, 3, 4))
    assert (first.losses, first.accuracies) == (again.losses, again.accuracies)
    for p, q in zip(demo.parameters(first.parameters), demo.parameters(again.parameters), strict=True):
        assert_array_equal(p.data, q.data)
    assert first.losses != other.losses


def test_step_is_gradient_descent_as_worked_out_by_hand():
    rng = np.random.default_rng(0)
    layers, x, y = demo.network(rng), rng.uniform(size=(4, 784)), np.eye(10)[[3, 1, 4, 1]]
    ws, bs = ([p.numpy() for p in kind] for kind in zip(*layers, strict=True))
    a = [x]
    for w, b in zip(ws, bs, strict=True):
        a.append(1 / (1 + np.exp(-(a[-1] @ w + b))))
    g = 2 * (a[-1] - y) / 4                                 # d loss/d output, averaged over 4 examples
    loss = demo.step(layers, x, y, learning_rate=0.5)
    assert_allclose(loss, ((a[-1] - y) ** 2).sum() / 4)
    for i in (2, 1, 0):
        g = g * a[i + 1] * (1 - a[i + 1])                   # through the sigmoid
        assert_allclose(layers[i][0].data, ws[i] - 0.5 * a[i].T @ g, atol=1e-15)
        assert_allclose(layers[i][1].data, bs[i] - 0.5 * g.sum(axis=0), atol=1e-15)
        g = g @ ws[i].T


def test_rate_falls_evenly(small_digits, monkeypatch):
    rates = []
    monkeypatch.setattr(demo, "step", lambda layers, x, y, learning_rate: rates.append(learning_rate) or 0.0)
    demo.run(epochs=4, batch_size=80, learning_rate=2.0, quiet=True)
    assert rates == [2.0, 1.5, 1.0, 0.5]


def test_batches_visit_every_example_once_and_are_read_only():
    x, y = np.arange(10.0).reshape(10, 1), np.arange(10) * 2
    got = list(demo.batches(x, y, 4, np.random.default_rng(0)))
    assert [len(bx) for bx, _ in got] == [4, 4, 2]
    assert sorted(np.concatenate([bx for bx, _ in got]).ravel()) == list(range(10))
    assert all(np.all(bx[:, 0] * 2 == by) for bx, by in got)
    assert not any(bx.flags.writeable or by.flags.writeable for bx, by in got)


def test_a_fifth_is_held_out_and_never_learnt_from():
    images, labels = small_examples(100, np.random.default_rng(1))
    (x, train), (x_test, test) = demo.divided(images, labels, np.random.default_rng(0))
    assert (len(train), len(test)) == (80, 20)
    together = np.concatenate([x, x_test])
    assert len(np.unique(together, axis=0)) == 100


def test_many_examples_are_visited_in_fewer_epochs():
    plan = demo.Plan(None, 10, 2.0, 0)
    assert [plan.epochs_for(count) for count in (1_438, 8_000, 60_000, 10**6)] == [30, 30, 10, 1]
    assert demo.Plan(50, 10, 2.0, 0).epochs_for(60_000) == 50


# -- data -------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not MNIST, reason=f"{mnist.VARIABLE} is not set")
def test_mnist_is_learnt_to_at_least_91_in_100(capsys):
    assert demo.run(MNIST, epochs=15).accuracies[-1] >= 0.91
    assert "8,000 digits to learn from, 2,000 held out" in capsys.readouterr().out


def test_both_parts_of_mnist_are_used_as_they_were_divided(monkeypatch, capsys):
    monkeypatch.setattr(mnist, "parts_in", lambda folder: ["train", "test"])
    counts, rng = {"train": 30, "test": 20}, np.random.default_rng(0)
    monkeypatch.setattr(demo, "load_mnist", lambda folder, part: small_examples(counts[part], rng))
    demo.run("folder", epochs=1)
    assert "MNIST in folder\n          30 digits to learn from, 20 held out" in capsys.readouterr().out


def test_mnist_by_name_is_downloaded_only_where_no_folder_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "download_mnist", lambda: tmp_path / "downloaded")
    monkeypatch.setattr(demo, "load_mnist", lambda folder: small_examples(100, np.random.default_rng(0)))
    monkeypatch.setenv(mnist.VARIABLE, str(tmp_path))
    demo.run("mnist", epochs=1)
    assert f"MNIST in {tmp_path}\n" in capsys.readouterr().out
    monkeypatch.delenv(mnist.VARIABLE)
    demo.run("mnist", epochs=1)
    assert re.search(r"Download  11 MB.*MNIST in .*downloaded\n", capsys.readouterr().out, re.DOTALL)


def test_too_few_examples_are_refused(monkeypatch):
    monkeypatch.setattr(demo, "load_digits", lambda: small_examples(2, np.random.default_rng(0)))
    with pytest.raises(DataError, match="found 2 examples, too few to hold out a fifth"):
        demo.run(quiet=True)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"epochs": 0}, "epochs: got 0, expected at least 1"),
    ({"batch_size": 0}, "batch_size: got 0, expected at least 1"),
    ({"learning_rate": -1.0}, r"learning_rate: got -1\.0, expected a positive number"),
    ({"learning_rate": float("nan")}, "learning_rate: got nan, expected a positive number"),
    ({"seed": -1}, "seed: got -1, expected 0 or more"),
], ids=lambda value: None if isinstance(value, str) else "-".join(value))
def test_arguments_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        demo.run(**arguments)


# -- what is printed --------------------------------------------------------------------------------------------------


def test_lines_are_aligned_and_fit_80_columns(capsys):
    result = demo.run(epochs=2)
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "13,002 parameters = 12,960 weights + 42 biases" in out
    header = lines.index("epoch     loss   held out")
    table = zip(lines[header + 1:], (1, 2), result.losses, result.accuracies, strict=False)
    for line, number, loss, accuracy in table:
        assert line == f"{number:5}   {loss:.4f}   {accuracy:8.1%}"
        assert len(line) == len(lines[header])
    reached = f"{result.accuracies[-1]:.1%}"
    assert re.fullmatch(rf"Reached {reached} on the 359 held-out digits in \d+\.\d s\.", lines[-1])
    assert err == ""
    assert "\r" not in out


def test_quiet_run_prints_nothing(small_digits, capsys):
    demo.run(epochs=1, quiet=True)
    assert capsys.readouterr() == ("", "")


def test_terminal_shows_a_bar_and_takes_it_away(small_digits, monkeypatch):
    pytest.importorskip("tqdm")
    screen = TerminalLike()
    monkeypatch.setattr(sys, "stderr", screen)
    demo.run(epochs=2)
    *_, before_last, last = screen.getvalue().split("\r")
    assert "16/16" in screen.getvalue()                     # 2 epochs of 80 / 10 mini-batches
    assert (before_last.strip(), last) == ("", "")


def test_lines_do_without_tqdm(small_digits, monkeypatch, capsys):
    screen = TerminalLike()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    demo.run(epochs=1)
    assert screen.getvalue() == ""
    assert "Reached" in capsys.readouterr().out


def test_blas_works_in_one_thread_where_it_can_be_told(monkeypatch):
    threads = pytest.importorskip("threadpoolctl")
    with demo.one_thread():
        pools = threads.threadpool_info()
        assert all(each["num_threads"] == 1 for each in pools if each["user_api"] == "blas")
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with demo.one_thread():
        pass


# -- Ctrl-C -----------------------------------------------------------------------------------------------------------


def test_ctrl_c_stops_after_the_mini_batch_and_keeps_what_was_learnt(small_digits, monkeypatch, capsys):
    steps, step, handler = [], demo.step, signal.getsignal(signal.SIGINT)

    def pressing_ctrl_c(*arguments):
        steps.append(1)
        if len(steps) == 11:                                # the third of eight in the second epoch
            signal.raise_signal(signal.SIGINT)
        return step(*arguments)

    monkeypatch.setattr(demo, "step", pressing_ctrl_c)
    result = demo.run(epochs=5)
    assert result.stopped
    assert len(steps) == 11
    assert len(result.losses) == len(result.accuracies) == 2
    assert any(b.data.any() for _, b in result.parameters)  # biases begin at 0
    out = capsys.readouterr().out
    assert "Stopped by Ctrl-C in epoch 2, after 3 of its 8 mini-batches.\nWhat was learnt is kept.\n" in out
    assert f"Reached {result.accuracies[-1]:.1%}" in out
    assert signal.getsignal(signal.SIGINT) is handler


def test_second_ctrl_c_interrupts(small_digits, monkeypatch):
    handler = signal.getsignal(signal.SIGINT)

    def pressing_twice(*arguments):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(demo, "step", pressing_twice)
    with pytest.raises(KeyboardInterrupt):
        demo.run(quiet=True)
    assert signal.getsignal(signal.SIGINT) is handler


def test_run_works_outside_the_main_thread(small_digits):
    results = []
    thread = threading.Thread(target=lambda: results.append(demo.run(epochs=1, quiet=True)))
    thread.start()
    thread.join()
    assert len(results[0].losses) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process alone")
def test_real_signal_ends_the_command_cleanly():
    command = [sys.executable, "-m", "tinygrad_edu", "demo", "--epochs", "10000"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        assert any(line.startswith("    2 ") for line in process.stdout)       # it learns
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert re.search(r"Stopped by Ctrl-C in epoch \d.*Reached \d", out, re.DOTALL)
