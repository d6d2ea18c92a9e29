"""Training: what fit reaches, how it ends, what it leaves behind, and that it goes on bit for bit."""

import csv
import os
import re
import signal
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import examples
from tinygrad_edu import data, nn, optim, training
from tinygrad_edu.training import metrics, notebooks, progress

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = X @ RNG.normal(size=(4, 2)) + 0.1
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def model(seed=0, **options):
    rng = np.random.default_rng(seed)
    return nn.Sequential([nn.Dense(8, 4, "tanh", seed=rng), nn.Dense(2, seed=rng)], **options)


def classifier(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential([nn.Dense(8, 4, "tanh", seed=rng), nn.Dense(3, "softmax", seed=rng)])


def values(m):
    return np.concatenate([p.numpy().ravel() for p in m.parameters()])


# -- the loop ---------------------------------------------------------------------------------------------------------


def test_fit_is_the_loop_that_is_taught_first():
    by_fit, by_hand = model(), model()
    by_fit.fit(X, Y, loss="mse", epochs=3, batch_size=7, optimizer=optim.SGD(lr=0.1, momentum=0.9), seed=5, verbose=0)

    opt = optim.SGD(by_hand.parameters(), lr=0.1, momentum=0.9)
    loader = data.DataLoader(X, Y, batch_size=7, seed=5)
    for _ in range(3):
        for x, y in loader:
            opt.zero_grad()
            loss = nn.losses.mean_squared_error(by_hand(x), y)
            loss.backward()
            opt.step()
    assert_array_equal(values(by_fit), values(by_hand))


def test_history_has_the_mean_loss_over_all_examples():
    m = model()
    history = m.fit(X, Y, loss="mse", epochs=1, batch_size=7, optimizer=optim.SGD(lr=0.0), verbose=0)
    assert_allclose(history["loss"], [np.mean((m.predict(X) - Y) ** 2)])        # also with a smaller last batch


def test_validation_data_are_looked_at_and_not_learnt_from():
    given_apart, split = model(), model()
    options = {"loss": "mse", "epochs": 2, "optimizer": "sgd", "metrics": ["r2"], "seed": 0, "verbose": 0}
    a = given_apart.fit(X[:45], Y[:45], validation_data=(X[45:], Y[45:]), **options)
    b = split.fit(X, Y, validation_split=0.25, **options)
    assert list(a.values) == ["loss", "r2", "val_loss", "val_r2"]
    assert a.values == b.values
    assert_array_equal(values(given_apart), values(split))
    assert a["val_loss"][-1] == given_apart.evaluate(X[45:], Y[45:], loss="mse")["loss"]


def test_a_loader_brings_its_own_batches():
    m = model()
    m.fit(data.DataLoader(X, Y, batch_size=60, shuffle=False), loss="mse", epochs=1, optimizer="sgd", verbose=0)
    with pytest.raises(tg.errors.ArgumentError, match="a DataLoader brings its targets"):
        m.fit(data.DataLoader(X, Y), Y, loss="mse")


def test_fit_builds_a_model_that_has_seen_no_input_and_casts_data_to_its_dtype():
    nn.set_default_dtype("float32")
    try:
        m = nn.Sequential([nn.Dense(8, activation="tanh"), nn.Dense(2)])
    finally:
        nn.set_default_dtype("float64")
    m.fit(X, Y, loss="mse", epochs=2, verbose=0)
    assert {p.dtype for p in m.parameters()} == {np.dtype(np.float32)}
    assert m.predict(X.astype(int)).dtype == np.float32


@pytest.mark.parametrize(("call", "words"), [
    (lambda m: m.fit(X, Y[:5], loss="mse"), r"got 60 examples and y of shape \(5, 2\)"),
    (lambda m: m.fit(X, loss="mse"), "got 60 examples and no y"),
    (lambda m: m.fit(X, Y, loss="mean_square"), "Did you mean 'mean_squared_error'"),
    (lambda m: m.fit(X, Y, loss="mse", optimizer="Adam"), "optimizer: got 'Adam'. Did you mean 'adam'"),
    (lambda m: m.fit(X, Y, loss="mse", metrics=["acuracy"]), "metric: got 'acuracy'. Did you mean 'accuracy'"),
    (lambda m: m.fit(X, Y, loss="mse", epochs=-1), "epochs"),
    (lambda m: m.fit(X, Y, loss="mse", batch_size=0), "batch_size: got 0"),
    (lambda m: m.fit(X, Y, loss="mse", validation_split=1.0), "validation_split"),
    (lambda m: m.fit(X, Y[:, :1], loss="mse"), r"predictions of shape \(32, 2\) and targets of shape \(32, 1\)"),
    (lambda m: m.predict(X, class_names=["a"]), "got 1 names. Expected 2"),
    (lambda m: m.fit(X[:, :3], Y, loss="mse"), r"got x of shape \(32, 3\). Expected a last axis of 4"),
    (lambda m: m.fit(X[:5, :3], Y[:5], loss="mse"), r"got x of shape \(5, 3\)"),
    (lambda m: m.fit(X.astype(str), Y, loss="mse"), "x has dtype <U"),
    (lambda m: m.fit(X + 1j, Y, loss="mse"), "x is complex"),
    (lambda m: m.fit(3.0, Y, loss="mse"), "x: got 3.0. Expected an array with the examples"),
    (lambda m: m.fit([[1.0], [1.0, 2.0]], Y[:2], loss="mse"), "x: got a nested list whose rows differ in length"),
    (lambda m: m.fit(X, [[1.0], [1.0, 2.0]] * 30, loss="mse"), "y: got a nested list whose rows differ in length"),
    (lambda m: m.fit(X[:0], Y[:0], loss="mse"), "at least one"),
    (lambda m: m.fit(X, Y, loss="mse", epochs=None), r"fit\(epochs\): got None"),
    (lambda m: m.fit(X, Y, loss="mse", epochs=float("inf")), r"fit\(epochs\): got inf"),
    (lambda m: m.fit(X, Y, loss="mse", batch_size="all"), "batch_size: got 'all'"),
    (lambda m: m.fit(X, Y, loss="mse", verbose="loud"), "verbose: got 'loud'"),
    (lambda m: m.fit(X, Y, loss="mse", validation_split="0.2"), "got '0.2'. Expected a number from 0 to below 1"),
    (lambda m: m.fit(X, Y, loss="mse", validation_split=0.999), "would leave none of 60 examples"),
    (lambda m: m.fit(X, Y, loss="mse", validation_split=0.5, validation_data=(X, Y)), "Expected one of them"),
    (lambda m: m.fit(X, Y, loss="mse", validation_data=X), r"got ndarray. Expected a pair: \(x, y\)"),
    (lambda m: m.fit(X, Y, loss="mse", validation_data=(X[:0], Y[:0])), r"got x of shape \(0, 4\)"),
    (lambda m: m.fit(data.DataLoader(X, Y, Y), loss="mse"), "a DataLoader of 3 arrays"),
    (lambda m: m.fit(X, Y, loss="mse", metrics=[lambda p, y: 1, lambda p, y: 2]), "got <lambda> more than once"),
    (lambda m: m.fit(X, Y, loss="mse", optimizer=optim.SGD(model().parameters(), lr=0.1)), "of something else"),
    (lambda m: m.fit(X, Y, loss="mse", optimizer=lambda: 3), "which gave 3. Expected an Optimizer"),
    (lambda m: m.fit(X, Y, loss=lambda p, y: p - y), r"the loss function gave shape \(32, 2\)"),
    (lambda m: m.fit(X, Y, loss=lambda p, y: 1.0), "the loss function gave a float"),
    (lambda m: m.fit(X, Y, loss="mse", callbacks=[training.EarlyStopping]), r"Write EarlyStopping\(…\)"),
    (lambda m: m.fit(X, Y, loss="mse", callbacks=[print]), "Derive it from tg.training.Callback"),
    (lambda m: m.fit(X, Y, loss="mse", callbacks=training.LearningRate(lambda epoch: -1.0)), "rate of epoch 0: got -1"),
    (lambda m: m.fit(X, Y, loss="mse", callbacks=training.LearningRate(lambda epoch: 0.1),
                     optimizer=optim.SGD(lr=optim.CosineDecay(0.1))), "the optimizer has a schedule of its own"),
    (lambda m: m.fit(X, Y, loss="mse", callbacks=training.CSVLog("no/such/folder.csv")), "cannot be written"),
    (lambda m: m.fit(X, Y, loss="mse", callbacks=training.Checkpoint("no/such/folder.npz")), "there is no folder"),
    (lambda m: m.evaluate(X[:0], Y[:0], loss="mse"), "evaluate: got x of shape"),
    (lambda m: training.per_example_gradients(m, X[:0], Y[:0], loss="mse"), "got x of shape"),
])
def test_mistakes_are_named_before_anything_is_learnt(call, words):
    m = model()
    before = values(m)
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        call(m)
    assert_array_equal(values(m), before)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: training.EarlyStopping(patience=-1), r"patience\): got -1"),
    (lambda: training.EarlyStopping(monitor=3), r"monitor\): got 3"),
    (lambda: training.EarlyStopping(mode="best"), r"mode\): got 'best'"),
    (lambda: training.LearningRate(0.1), "Expected a function of the epoch"),
    (lambda: training.Checkpoint("run.txt"), "ends in .npz"),
    (lambda: training.Checkpoint("run.npz", every=0), r"every\): got 0"),
    (lambda: training.LivePlot(every=0), r"every\): got 0"),
    (lambda: training.History({"loss": [1.0]})["acc"], "Expected one of loss"),
    (lambda: training.History().plot(), "No epoch is done yet"),
    (lambda: metrics.accuracy([1, 0], ["a", "b"]), "targets has dtype <U1"),
    (lambda: metrics.one_number("worst", np.ones(2)), r"metric worst: it gave shape \(2,\)"),
])
def test_mistakes_about_callbacks_histories_and_metrics_are_named(call, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        call()


def test_a_model_whose_parameters_are_frozen_or_missing_is_not_trained():
    with pytest.raises(tg.errors.ArgumentError, match=r"All of them are frozen: write model.unfreeze\(\)"):
        model().freeze().fit(X, Y, loss="mse", verbose=0)
    with pytest.raises(tg.errors.ArgumentError, match="has no parameters to train. It has none"):
        nn.Sequential([nn.Flatten()]).fit(X, Y, loss="mse", verbose=0)


def test_a_single_metric_or_callback_and_a_loader_to_validate_with():
    stop = training.EarlyStopping(patience=0)
    history = model().fit(X, Y, loss="mse", metrics="r2", callbacks=stop, validation_data=data.DataLoader(X, Y),
                          verbose=0)
    assert list(history.values) == ["loss", "r2", "val_loss", "val_r2"]
    assert stop.best_epoch == 1


def test_numbers_in_the_data_that_are_not_finite_are_found_with_their_place():
    spoilt = X.copy()
    spoilt[7, 2] = np.nan
    with pytest.raises(tg.errors.AnomalyError, match=r"the loss is nan in epoch 1, batch 1. x holds nan at \(7, 2\)"):
        model().fit(spoilt, Y, loss="mse", batch_size=60, verbose=0)
    spoilt[7, 2] = np.inf                               # tanh makes 1 of it, and only the gradient shows it
    with pytest.raises(tg.errors.AnomalyError, match=r"epoch 1, batch 1: x holds inf at \(7, 2\)"):
        model().fit(spoilt, Y, loss="mse", batch_size=60, verbose=0)


def test_a_line_for_each_epoch_unless_silence_is_wanted(capsys):
    model().fit(X, Y, loss="mse", epochs=2, metrics=["r2"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["epoch", "1", "2"]
    assert lines[0].split() == ["epoch", "loss", "r2"]
    model().fit(X, Y, loss="mse", epochs=2, verbose=0)
    assert capsys.readouterr().out == ""


def test_the_loss_of_a_saturated_output_is_finite_also_where_nothing_is_learnt():
    m = nn.Sequential([nn.Dense(1, 1, "sigmoid", kernel_initializer=100.0)])
    assert_allclose(m.evaluate([[1.0]], [[0.0]], loss="binary_crossentropy")["loss"], 100)


# -- how it ends ------------------------------------------------------------------------------------------------------


class AtBatch(training.Callback):
    """Does something after one batch of one epoch."""

    def __init__(self, epoch, batch, action):
        self.at, self.action = (epoch, batch), action

    def on_batch_end(self, run):
        if (run.epoch, run.batch) == self.at:
            self.action()


def test_ctrl_c_ends_after_the_batch_and_keeps_everything():
    press = AtBatch(1, 2, lambda: os.kill(os.getpid(), signal.SIGINT))
    m, other = model(), model()
    before = signal.getsignal(signal.SIGINT)
    history = m.fit(X, Y, loss="mse", epochs=9, batch_size=10, seed=0, callbacks=[press], verbose=0)
    assert history.stopped.startswith("Ctrl-C in epoch 2, after 3 of its 6 batches")
    assert len(history["loss"]) == 2
    assert signal.getsignal(signal.SIGINT) is before

    assert not m.training
    stop = AtBatch(1, 2, lambda: None)                                  # the same steps without a signal
    stop.on_batch_end = lambda run: run.stop("enough") if (run.epoch, run.batch) == (1, 2) else None
    other.fit(X, Y, loss="mse", epochs=9, batch_size=10, seed=0, callbacks=[stop], verbose=0)
    assert_array_equal(values(m), values(other))


def test_ctrl_c_while_a_model_is_validated_ends_after_that_epoch():
    press = training.Callback()
    press.on_epoch_end = lambda run: os.kill(os.getpid(), signal.SIGINT) if run.epoch == 2 else None
    history = model().fit(X, Y, loss="mse", epochs=9, callbacks=press, verbose=0)
    assert history.stopped == "Ctrl-C after epoch 2; what was learnt is kept"
    assert len(history) == 2


def test_fit_works_in_other_threads():
    m, failed = model(), []

    def work():
        try:
            m.fit(X, Y, loss="mse", verbose=0)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed


def test_a_loss_that_is_not_finite_stops_with_epoch_batch_and_operation():
    class Logs(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(1.0)

        def forward(self, x):
            return tg.log(self.w * x)

    x = np.ones((6, 1))
    x[4] = -1.0
    m = Logs()
    with pytest.raises(tg.errors.AnomalyError, match=r"the loss is nan in epoch 1, batch 3. log\(x\) gave") as caught:
        m.fit(data.DataLoader(x, x, batch_size=2, shuffle=False), loss="mse", optimizer="sgd", verbose=0)
    assert np.isfinite(m.w.item())
    assert len(caught.value.history) == 0


def test_a_gradient_that_is_not_finite_stops_before_it_spoils_the_weights():
    class Root(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(0.0)

        def forward(self, x):
            return tg.sqrt(self.w * x)

    m = Root()
    with pytest.raises(tg.errors.AnomalyError, match=r"in epoch 1, batch 1: the gradient of .* is infinite.*sqrt"):
        m.fit(np.ones((4, 1)), np.ones((4, 1)), loss="mse", optimizer="sgd", verbose=0)
    assert m.w.item() == 0


# -- callbacks --------------------------------------------------------------------------------------------------------


def test_early_stopping_goes_back_to_the_best_weights():
    kept = []

    class Watch(training.Callback):
        def on_epoch_end(self, run):
            kept.append(values(run.model))

    m = model()
    rates = training.LearningRate(lambda epoch: 0.05 if epoch < 3 else 30.0)      # then it gets worse and worse
    history = m.fit(X, Y, loss="mse", epochs=50, optimizer=optim.SGD(lr=0.0), validation_data=(X, Y), verbose=0,
                    callbacks=[rates, training.EarlyStopping(patience=2), Watch()], seed=0)
    best = int(np.argmin(history["val_loss"]))
    assert len(history) == best + 3
    assert history.stopped == f"val_loss was best in epoch {best + 1}, whose weights are kept"
    assert_array_equal(values(m), kept[best])


def test_early_stopping_says_what_the_history_has():
    with pytest.raises(tg.errors.ArgumentError, match="the history has loss. Give fit validation_data"):
        model().fit(X, Y, loss="mse", callbacks=[training.EarlyStopping()], verbose=0)


@pytest.mark.parametrize("make", [lambda: optim.SGD(lr=0.05, momentum=0.9), lambda: optim.Adam(lr=0.01),
                                  lambda: optim.RMSProp(lr=optim.CosineDecay(0.01, steps=30))])
def test_a_checkpoint_resumes_bit_for_bit(make, tmp_path):
    def network():
        rng = np.random.default_rng(1)
        return nn.Sequential([nn.Dense(8, 4, "relu", seed=rng), nn.BatchNorm(), nn.Dropout(0.3, seed=2),
                              nn.Dense(2, seed=rng)])

    options = {"loss": "mse", "batch_size": 16, "validation_data": (X, Y), "verbose": 0}
    straight, interrupted, resumed = network(), network(), network()
    whole = straight.fit(X, Y, epochs=6, optimizer=make(), seed=3, **options)
    file = training.Checkpoint(tmp_path / "run.npz")
    interrupted.fit(X, Y, epochs=4, optimizer=make(), seed=3, callbacks=[file], **options)
    history = resumed.fit(X, Y, epochs=6, optimizer=make(), seed=99, callbacks=[file], **options)
    assert history.values == whole.values
    for name, value in straight.state_dict().items():
        assert_array_equal(resumed.state_dict()[name], value)


def noisy_network(dtype="float64"):
    nn.set_default_dtype(dtype)
    try:
        rng = np.random.default_rng(1)
        return nn.Sequential([nn.Dense(8, 4, "relu", seed=rng), nn.Dropout(0.3, seed=2), nn.Dense(2, seed=rng)])
    finally:
        nn.set_default_dtype("float64")


def assert_same_state(a, b):
    for name, value in a.state_dict().items():
        assert_array_equal(b.state_dict()[name], value)


def test_after_ctrl_c_a_checkpoint_goes_on_as_if_nothing_had_happened(tmp_path):
    options = {"loss": "mse", "epochs": 6, "batch_size": 16, "validation_data": (X, Y), "seed": 3, "verbose": 0}
    straight, broken, resumed = noisy_network(), noisy_network(), noisy_network()
    whole = straight.fit(X, Y, callbacks=training.CSVLog(tmp_path / "whole.csv"), **options)
    file, log = training.Checkpoint(tmp_path / "run.npz"), training.CSVLog(tmp_path / "log.csv")
    press = AtBatch(3, 1, lambda: os.kill(os.getpid(), signal.SIGINT))              # in the middle of an epoch
    stopped = broken.fit(X, Y, callbacks=[file, log, press], **options)
    assert len(stopped) == 4                                                        # the last one is cut short
    history = resumed.fit(X, Y, callbacks=[file, log], **options)
    assert history.values == whole.values
    assert_same_state(straight, resumed)
    assert (tmp_path / "log.csv").read_text() == (tmp_path / "whole.csv").read_text()


def test_early_stopping_goes_on_from_a_checkpoint_too(tmp_path):
    rates = training.LearningRate(lambda epoch: 0.05 if epoch < 3 else 0.4)         # then it gets worse
    options = {"loss": "mse", "batch_size": 16, "validation_data": (X, Y), "seed": 3, "verbose": 0}

    def trained(epochs, *more):
        m = noisy_network()
        callbacks = [*more, rates, training.EarlyStopping(patience=3)]              # the checkpoint is told last
        return m, m.fit(X, Y, epochs=epochs, optimizer=optim.SGD(lr=0.0), callbacks=callbacks, **options)

    straight, whole = trained(50)
    assert 3 < len(whole) < 50
    file = training.Checkpoint(tmp_path / "run.npz")
    trained(len(whole) - 2, file)
    for _ in range(2):                                  # the second time there is nothing left to do
        resumed, history = trained(50, file)
        assert (history.values, history.stopped) == (whole.values, whole.stopped)
        assert_same_state(straight, resumed)


def test_a_checkpoint_keeps_all_bits_of_single_precision_and_of_single_numbers(tmp_path):
    class Line(nn.Module):
        def __init__(self):
            self.slope, self.offset = nn.Parameter(0.1, dtype="float32"), nn.Parameter(0.2, dtype="float32")

        def forward(self, x):
            return self.slope * x + self.offset

    x = np.linspace(-1, 1, 20, dtype=np.float32)
    options = {"loss": "mse", "batch_size": 7, "seed": 3, "verbose": 0}
    file, straight, resumed = training.Checkpoint(tmp_path / "run.npz"), Line(), Line()
    straight.fit(x, 3 * x, epochs=9, optimizer=optim.Adam(lr=0.05), **options)
    Line().fit(x, 3 * x, epochs=4, optimizer=optim.Adam(lr=0.05), callbacks=file, **options)
    resumed.fit(x, 3 * x, epochs=9, optimizer=optim.Adam(lr=0.05), callbacks=file, **options)
    assert_same_state(straight, resumed)


def test_a_film_goes_on_from_a_checkpoint(tmp_path):
    file = training.Checkpoint(tmp_path / "run.npz", every=2)
    for epochs in (3, 5):                               # the last epoch is kept, though it is no second one
        recorder = training.WeightRecorder()
        model().fit(X, Y, loss="mse", epochs=epochs, seed=0, callbacks=[file, recorder], verbose=0)
    assert recorder.epochs == [0, 1, 2, 3, 4, 5]
    assert len(recorder.weights) == len(recorder.losses) == 6


@pytest.mark.parametrize(("other", "options", "words"), [
    (classifier, {}, r"layers.1.bias has shape \(2,\), the model \(3,\)"),
    (model, {"optimizer": "sgd"}, "got the state of Adam, expected SGD"),
    (lambda: nn.Sequential([nn.Dense(8, 4, "tanh"), nn.Dense(2)]), {}, "other random generators"),
])
def test_a_checkpoint_that_does_not_fit_changes_nothing(other, options, words, tmp_path):
    file = training.Checkpoint(tmp_path / "run.npz")
    model().fit(X, Y, loss="mse", epochs=2, callbacks=file, verbose=0)
    m = other()
    before = m.state_dict()
    with pytest.raises(tg.errors.StateError, match=words):
        m.fit(X, Y if other is not classifier else LABELS, epochs=4, callbacks=file, verbose=0,
              loss="mse" if other is not classifier else "categorical_crossentropy", **options)
    for name, value in before.items():
        assert_array_equal(m.state_dict()[name], value)


def test_numbers_that_earlier_epochs_do_not_have_are_nan(tmp_path):
    file = training.Checkpoint(tmp_path / "run.npz")
    model().fit(X, Y, loss="mse", epochs=2, callbacks=file, verbose=0)
    history = model().fit(X, Y, loss="mse", epochs=3, metrics="r2", callbacks=file, verbose=0)
    assert_array_equal(np.isnan(history["r2"]), [True, True, False])
    assert history.table().splitlines()[1].split()[-1] == "nan"


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    m = model()
    m.save(tmp_path / "run.npz")
    with pytest.raises(tg.errors.DataError, match="is not a checkpoint"):
        m.fit(X, Y, loss="mse", callbacks=[training.Checkpoint(tmp_path / "run.npz")], verbose=0)


def test_csv_log(tmp_path):
    path = tmp_path / "log.csv"
    history = model().fit(X, Y, loss="mse", epochs=3, metrics=["r2"], callbacks=[training.CSVLog(path)], verbose=0)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == history["loss"]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]


def test_layer_statistics_name_the_layer_with_the_trouble():
    dead = nn.Sequential([nn.Dense(8, 4, "relu", bias_initializer=-100.0), nn.Dense(2)])
    deep = nn.Sequential([nn.Dense(8, 4, "sigmoid"), *(nn.Dense(8, activation="sigmoid") for _ in range(12)),
                          nn.Dense(2)])
    steep = nn.Sequential([nn.Dense(2, 4, kernel_initializer=1e4)])
    for m, words in ((dead, r"100% of the units of layers.0 .*dead ReLUs"),
                     (deep, r"the gradient of layers.0.weight vanishes"),
                     (steep, r"the gradient of layers.0.weight explodes")):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            m.fit(X, Y, loss="mse", epochs=2, optimizer=optim.SGD(lr=0.0), verbose=0,
                  callbacks=[training.LayerStatistics()])
        matching = [each for each in caught if re.search(words, str(each.message))]
        assert len(matching) == 1, [str(each.message) for each in caught]
    model().fit(X, Y, loss="mse", epochs=2, callbacks=[training.LayerStatistics()], verbose=0)    # warnings are errors


# -- gradients of single examples -------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["sum_of_squares", "mse"])
def test_the_mean_of_what_the_examples_want_is_the_gradient_of_the_batch(loss):
    m = model()
    each = training.per_example_gradients(m, X[:10], Y[:10], loss=loss)
    nn.losses.get(loss)(m(X[:10]), Y[:10]).backward()
    for name, p in m.named_parameters():
        assert each[name].shape == (10, *p.shape)
        assert_allclose(each[name].mean(axis=0), p.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_what_examples_want_is_asked_of_the_model_in_use():
    m = nn.Sequential([nn.Dense(3), nn.BatchNorm(), nn.Dropout(0.5), nn.Dense(2)])         # not built, and training
    each = training.per_example_gradients(m, X[:5], Y[:5], loss="mse")
    assert set(each) == {name for name, _ in m.named_parameters()}
    nn.losses.mean_squared_error(m.eval()(X[:5]), Y[:5]).backward()
    for name, p in m.named_parameters():
        assert_allclose(each[name].mean(axis=0), p.grad.numpy(), rtol=1e-10, atol=1e-14)


# -- metrics ----------------------------------------------------------------------------------------------------------


@examples(60)
@given(st.integers(2, 4), st.integers(1, 30), st.integers(0, 10**6))
def test_metrics_of_classes_are_those_of_scikit_learn(classes, n, seed):
    reference = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    was, scores = rng.integers(0, classes, n), rng.random((n, classes))
    said, labels = scores.argmax(axis=1), list(range(classes))
    average = {"labels": labels, "zero_division": 0, "average": "macro"} if classes > 2 else {"zero_division": 0}
    assert metrics.accuracy(scores, was) == reference.accuracy_score(was, said)
    assert_array_equal(metrics.confusion_matrix(scores, was, classes),
                       reference.confusion_matrix(was, said, labels=labels))
    assert_allclose(metrics.top_k(scores, was, k=2),
                    np.mean([label in np.argsort(row)[-2:] for label, row in zip(was, scores, strict=True)]))
    if {*was, *said} == set(labels):
        assert_allclose(metrics.precision(scores, was), reference.precision_score(was, said, **average))
        assert_allclose(metrics.recall(scores, was), reference.recall_score(was, said, **average))
        assert_allclose(metrics.f1(scores, was), reference.f1_score(was, said, **average))


def test_metrics_take_labels_one_hot_rows_and_probabilities_of_one_class():
    assert metrics.accuracy([[0.2, 0.8], [0.9, 0.1]], [[0, 1], [0, 1]]) == 0.5
    assert metrics.accuracy([[0.7], [0.2]], [[1], [0]]) == 1
    assert metrics.accuracy([0.7, 0.6], [1, 0]) == 0.5
    assert metrics.accuracy(np.array([2, 1]), np.array([2.0, 0.0])) == 0.5
    assert metrics.accuracy(np.eye(3)[[[0, 1], [2, 2]]], [[0, 1], [2, 0]]) == 0.75          # a class for each step
    assert metrics.accuracy([[3.0], [-2.0]], [[1], [0]]) == 1                               # not labels 3 and -2


def test_where_the_targets_are_signs_an_output_above_zero_says_class_one():
    signs = 2 * (X[:, :1] > 0) - 1
    assert metrics.accuracy([[0.2], [-0.3], [0.9]], [[1], [-1], [-1]]) == 2 / 3
    assert_array_equal(metrics.confusion_matrix([0.2, -0.3], [1.0, -1.0]), [[1, 0], [0, 1]])
    m = nn.Sequential([nn.Dense(1, 4, seed=0)])
    history = m.fit(X, signs, loss="hinge", metrics="accuracy", epochs=60, optimizer=optim.Adam(lr=0.1), seed=0,
                    verbose=0)
    assert history["accuracy"][-1] > 0.9


def test_r2_is_that_of_scikit_learn():
    reference = pytest.importorskip("sklearn.metrics")
    assert_allclose(metrics.r2(Y[:, 0] + 0.3, Y[:, 0]), reference.r2_score(Y[:, 0], Y[:, 0] + 0.3))
    with pytest.raises(tg.errors.ShapeError, match=r"\(60,\) and targets of shape \(60, 2\)"):
        metrics.r2(Y[:, 0], Y)


@pytest.mark.parametrize(("get", "wanted", "meant"), [
    (nn.losses.get, "MSE", "mse"), (nn.losses.get, "MeanSquaredError", "mean_squared_error"),
    (nn.losses.get, "cross_entropy", "categorical_crossentropy"), (nn.losses.get, "bce", "binary_crossentropy"),
    (nn.losses.get, "CrossEntropyLoss", "categorical_crossentropy"), (nn.losses.get, "l1_loss", "mae"),
    (nn.losses.get, "BCEWithLogitsLoss", "binary_crossentropy"), (nn.losses.get, "hubber", "huber"),
    (nn.activations.get, "ReLU", "relu"), (nn.activations.get, "LeakyReLU", "leaky_relu"),
    (nn.activations.get, "swish", "silu"), (nn.activations.get, "logistic", "sigmoid"),
    (nn.activations.get, "None", "linear"), (nn.initializers.get, "xavier_uniform", "glorot_uniform"),
    (nn.initializers.get, "kaiming_normal", "he_normal"), (nn.initializers.get, "HeNormal", "he_normal"),
    (metrics.named, "acc", "accuracy"), (metrics.named, "sparse_categorical_accuracy", "accuracy"),
])
def test_a_name_that_others_use_leads_to_the_one_that_is_used_here(get, wanted, meant):
    with pytest.raises(tg.errors.ArgumentError, match=f"got '{wanted}'. Did you mean '{meant}'"):
        get(wanted)


def test_class_names():
    m = classifier()
    m.fit(X, LABELS, loss="categorical_crossentropy", epochs=1, verbose=0)
    names = m.predict(X[:5], class_names=["none", "one", "both"])
    assert_array_equal(names, np.array(["none", "one", "both"])[m.predict(X[:5]).argmax(axis=1)])


# -- history ----------------------------------------------------------------------------------------------------------


def test_history_as_table_and_plot():
    history = training.History({"loss": [0.5, 0.25], "val_loss": [0.6, 0.3]}, stopped="enough")
    assert history.table().splitlines() == ["epoch    loss  val_loss", "    1  0.5000    0.6000",
                                            "    2  0.2500    0.3000", "stopped: enough"]
    assert "<th scope=col>val_loss</th>" in history._repr_html_()


# -- batches ----------------------------------------------------------------------------------------------------------


@examples(40)
@given(st.integers(1, 20), st.integers(1, 8), st.booleans(), st.booleans())
def test_an_epoch_has_each_example_once(n, size, shuffle, drop_last):
    loader = data.DataLoader(np.arange(n), 2 * np.arange(n), batch_size=size, shuffle=shuffle, seed=1,
                             drop_last=drop_last)
    batches = list(loader)
    assert len(batches) == len(loader)
    seen = [int(i) for x, _ in batches for i in x]
    assert len(set(seen)) == len(seen) == (n // size * size if drop_last else n)
    assert shuffle or seen == list(range(len(seen)))
    for x, y in batches:
        assert_array_equal(y, 2 * x)
        assert not x.flags.writeable


def test_each_epoch_has_its_own_order_and_the_seed_decides():
    def orders(seed):
        loader = data.DataLoader(np.arange(50), batch_size=50, seed=seed)
        return [next(iter(loader)).tolist() for _ in range(2)]

    assert orders(1) == orders(1)
    assert orders(1)[0] != orders(1)[1] != orders(2)[1]


@pytest.mark.parametrize(("make", "words"), [
    (lambda: data.DataLoader(), "got no arrays"),
    (lambda: data.DataLoader(X, Y[:3]), r"shapes \(60, 4\) and \(3, 2\)"),
    (lambda: data.DataLoader(X[:0]), "at least one"),
    (lambda: data.DataLoader(X, batch_size=0), "batch_size: got 0"),
])
def test_loader_errors(make, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        make()


# -- what is said of a training that goes on --------------------------------------------------------------------------


def test_a_training_that_goes_on_says_so_and_its_bar_goes_on_too(tmp_path, capsys, monkeypatch):
    begun = []
    monkeypatch.setattr(progress, "_bar", lambda steps, done: begun.append((done, steps)))
    options = {"loss": "mse", "batch_size": 16, "callbacks": training.Checkpoint(tmp_path / "run.npz")}
    m = model()
    m.fit(X, Y, epochs=2, **options)
    assert "goes on" not in capsys.readouterr().out
    m.fit(X, Y, epochs=5, **options)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"goes on at epoch 3 of 5, from {tmp_path / 'run.npz'}"
    assert [line.split()[0] for line in said[1:]] == ["epoch", "3", "4", "5"]
    assert begun == [(0, 8), (8, 20)]                                   # four batches an epoch


def test_a_training_with_nothing_left_to_learn_says_what_to_do(tmp_path, capsys):
    options = {"loss": "mse", "callbacks": training.Checkpoint(tmp_path / "run.npz")}
    m = model()
    m.fit(X, Y, epochs=2, verbose=0, **options)
    learnt = values(m)
    m.fit(X, Y, epochs=2, **options)
    assert re.match("nothing is left to learn: .*remove the file", capsys.readouterr().out)
    assert_array_equal(values(m), learnt)
    m.fit(X, Y, epochs=2, verbose=0, **options)
    assert capsys.readouterr().out == ""


def test_the_bar_of_a_notebook_may_begin_in_the_middle(monkeypatch):
    shown = []
    monkeypatch.setattr(notebooks.Shown, "show", lambda self, thing: shown.append(repr(thing)))
    notebooks.NotebookBar(20, 8).close()
    assert shown == ["batch 8 of 20", ""]


# -- what was meant ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "words"), [
    (lambda m: m.fit((X, Y), loss="mse"), r"got a pair and no y. Expected two arguments: fit\(x, y, loss=…\)"),
    (lambda m: m.fit(data.DataLoader(X, Y), loss="mse", batch_size=8), "brings its batches and their order"),
    (lambda m: m.fit(data.DataLoader(X, Y), loss="mse", seed=0), "brings its batches and their order"),
    (lambda m: metrics.confusion_matrix([0, 1], [[0.2, 0.8], [0.9, 0.1]]), r"other way round: confusion_matrix\(model"),
    (lambda m: metrics.accuracy([0, 1], [[0.2, 0.8], [0.9, 0.1]]), r"other way round: accuracy\(model.predict\(x\), y"),
    (lambda m: data.DataLoader(X, Y, 16), r"and \(\). .* Write batch_size=16."),
    (lambda m: training.gradient_descent_path("x**2", 1.0), r"\(f\): got 'x\*\*2'. Expected a function"),
])
def test_what_was_meant_is_said(call, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        call(model())


def test_no_gradient_of_the_last_batch_is_left_to_be_added_to():
    m = model()
    m.fit(X, Y, loss="mse", verbose=0)
    assert [p.grad for p in m.parameters()] == [None] * len(m.parameters())


def test_loaders_and_callbacks_say_what_they_are():
    assert repr(data.DataLoader(X, Y, batch_size=16)) == \
        "<DataLoader of (60, 4) and (60, 2): 4 batches of 16, shuffled>"
    assert repr(data.DataLoader(X, batch_size=60, shuffle=False)) == "<DataLoader of (60, 4): 1 batches of 60>"
    assert repr(data.Standardizer()) == "Standardizer()"
    assert repr(data.Standardizer().fit(X)) == "<Standardizer of 4 features>"
    assert repr(training.EarlyStopping(patience=3)) == (
        "EarlyStopping(monitor='val_loss', patience=3, min_delta=0.0, restore_best=True)")
    assert repr(training.CSVLog("log.csv")) == "CSVLog(path='log.csv')"
    assert repr(training.Checkpoint("run.npz", 2)) == "Checkpoint(path='run.npz', every=2)"
    assert repr(training.LayerStatistics()) == "LayerStatistics(vanishing=1e-06, exploding=1000.0)"
    assert repr(training.LivePlot()) == "LivePlot(name='loss', every=1)"


def test_gradients_are_clipped_before_each_step():
    def moved(*callbacks):
        m = model()
        before = values(m)
        m.fit(X, 100 * Y, loss="mse", optimizer=optim.SGD(lr=1.0), batch_size=60, callbacks=callbacks, verbose=0)
        return np.linalg.norm(values(m) - before)

    assert moved() > 10
    assert_allclose(moved(training.ClipGradients(0.5)), 0.5)
    with pytest.raises(tg.errors.ArgumentError, match=r"ClipGradients\(max_norm\): got 0"):
        training.ClipGradients(0)
