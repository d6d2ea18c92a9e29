"""What Keras and PyTorch call things that have another name here, for the messages about names that are not there.

    NAMES       of the package: nn.Linear
    OF_MODULES  of models and layers: model.compile
    OF_FIT      of options: model.fit(x, y, lr=0.1)
"""

from __future__ import annotations

NAMES = {
    "Linear": "nn.Dense(units, input_shape), such as nn.Dense(4, 3) for 3 inputs and 4 units",
    "Conv2d": "nn.Conv2D(filters, kernel_size), for images with their channels last",
    "BatchNorm1d": "nn.BatchNorm()", "BatchNorm2d": "nn.BatchNorm()", "BatchNormalization": "nn.BatchNorm()",
    "LayerNormalization": "nn.LayerNorm()",
    "MaxPool2d": "nn.MaxPool2D(2)", "MaxPooling2D": "nn.MaxPool2D(2)",
    "AvgPool2d": "nn.AvgPool2D(2)", "AveragePooling2D": "nn.AvgPool2D(2)",
    "AdaptiveAvgPool2d": "nn.GlobalAvgPool2D()", "GlobalAveragePooling2D": "nn.GlobalAvgPool2D()",
    "RNN": "nn.SimpleRNN(units)", "Identity": 'nn.Activation("linear")',
    **{name: f'nn.Activation("{here}"), or activation="{here}" in the layer before' for name, here in {
        "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu", "GELU": "gelu", "SiLU": "silu",
        "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax", "LogSoftmax": "log_softmax",
        "Softplus": "softplus"}.items()},
    "MSELoss": 'nn.losses.mse, or loss="mse" in fit', "L1Loss": 'nn.losses.mae, or loss="mae" in fit',
    "HuberLoss": 'nn.losses.huber, or loss="huber" in fit',
    "BCELoss": 'nn.losses.binary_crossentropy, or loss="binary_crossentropy" in fit',
    "BCEWithLogitsLoss": "nn.losses.binary_crossentropy(logits, y, from_logits=True)",
    "CrossEntropyLoss": "nn.losses.categorical_crossentropy(logits, labels, from_logits=True), or end the model with "
                        "softmax and leave from_logits out",
    "Model": "nn.Module, with a method forward(self, x)",
    "ModuleList": "a list: modules are found in the lists and dicts among a module's attributes",
    "ModuleDict": "a dict: modules are found in the lists and dicts among a module's attributes",
    "init": "nn.initializers", "utils": "tg.optim.clip_grad_norm(model.parameters(), 1.0)", "Value": "tg.Tensor(3.0)",
    "optimizers": "tg.optim", "metrics": "tg.training.metrics",
}
ON_CPU = "Leave it out: NumPy computes everything, on the CPU"
OF_MODULES = {
    "compile": 'Leave it out: fit takes loss="mse", optimizer="adam", metrics=["accuracy"]',
    "to": ON_CPU, "cuda": ON_CPU, "cpu": ON_CPU,
    "get_weights": "state_dict()", "set_weights": "load_state_dict(state)", "weights": "parameters()",
    "save_weights": "save(path)", "load_weights": "load(path)",
    "trainable_weights": "parameters()", "trainable_variables": "parameters()", "count_params": "summary()",
    "children": "modules()", "named_children": "named_modules()", "requires_grad_": "freeze() or unfreeze()",
    "register_parameter": "self.w = nn.Parameter(value)",
    "register_buffer": "self.mean = tg.Tensor(value, requires_grad=False)",
    "call": "forward(self, x)", "kernel": "weight",
}
OF_SEQUENTIAL = {"add": "append(layer)"}
_OF_OPTIMIZER = "optimizer=tg.optim.Adam(lr=0.01)"
OF_FIT = {
    "lr": _OF_OPTIMIZER, "learning_rate": _OF_OPTIMIZER, "criterion": "loss", "epoch": "epochs", "n_epochs": "epochs",
    "num_epochs": "epochs", "nb_epoch": "epochs", "batch": "batch_size",
    "shuffle": "fit(tg.data.DataLoader(x, y, shuffle=False), loss=…)",
    "initial_epoch": "callbacks=tg.training.Checkpoint(path), from which training goes on",
}
