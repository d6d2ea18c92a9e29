"""Zoom: the same computation at scalar grain, as an ordinary recorded graph of single numbers.

    zoom(loss)                  every tensor as scalars, so that a matmul opens into the neurons inside it
    zoom(h[0, 3])               of them only those that this element was made of
    zoom(loss, only=h)          one node as scalars, linked with the tensors around it
    zoom_function(f, *examples) the same for what f gives

Scalars have names like `w[2,0]`, the dtype of their tensor and the line of code that made it. Elements of leaves are
leaves; elements that a tensor only moved are the same scalar under its first name. Sums go from left to right, as in a
loop. Single numbers that need no gradient are constants, as everywhere. How each operation looks at scalar grain is
said beside it (`expand`), see `ops/expansions.py`; what is opened, and how many nodes that makes, in `openings.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from .. import ops
from ..core.modes import switched
from ..core.tensors import Tensor
from ..core.walk import made_from
from ..errors import ArgumentError, GraphError, ShapeError
from ..transforms import leaves_of, rebuilt
from .openings import Opening
from .recording import recorded
from .scalars import ScalarsBuilder

MOST_NODES = 100_000


def zoom(t: Any, *examples: Any, only: Any = None, max_nodes: int | None = MOST_NODES) -> Zoomed:
    """The computation of `t` as a graph of scalars, with values and gradients equal to rounding.

    Args:
        t: a result, or a list, tuple or dict of results; or a function, which is recorded on `examples`.
        examples: the function's arguments: numbers and arrays become variables called like its parameters.
        only: a tensor of the graph, its name, or a list of these: only they are opened, and the rest stays tensors.
            Their inputs are picked apart by `getitem`, their results are stacked again.
        max_nodes: how many scalars at most; it is counted before any are made. None for no limit.
    Raises: ArgumentError if it would be more nodes, GraphError if an operation has no scalar form (solve, inv, det and
        matrix factorisations), ChangedValueError if a variable was assigned since.

    >>> w, x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], name="w"), tg.Tensor([5.0, 6.0], name="x")
    >>> z = zoom(w @ x)
    >>> z.output[1]
    Tensor(39.0, from add)
    >>> [each.name for each in z.output[1].inputs[0].inputs]
    ['w[1,0]', 'x[0]']
    """
    if callable(t) and t.__class__ is not Tensor:
        return zoom_function(t, *examples, only=only, max_nodes=max_nodes)
    if examples:
        raise ArgumentError(f"zoom(t, *examples): got examples for a {type(t).__name__}. They are for functions.")
    roots = [root for root in leaves_of(t) if root.__class__ is Tensor]
    if not roots:
        raise ArgumentError(f"zoom(t): got a {type(t).__name__}. Expected a Tensor, or a list, tuple or dict of them.")
    with switched(recording=True, module=None), np.errstate(all="ignore"):
        opening = Opening(roots, only)
        opening.check_size(max_nodes)
        return Zoomed(t, ScalarsBuilder(opening))


def zoom_function(f: Callable[..., Any], *examples: Any, only: Any = None,
                  max_nodes: int | None = MOST_NODES) -> Zoomed:
    """What `zoom` gives for `f(*examples)`: numbers and arrays become variables called like the parameters of `f`.

    >>> z = zoom_function(lambda w, x: tg.sum(w * x), [1.0, 2.0], [3.0, 4.0])
    >>> z["w"][1], z.output
    (Tensor(2.0, name='w[1]'), Tensor(11.0, from add))
    """
    return zoom(recorded(f, examples, call="zoom"), only=only, max_nodes=max_nodes)


class Zoomed:
    """A computation at scalar grain.

        z.output            the scalar of a single number; for an array, an object array of scalars
        z[w], z["w"]        the scalars of a leaf or result of the original graph, by itself or by its name
        z.backward()        what it says, over the scalars
        z.gradient(w)       the gradients of the scalars of w, as an array of its shape

    In an array of scalars, None stands for an element that the output does not depend on. What was not opened, because
    of `only`, is a Tensor of its own with the values of the original.
    """

    def __init__(self, tree: Any, built: ScalarsBuilder) -> None:
        self._built = built
        self.output = rebuilt(tree, (self[x] if x.__class__ is Tensor else x for x in leaves_of(tree)))

    def __getitem__(self, t: Any) -> Any:
        """The scalars of a tensor, in an array of its shape."""
        t = self._built.opening.tensor(t)
        return self._built.whole(t) if self._built.is_whole(t) else _in_shape(self._built.scalars_of(t), t.shape)

    @property
    def nodes(self) -> list[Tensor]:
        """All nodes that the output was made from, leaves first, each list in the order of creation."""
        results, leaves = made_from(_tensors(self.output))
        return [*leaves, *results]

    def backward(self, gradient: Any = None) -> None:
        """Leave the gradient of the output in `.grad` of each scalar; `gradient` as for `Tensor.backward`."""
        outputs = leaves_of(self.output)
        if len(outputs) > 1:
            raise ShapeError(f"z.backward(): got {len(outputs)} outputs. Expected one: zoom(t) for one of them.")
        if outputs[0].__class__ is Tensor:
            outputs[0].backward(gradient)
            return
        shape = np.shape(outputs[0])
        if gradient is None or np.shape(gradient) != shape:
            given = "no gradient" if gradient is None else f"a gradient of shape {np.shape(gradient)}"
            raise ShapeError(f"z.backward(gradient): got {given} for an output of shape {shape}. "
                             "Expected the gradient to start from, of the output's shape.")
        starts = np.asarray(gradient.data if gradient.__class__ is Tensor else gradient)
        weighted = [x * x.dtype.type(g) for x, g in zip(outputs[0].flat, starts.flat, strict=True) if x.requires_grad]
        if not weighted:
            raise GraphError("z.backward(gradient): no element of the output needs a gradient.")
        reduce(ops.add, weighted).backward()

    def gradient(self, t: Any) -> np.ndarray[Any, Any]:
        """The gradients that `backward` left at the scalars of a tensor of the original graph; 0 where there is none.

        Raises: GraphError if there was no backward pass.
        """
        if all(getattr(x, "_grad", None) is None for x in _tensors(self.output)):
            raise GraphError("z.gradient(t): there was no backward pass yet. Write z.backward() first.")
        scalars = self[t]
        found = np.zeros(np.shape(scalars), self._built.opening.tensor(t).dtype)
        if scalars.__class__ is Tensor:
            return found if scalars.grad is None else scalars.grad.numpy()
        for place, x in np.ndenumerate(scalars):
            if x is not None and x.grad is not None:
                found[place] = x.grad.item()
        return found

    def __repr__(self) -> str:
        return f"<zoomed: {len(self.nodes)} nodes>"


def _tensors(tree: Any) -> list[Tensor]:
    """The Tensors in a tree, or an array, of scalars."""
    return [x for leaf in leaves_of(tree) for x in (leaf.flat if isinstance(leaf, np.ndarray) else [leaf])
            if x.__class__ is Tensor]


def _in_shape(scalars: list[Any], shape: tuple[int, ...]) -> Any:
    """Scalars in an object array; one alone as it is."""
    if shape == ():
        return scalars[0]
    array = np.empty(len(scalars), object)
    for i, x in enumerate(scalars):
        array[i] = x
    return array.reshape(shape)
