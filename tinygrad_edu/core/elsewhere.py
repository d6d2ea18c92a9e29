"""What PyTorch and others call things that have another name here, for the messages about names that are not there.

    OF_TENSORS  of Tensor: x.view(4)
    NAMES       of the package: tg.tensor([1.0])
"""

from __future__ import annotations

from typing import Any

from ..errors import no_such_name

ON_CPU = "it without: NumPy computes everything, on the CPU"
NEW_VALUE = "x = x + y for a new Tensor, or x.data = value to give a variable another value"
OF_TENSORS = {
    "view": "x.reshape(shape)", "numel": "x.size", "dim": "x.ndim", "unsqueeze": "tg.expand_dims(x, axis=0)",
    "t": "x.T", "permute": "x.transpose(axes)", "expand": "tg.broadcast_to(x, shape)", "gather":
    "tg.take_along_axis(x, indices, axis=0)", "index_select": "tg.take(x, indices, axis=0)", "clone": "+x",
    "masked_fill": "tg.where(mask, value, x)", "scatter_add": "x.at[indices].add(y)", "mm": "x @ y", "matmul": "x @ y",
    "bmm": "x @ y", "pow": "x ** y", "add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y", "neg": "-x",
    "norm": "tg.vector_norm(x)", "log_softmax": "tg.log_softmax(x)", "logsumexp": "tg.logsumexp(x)",
    "argsort": "tg.argsort(x)", "sort": "tg.sort(x)", "topk": "tg.topk(x, k)", "cumsum": "tg.cumulative_sum(x)",
    "repeat": "tg.tile(x, times), or tg.repeat(x, times) for each element", "float": "x.astype(np.float32)",
    "double": "x.astype(np.float64)", "half": "x.astype(np.float16)", "long": "x.astype(np.int64)",
    "to": ON_CPU, "cuda": ON_CPU, "cpu": ON_CPU,
    "requires_grad_": "x.requires_grad = True", "grad_fn": "x.op, or x.graph() for the picture",
    "retain_grad": "it without: results keep their gradients, too", "detach_": "x = x.detach()",
    "zero_": NEW_VALUE, "add_": NEW_VALUE, "sub_": NEW_VALUE, "mul_": NEW_VALUE, "copy_": NEW_VALUE,
    "fill_": NEW_VALUE, "clamp": "x.clip(min, max)",
}
NAMES = {
    "tensor": "tg.Tensor(data)", "Variable": "tg.Tensor(data)", "Value": "tg.Tensor(2.0)", "array": "tg.asarray(data)",
    "from_numpy": "tg.asarray(array)", "as_tensor": "tg.asarray(data)", "cat": "tg.concat([a, b])",
    "concatenate": "tg.concat([a, b])", "transpose": "x.T, or tg.permute_dims(x, axes)", "mm": "a @ b",
    "mul": "a * b", "sub": "a - b", "div": "a / b", "clamp": "tg.clip(x, min, max)", "unsqueeze": "tg.expand_dims(x)",
    "gather": "tg.take_along_axis(x, indices)", "cumsum": "tg.cumulative_sum(x)", "cumprod": "tg.cumulative_prod(x)",
    "arcsin": "tg.asin(x)", "arccos": "tg.acos(x)", "arctan": "tg.atan(x)", "norm": "tg.vector_norm(x)",
    "randn": "tg.random.normal(shape)", "rand": "tg.random.uniform(shape)", "manual_seed": "tg.random.seed(0)",
    "GradientTape": "y.backward(), or tg.grad(f): everything is recorded", "jit": "tg.compile(f)",
    "jacrev": "tg.jacobian(f)", "jacfwd": "tg.jacobian(f)", "backward": "y.backward()", "numpy": "x.numpy()",
    "Sequential": "nn.Sequential, after from tinygrad_edu import nn", "SGD": "tg.optim.SGD", "Adam": "tg.optim.Adam",
}


class NotHere:
    """An attribute that says what to write instead. (`__getattr__` would be asked for every slot that is empty.)"""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        raise no_such_name("Tensor", self.name, OF_TENSORS)
