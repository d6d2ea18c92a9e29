"""Training: the loop, what watches it, how good the result is, and pictures of all that."""

from typing import TYPE_CHECKING, Any

from ..errors import no_such_name
from ..nn.plots import as_html, described
from .callbacks import Callback, ClipGradients, CSVLog, EarlyStopping, LayerStatistics, LearningRate
from .checkpoints import Checkpoint
from .descent import Descent, descent_by_batches, gradient_descent_path
from .examples import per_example_gradients
from .film import WeightRecorder, training_film
from .history import History
from .live import LivePlot
from .loop import evaluate, fit, predict
from .metrics import confusion_matrix
from .pictures import plot_confusion, plot_decision_boundary, plot_representation
from .player import Player
from .surfaces import plot_loss_landscape
from .weights import plot_threshold, plot_weights

__all__ = ["CSVLog", "Callback", "Checkpoint", "ClipGradients", "Descent", "EarlyStopping", "History",
           "LayerStatistics", "LearningRate", "LivePlot", "Player", "WeightRecorder", "as_html", "confusion_matrix",
           "descent_by_batches", "described", "evaluate", "fit", "gradient_descent_path", "per_example_gradients",
           "plot_confusion", "plot_decision_boundary", "plot_loss_landscape", "plot_representation", "plot_threshold",
           "plot_weights", "predict", "training_film"]

_ELSEWHERE = {
    "ModelCheckpoint": 'Checkpoint("run.npz"), from which training goes on; EarlyStopping keeps the best weights',
    "CSVLogger": 'CSVLog("log.csv")', "LearningRateScheduler": "LearningRate(lambda epoch: 0.1 * 0.9**epoch)",
    "LambdaCallback": "a class of your own, derived from Callback", "Trainer": "model.fit(x, y, loss=…)",
}


if not TYPE_CHECKING:                   # type checkers see what there is
    def __getattr__(name: str) -> Any:
        """The error for names that are not here, with what to write for those of Keras."""
        raise no_such_name('tinygrad_edu.training', name, _ELSEWHERE)
