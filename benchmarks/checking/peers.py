"""How each gradient checker is asked whether a claimed gradient is right.

    CHECKERS    by name, a function that imports the library and returns its `Check`
    Check       takes a Case, returns an Answer

Each library gets what its documentation asks for: defaults in float64, a scalar function (the sum of the outputs),
its quicker way where there are thousands of inputs. None recommends values for float32: "loose" are steps from
1e-4 … 1e-1 and tolerances from 1e-3 … 1e-1 that gave few wrong verdicts, on smooth cases above all, on seeds below 100.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from .cases import Case
from .functions import Array

MANY = 2000             # inputs, above which one direction is asked for in place of a difference for each entry


class _OtherShapeError(Exception):
    """A claimed gradient does not have the shape of its input."""


class Answer(NamedTuple):
    """What a checker said: True (right), False (wrong) or None (it could not say), and the error it would have seen."""

    right: bool | None
    resolution: float | None = None


Check = Callable[[Case], Answer]


def scalar(case: Case, arrays: tuple[Array, ...]) -> Any:
    """The sum of the outputs, in their dtype."""
    y = np.asarray(case.f(*arrays))
    return y.sum(dtype=np.float64).astype(y.dtype)


def count(case: Case) -> int:
    """How many numbers the inputs hold."""
    return sum(x.size for x in case.inputs)


def ours() -> Check:
    """`tinygrad_edu.testing.grad_report`, which has nothing to set."""
    from tinygrad_edu.testing import grad_report

    def check(case: Case) -> Answer:
        report = grad_report(case.f, *case.inputs, gradient=case.gradient)
        return Answer({"wrong": False, "inconclusive": None}.get(report.verdict, True), report.resolution)

    return check


def torch(fast: bool = False, **options: float) -> Check:
    """`torch.autograd.gradcheck` of a Function; `fast_mode` for thousands of inputs, or always if `fast`."""
    import torch as library
    module = import_module("torch.autograd.gradcheck")
    quick = partial(patch.object, module, "_run_slow_mode_and_get_error", lambda *_: "")    # minutes, for a message

    class Claimed(library.autograd.Function):  # type: ignore[misc]
        """The sum of the outputs forwards, the claimed gradient backwards."""

        @staticmethod
        def forward(ctx: Any, case: Case, *tensors: Any) -> Any:
            ctx.case = case
            ctx.save_for_backward(*tensors)
            return library.from_numpy(np.array(scalar(case, tuple(t.detach().numpy() for t in tensors))))

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            gradients = ctx.case.gradient(*[t.detach().numpy() for t in ctx.saved_tensors])
            if any(np.shape(each) != t.shape for each, t in zip(gradients, ctx.saved_tensors, strict=True)):
                raise _OtherShapeError       # torch would sum it to the right one, which makes it right
            return None, *[library.from_numpy(np.array(each)) * g for each in gradients]

    def check(case: Case) -> Answer:
        inputs = tuple(library.from_numpy(x.copy()).requires_grad_() for x in case.inputs)
        many = count(case) > MANY
        with quick() if many else nullcontext():
            return _unless(module.GradcheckError, _OtherShapeError)(
                lambda: module.gradcheck(lambda *xs: Claimed.apply(case, *xs), inputs,
                                         fast_mode=fast or many, **options))

    return check


def jax(**options: float) -> Check:
    """`jax.test_util.check_grads` of a custom_vjp whose two halves call back to NumPy."""
    import jax as library
    from jax.test_util import check_grads
    library.config.update("jax_enable_x64", True)

    asked: list[Case] = []          # what the callbacks are about: new callbacks for each case would be compiled anew

    def value(*xs: Any) -> Any:
        return [scalar(asked[-1], tuple(map(np.asarray, xs)))]

    def gradient(*xs: Any) -> Any:
        return asked[-1].gradient(*map(np.asarray, xs))

    def call(function: Any, shapes: Any, *xs: Any) -> Any:
        like = [library.ShapeDtypeStruct(shape, xs[0].dtype) for shape in shapes]
        return library.pure_callback(function, like, *xs)

    claimed = library.custom_vjp(lambda *xs: call(value, [()], *xs)[0])
    claimed.defvjp(lambda *xs: (claimed(*xs), xs),
                   lambda xs, g: tuple(g * each for each in call(gradient, [x.shape for x in xs], *xs)))

    def check(case: Case) -> Answer:
        if any(np.shape(g) != x.shape for g, x in zip(case.gradient(*case.inputs), case.inputs, strict=True)):
            return Answer(False)        # pure_callback would refuse it
        asked[:] = [case]
        return _unless(AssertionError)(lambda: check_grads(claimed, case.inputs, order=1, modes=("rev",), **options))

    return check


def autograd() -> Check:
    """`autograd.test_util.check_grads` of a primitive, with directions drawn the same for each case."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def check(case: Case) -> Answer:
        claimed = primitive(lambda *xs: scalar(case, xs))
        defvjp(claimed, *[lambda _, *xs, k=k: lambda g: g * case.gradient(*xs)[k] for k in range(len(case.inputs))])
        np.random.seed(0)
        return _unless(AssertionError)(lambda: check_grads(claimed, tuple(range(len(case.inputs))), modes=["rev"],
                                                           order=1)(*case.inputs))

    return check


def scipy(relative: bool = False) -> Check:
    """`scipy.optimize.check_grad`: its norm, or that over the gradient's, against 1e-6 (float32: √ε steps, 1e-2)."""
    from scipy.optimize import check_grad

    def check(case: Case) -> Answer:
        dtype = case.inputs[0].dtype
        ends = np.cumsum([x.size for x in case.inputs])[:-1]

        def arrays(flat: Array) -> tuple[Array, ...]:
            return tuple(part.reshape(x.shape).astype(dtype)
                         for part, x in zip(np.split(flat, ends), case.inputs, strict=True))

        def gradient(flat: Array) -> Array:
            return np.concatenate([np.ravel(g) for g in case.gradient(*arrays(flat))]).astype(np.float64)

        flat = np.concatenate([x.ravel() for x in case.inputs]).astype(np.float64)
        claimed = gradient(flat)
        if claimed.shape != flat.shape:
            return Answer(False)
        error = check_grad(lambda flat: float(scalar(case, arrays(flat))), gradient, flat,
                           epsilon=float(np.sqrt(np.finfo(dtype).eps)), rng=0,
                           direction="random" if flat.size > MANY else "all")
        allowed = 1e-6 if dtype == np.float64 else 1e-2
        norm = float(np.linalg.norm(claimed)) if relative else 1.0
        return Answer(bool(np.isfinite(error) and error <= allowed * norm))

    return check


def _unless(*errors: type[Exception]) -> Callable[[Callable[[], object]], Answer]:
    """Asks a checker that raises when the gradient is wrong."""
    def ask(question: Callable[[], object]) -> Answer:
        try:
            question()
        except errors:
            return Answer(False)
        return Answer(True)

    return ask


CHECKERS: dict[str, Callable[[], Check]] = {
    "ours": ours,
    "torch": torch,
    "torch-fast": lambda: torch(fast=True),
    "torch-loose": lambda: torch(eps=1e-2, atol=1e-3, rtol=1e-3),
    "jax": jax,
    "jax-loose": lambda: jax(eps=1e-2, atol=1e-2, rtol=1e-2),
    "autograd": autograd,
    "scipy": scipy,
    "scipy-relative": lambda: scipy(relative=True),
}
FLOAT32_ONLY = ("torch-loose", "jax-loose")
