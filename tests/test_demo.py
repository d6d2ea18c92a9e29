"""The demo: the network learns, says so in 80 columns, Ctrl-C keeps what was learnt, and a page shows it."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tinygrad_edu import data, demo, demo_page, nn, training
from tinygrad_edu.__main__ import main
from tinygrad_edu.data import mnist
from tinygrad_edu.errors import ArgumentError, DataError, MissingExtraError

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
    monkeypatch.setattr(data, "load_digits", lambda: small_examples(100, np.random.default_rng(1)))


class TerminalLike(io.StringIO):
    def isatty(self):
        return True


# -- learning ---------------------------------------------------------------------------------------------------------


def test_default_run_reads_at_least_94_of_100_digits_it_has_not_seen(full_run):
    history = full_run.history
    assert history["val_accuracy"][-1] >= 0.94
    assert len(history) == 30
    assert history["loss"][-1] < 0.05 < 0.5 < history["loss"][0]
    assert full_run.model.evaluate(full_run.held_out[0], data.one_hot(full_run.held_out[1], 10), loss="sum_of_squares",
                                   metrics=["accuracy"])["accuracy"] == history["val_accuracy"][-1]


def test_network_has_12960_weights_and_42_biases(full_run):
    summary = full_run.model.summary()
    assert [p.shape for p in full_run.model.parameters()] == [(784, 16), (16,), (16, 16), (16,), (16, 10), (10,)]
    assert (summary.weights, summary.biases) == (12_960, 42)
    assert demo.sizes(full_run.model) == "784-16-16-10"


def test_first_sums_have_a_spread_of_about_1():
    """Where sigmoids are steep. Of n inputs of size 1 the sum has the variance of n weights."""
    for layer in demo.network(np.random.default_rng(0)):
        weight = layer.weight.numpy()
        assert 0.85 < weight.std() * np.sqrt(len(weight)) < 1.15


def test_run_does_the_same_for_the_same_seed_and_other_things_for_another(small_digits):
    first, again, other = (demo.run(epochs=2, seed=seed, quiet=True) for seed in (3, 3, 4))
    assert first.history.values == again.history.values
    for p, q in zip(first.model.parameters(), again.model.parameters(), strict=True):
        assert_array_equal(p.data, q.data)
    assert first.history["loss"] != other.history["loss"]


def test_step_is_gradient_descent_as_worked_out_by_hand():
    rng = np.random.default_rng(0)
    model, x, labels = demo.network(rng), rng.uniform(size=(4, 784)), np.array([3, 1, 4, 1])
    ws, bs = ([p.numpy() for p in kind] for kind in (model.parameters()[::2], model.parameters()[1::2]))
    a = [x]
    for w, b in zip(ws, bs, strict=True):
        a.append(1 / (1 + np.exp(-(a[-1] @ w + b))))
    g = 2 * (a[-1] - np.eye(10)[labels]) / 4                # d loss/d output, averaged over 4 examples
    plan = demo.Plan(epochs=1, batch_size=4, learning_rate=0.5, seed=0)
    history = demo.learn(model, (x, labels), (x, labels), plan, rng, verbose=0)
    assert_allclose(history["loss"], [((a[-1] - np.eye(10)[labels]) ** 2).sum() / 4])
    for i in (2, 1, 0):
        g = g * a[i + 1] * (1 - a[i + 1])                   # through the sigmoid
        assert_allclose(model[i].weight.data, ws[i] - 0.5 * a[i].T @ g, atol=1e-15)
        assert_allclose(model[i].bias.data, bs[i] - 0.5 * g.sum(axis=0), atol=1e-15)
        g = g @ ws[i].T


@pytest.fixture
def at_each_batch(monkeypatch):
    """Functions of a training's Run, which are called after each mini-batch, since a callback of the demo does so."""
    watchers = []
    monkeypatch.setattr(training.LearningRate, "on_batch_end", lambda self, run: [each(run) for each in watchers])
    return watchers


def test_rate_falls_evenly(small_digits, at_each_batch):
    rates = []
    at_each_batch.append(lambda run: rates.append(run.optimizer.lr))
    demo.run(epochs=4, batch_size=80, learning_rate=2.0, quiet=True)
    assert rates == [2.0, 1.5, 1.0, 0.5]


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
def test_a_part_of_mnist_is_divided(capsys):
    assert demo.run(MNIST, epochs=1).history["val_accuracy"][-1] >= 0.6
    assert "8,000 digits to learn from, 2,000 held out" in capsys.readouterr().out


def test_both_parts_of_mnist_are_used_as_they_were_divided(monkeypatch, capsys):
    monkeypatch.setattr(mnist, "parts_in", lambda folder: ["train", "test"])
    counts, rng = {"train": 30, "test": 20}, np.random.default_rng(0)
    monkeypatch.setattr(data, "load_mnist", lambda folder, part: small_examples(counts[part], rng))
    demo.run("folder", epochs=1)
    assert "MNIST in folder\n          30 digits to learn from, 20 held out" in capsys.readouterr().out


def test_mnist_by_name_is_downloaded_only_where_no_folder_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(data, "download_mnist", lambda: tmp_path / "downloaded")
    monkeypatch.setattr(data, "load_mnist", lambda folder: small_examples(100, np.random.default_rng(0)))
    monkeypatch.setenv(mnist.VARIABLE, str(tmp_path))
    demo.run("mnist", epochs=1)
    assert f"MNIST in {tmp_path}\n" in capsys.readouterr().out
    monkeypatch.delenv(mnist.VARIABLE)
    demo.run("mnist", epochs=1)
    assert re.search(r"Download  11 MB.*MNIST in .*downloaded\n", capsys.readouterr().out, re.DOTALL)


def test_too_few_examples_are_refused(monkeypatch):
    monkeypatch.setattr(data, "load_digits", lambda: small_examples(2, np.random.default_rng(0)))
    with pytest.raises(ArgumentError, match="would hold out 0 of 2 examples. Expected at least one in each part"):
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
    history = demo.run(epochs=2).history
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "784-16-16-10, sigmoids: 13,002 parameters = 12,960 weights + 42 biases" in out
    header = lines.index("epoch      loss  accuracy  val_loss  val_accuracy")
    for i, line in enumerate(lines[header + 1:header + 3]):
        assert line.split() == [f"{i + 1}", *(f"{column[i]:.4f}" for column in history.values.values())]
        assert len(line) == len(lines[header])
    reached = f"{history['val_accuracy'][-1]:.1%}"
    assert "Learning  2 epochs, mini-batches of 10, rate 2 falling to 0, seed 0\n" in out
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
    assert re.search(r"\d+/16 ", screen.getvalue())         # 2 epochs of 80 / 10 mini-batches
    assert last_line(screen.getvalue()).strip() == ""


def last_line(text):
    """What a terminal shows in the line where it stands: letters after a return write over those before."""
    line, column = {}, 0
    for letter in text:
        if letter in "\r\n":
            line, column = ({} if letter == "\n" else line), 0
        else:
            line[column] = letter
            column += 1
    return "".join(line[k] for k in sorted(line))


def test_lines_do_without_tqdm(small_digits, monkeypatch, capsys):
    screen = TerminalLike()
    monkeypatch.setattr(sys, "stderr", screen)
    for name in ("tqdm", "tqdm.auto"):
        monkeypatch.setitem(sys.modules, name, None)
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


def test_ctrl_c_stops_after_the_mini_batch_and_keeps_what_was_learnt(small_digits, at_each_batch, capsys):
    steps, handler = [], signal.getsignal(signal.SIGINT)

    def pressing_ctrl_c(run):
        steps.append(1)
        if len(steps) == 11:                                # the third of eight in the second epoch
            signal.raise_signal(signal.SIGINT)

    at_each_batch.append(pressing_ctrl_c)
    result = demo.run(epochs=5)
    assert len(steps) == 11
    assert len(result.history) == 2
    assert all(layer.bias.data.any() for layer in result.model)         # biases begin at 0
    out = capsys.readouterr().out
    assert "stopped: Ctrl-C in epoch 2, after 3 of its 8 batches; what was learnt is kept\n" in out
    assert f"Reached {result.history['val_accuracy'][-1]:.1%}" in out
    assert signal.getsignal(signal.SIGINT) is handler


def test_second_ctrl_c_interrupts(small_digits, at_each_batch):
    handler = signal.getsignal(signal.SIGINT)
    at_each_batch.append(lambda run: [signal.raise_signal(signal.SIGINT) for _ in range(2)])
    with pytest.raises(KeyboardInterrupt):
        demo.run(quiet=True)
    assert signal.getsignal(signal.SIGINT) is handler


def test_run_works_outside_the_main_thread(small_digits):
    results = []
    thread = threading.Thread(target=lambda: results.append(demo.run(epochs=1, quiet=True)))
    thread.start()
    thread.join()
    assert len(results[0].history) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process alone")
def test_real_signal_ends_the_command_cleanly():
    command = [sys.executable, "-m", "tinygrad_edu", "demo", "--epochs", "10000", "--no-page"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        assert any(line.startswith("    2 ") for line in process.stdout)       # it learns
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert re.search(r"stopped: Ctrl-C (in|after) epoch \d.*Reached \d", out, re.DOTALL)


# -- the page ---------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page is made of: its elements with their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(full_run):
    pytest.importorskip("matplotlib")
    return Page(demo_page.page(full_run.model, full_run.history, full_run.held_out))


def test_page_shows_curves_confusions_weights_and_wrong_digits_and_says_what_they_show(page, full_run):
    x, labels = full_run.held_out
    said = full_run.model.predict(x).argmax(axis=1)
    wrong, history = np.sum(said != labels), full_run.history
    loss, accuracy, *digits, confusion, weights = [image["alt"] for image in page.all("img")]
    assert loss == (f"loss from {history['loss'][0]:.4g} to {history['loss'][-1]:.4g} in 30 epochs; of digits held "
                    f"out, from {history['val_loss'][0]:.4g} to {history['val_loss'][-1]:.4g}")
    assert accuracy.startswith("accuracy from")
    assert f"{359 - wrong} of 359 right" in confusion
    assert weights.startswith("Weights of 16 units as images of 28 × 28")
    assert len(digits) == wrong < demo_page.MOST_DIGITS
    pairs = sorted(zip(said[said != labels].tolist(), labels[said != labels].tolist(), strict=True))
    shown = re.findall(r"read as (\d),is (\d)", page.text)
    assert sorted((int(a), int(b)) for a, b in shown) == pairs
    assert digits == [f"a handwritten {label}" for _, label in shown]
    assert f"{1 - wrong / 359:.1%} of digits it had not seen" in page.text
    assert f"{history['val_loss'][16]:.4f}" in page.text


def test_page_needs_nothing_from_elsewhere(page):
    addresses = [attributes[name] for _, attributes in page.elements for name in ("src", "srcset", "href")
                 if name in attributes]
    assert len(addresses) > 10
    assert all(address.startswith("data:image/") for address in addresses)
    assert not page.all("script")
    assert not page.all("link")


def test_page_is_light_or_dark_as_the_reader_likes(page):
    sources = page.all("source")
    assert len(sources) == 4
    assert {each["media"] for each in sources} == {"(prefers-color-scheme: dark)"}
    light = [image["src"] for image in page.all("img") if image["src"].startswith("data:image/svg")]
    for paper, files in (("#faf9f6", light), ("#14161a", [each["srcset"] for each in sources])):
        assert all(paper in b64decode(file.partition(",")[2]).decode() for file in files)


def test_page_of_a_network_that_reads_all_digits_says_so(full_run):
    pytest.importorskip("matplotlib")
    right = nn.Sequential([nn.Dense(10, 784, kernel_initializer="zeros")])
    right[0].weight.data = np.eye(784, 10)                  # reads which of the first ten pixels is lit
    found = Page(demo_page.page(right, full_run.history, (np.eye(10, 784), np.arange(10))))
    assert "A network has learnt to read 100.0% of digits" in found.text
    assert "What it got wrongNothing." in found.text
    assert "10 of 10 right" in found.all("img")[2]["alt"]


def test_command_writes_the_page_and_says_where_in_its_last_line(small_digits, monkeypatch, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):                                      # its own page may be written anew
        assert main(["demo", "--epochs", "1"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"Pictures of what it learnt: {(tmp_path / 'demo.html').as_uri()}"
    assert [file.name for file in tmp_path.iterdir()] == ["demo.html"]
    assert "20 digits" in Page((tmp_path / "demo.html").read_text(encoding="utf-8")).text


def test_no_page_is_written_without_being_asked_for(small_digits, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    demo.run(epochs=1)
    assert main(["demo", "--epochs", "1", "--no-page"]) == 0
    assert "Pictures" not in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_there_is_no_page_and_a_line_says_so(small_digits, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["demo", "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert out.endswith('No page: its pictures need matplotlib. Install it with:\n'
                        'pip install "tinygrad_edu[notebook]"\n')
    assert max(map(len, out.splitlines())) <= 80
    assert not list(tmp_path.iterdir())


def test_what_was_learnt_is_not_lost_when_the_page_cannot_be_written(small_digits, monkeypatch, tmp_path, capsys):
    def full(*paths):
        raise OSError(28, "No space left on device")

    pytest.importorskip("matplotlib")
    monkeypatch.setattr(os, "replace", full)
    assert len(demo.run(epochs=1, page=tmp_path / "page.html").history) == 1
    out = capsys.readouterr().out
    assert re.search(r"No page: .*page.html cannot be written \(No space left on device\)\.\n$", out)


def test_quiet_run_that_cannot_draw_raises_since_it_says_nothing(small_digits, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match="need matplotlib"):
        demo.run(epochs=1, page=tmp_path / "page.html", quiet=True)


@pytest.mark.parametrize(("name", "message"), [
    ("nowhere/page.html", "there is no folder .*nowhere. Name another place with --page FILE, or write --no-page"),
    ("mine.html", "mine.html is there already, and this command did not write it"),
    ("folder", "folder is there already, and this command did not write it"),
])
def test_place_where_the_page_cannot_be_is_refused_before_anything_is_learnt(name, message, tmp_path, capsys):
    (tmp_path / "mine.html").write_text("<p>years of work</p>", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match=message):
        demo.run(page=tmp_path / name)
    assert capsys.readouterr().out == ""
    assert (tmp_path / "mine.html").read_text(encoding="utf-8") == "<p>years of work</p>"


def test_page_after_ctrl_c_says_that_it_was_stopped(small_digits, at_each_batch, tmp_path):
    pytest.importorskip("matplotlib")
    at_each_batch.append(lambda run: signal.raise_signal(signal.SIGINT))
    demo.run(epochs=5, page=tmp_path / "page.html", quiet=True)
    text = Page((tmp_path / "page.html").read_text(encoding="utf-8")).text
    assert "It was stopped: Ctrl-C in epoch 1, after 1 of its 8 batches" in text
