"""Training: the loop, what watches it, how good the result is, and pictures of all that."""

from ..nn.plots import described
from .callbacks import Callback, CSVLog, EarlyStopping, LayerStatistics, LearningRate
from .checkpoints import Checkpoint
from .descent import Descent, descent_by_batches, gradient_descent_path
from .examples import per_example_gradients
from .film import WeightRecorder, training_film
from .history import History
from .live import LivePlot
from .loop import evaluate, fit, predict
from .metrics import confusion_matrix
from .pictures import plot_confusion, plot_decision_boundary, plot_representation
from .player import Player, as_html
from .surfaces import plot_loss_landscape
from .weights import plot_threshold, plot_weights

__all__ = ["CSVLog", "Callback", "Checkpoint", "Descent", "EarlyStopping", "History", "LayerStatistics", "LearningRate",
           "LivePlot", "Player", "WeightRecorder", "as_html", "confusion_matrix", "descent_by_batches", "described",
           "evaluate", "fit", "gradient_descent_path", "per_example_gradients", "plot_confusion",
           "plot_decision_boundary", "plot_loss_landscape", "plot_representation", "plot_threshold", "plot_weights",
           "predict", "training_film"]
