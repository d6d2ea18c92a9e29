"""Words: all sentences that the stepper says, in one table, so that they can be translated.

    why(op, position)   one sentence that says why the rule of an operation is what it is
    WHY                 those sentences: by operation, or by (operation, position) where inputs differ

Read `events.py` before this file.
"""

from __future__ import annotations

_SAME_PLACE = "The numbers only moved, so each gradient goes back to where its number came from."
_SQUARES = "A square changes by twice its base."

WHY: dict[str | tuple[str, int], str] = {
    "add": "A sum passes on what arrives, unchanged, to each of its terms.",
    ("subtract", 0): "What is subtracted from gets what arrives, unchanged.",
    ("subtract", 1): "What is subtracted gets what arrives with the other sign.",
    "multiply": "In a product, each factor is the slope of the other one.",
    ("divide", 0): "A numerator is worth one over the denominator.",
    ("divide", 1): "A larger denominator makes the quotient smaller: the slope is −quotient / denominator.",
    ("power", 0): "The slope of xⁿ is n·xⁿ⁻¹.",
    ("power", 1): "The slope of aˣ is aˣ·ln a.",
    "square": _SQUARES,
    "negative": "What has its sign turned gets its gradient with the sign turned.",
    "sqrt": "The slope of a root is one over twice the root: steep near 0.",
    "exp": "The exponential function is its own slope.",
    "log": "The slope of the logarithm is one over its input.",
    "tanh": "The slope of tanh is one minus its square: 1 in the middle, nearly 0 at both ends.",
    "sigmoid": "The slope of the sigmoid is σ·(1 − σ): at most a quarter.",
    "relu": "Where its input is positive relu passes on what arrives; elsewhere nothing.",
    "abs": "The slope of |x| is the sign of x.",
    "sin": "The slope of the sine is the cosine.",
    "cos": "The slope of the cosine is minus the sine.",
    "sum": "Each number counts once in the sum, so each gets all of what arrives.",
    "mean": "Each of n numbers counts 1/n in the mean.",
    "max": "Only the largest number decides, so only it gets what arrives.",
    "min": "Only the smallest number decides, so only it gets what arrives.",
    "maximum": "The larger one of the two gets what arrives.",
    "minimum": "The smaller one of the two gets what arrives.",
    "where": "Each element goes back to the branch that was taken; the other one gets 0.",
    ("matmul", 0): "Each element of the left matrix meets a row of the right one: what arrives, times the right one.",
    ("matmul", 1): "Each element of the right matrix meets a column of the left one: the left one, times what arrives.",
    "einsum": "Each element gets, from every product it is in, what arrives times the other factors.",
    "conv2d": "Each number gets, from every place where it was used, what arrives there times its partner.",
    "softmax": "Shares add up to 1, so what one gains the others lose.",
    "log_softmax": "Each score gets its own gradient, minus its share of all of them.",
    "logsumexp": "A smooth maximum: each number gets its share (its softmax) of what arrives.",
    "getitem": "What was picked gets its gradient back; what was picked several times gets all of them, added up.",
    "take": "What was taken gets its gradient back; what was taken several times gets all of them, added up.",
    "take_along_axis": "What was taken gets its gradient back, all others get 0.",
    "concat": "Each part gets back its own piece of the gradient.",
    "stack": "Each part gets back its own piece of the gradient.",
    "broadcast_to": "What was repeated is used many times, so all its gradients are added up.",
    "repeat": "What was repeated is used many times, so all its gradients are added up.",
    "max_pool2d": "Only the largest number of each window decides, so only it gets what arrives.",
    "avg_pool2d": "Each number of a window counts equally, so what arrives is shared out evenly.",
    "sort": _SAME_PLACE, "reshape": _SAME_PLACE, "permute_dims": _SAME_PLACE, "matrix_transpose": _SAME_PLACE,
    "expand_dims": _SAME_PLACE, "squeeze": _SAME_PLACE, "flip": _SAME_PLACE, "roll": _SAME_PLACE,
    "pad": "The border is made of constants; the rest gets its gradient back.",
    "hook": "A hook was registered here: what it returns replaces the gradient.",
    "item": "One of several results: its gradient is put in its place.",
    "": "The chain rule: what arrives, times how fast the result changes with this input.",
}


def why(op: str, position: int) -> str:
    """One sentence that says why the rule for this input is what it is.

    >>> why("multiply", 0)
    'In a product, each factor is the slope of the other one.'
    """
    return WHY.get((op, position)) or WHY.get(op) or WHY[""]

