"""Words: why the rule of an operation is what it is, a sentence each, in one table that can be translated.

    why(op, position)   that sentence; for an operation of the user's own the chain rule in general
    WHY                 those sentences: by operation, or by (operation, position) where inputs differ

Read `events.py` before this file.
"""

from __future__ import annotations

_SAME_PLACE = "The numbers only moved, so each gradient goes back to where its number came from."
_REPEATED = "What was repeated is used many times, so all its gradients are added up."
_ADDED_AT = "What was put in a place gets the gradient of that place."
_STEPS = "It is flat between its steps, so that small changes change nothing: the slope is 0."
_INVERSE = "The slope of an inverse function is one over the slope of the function itself"
_BEND = "Above 0 it passes on what arrives;"

WHY: dict[str | tuple[str, int], str] = {
    "add": "A sum passes on what arrives, unchanged, to each of its terms.",
    ("subtract", 0): "What is subtracted from gets what arrives, unchanged.",
    ("subtract", 1): "What is subtracted gets what arrives with the other sign.",
    "multiply": "In a product, each factor is the slope of the other one.",
    "positive": "Nothing changed, so what arrives goes on unchanged.",
    "astype": "Only the type of the numbers changed, so what arrives goes on, in the old type.",
    ("divide", 0): "The numerator is multiplied by one over the denominator: that is its slope.",
    ("divide", 1): "A larger denominator makes the quotient smaller: the slope is −quotient / denominator.",
    ("power", 0): "The slope of xⁿ is n·xⁿ⁻¹.",
    ("power", 1): "The slope of aˣ is aˣ·ln a.",
    "square": "The slope of a square is twice its base.",
    "reciprocal": "The slope of 1/x is −1/x²: minus its own square.",
    ("remainder", 0): "Between its jumps the remainder grows just as its input does.",
    ("remainder", 1): "As often as the divisor fits in, so many times it is subtracted.",
    "floor_divide": _STEPS, "floor": _STEPS, "ceil": _STEPS, "trunc": _STEPS, "round": _STEPS, "sign": _STEPS,
    ("clip", 0): "Between its bounds it passes on what arrives; beyond them the bound decides, so the number gets"
                 " nothing.",
    ("clip", 1): "Where the lower bound decides, it gets what arrives.",
    ("clip", 2): "Where the upper bound decides, it gets what arrives.",
    "negative": "What has its sign turned gets its gradient with the sign turned.",
    "sqrt": "The slope of a root is one over twice the root: steep near 0.",
    "cbrt": "The slope of a cube root is one over three times its square: steep near 0.",
    ("hypot", 0): "The hypotenuse grows by the share that this side has in it: side / hypotenuse.",
    ("hypot", 1): "The hypotenuse grows by the share that this side has in it: side / hypotenuse.",
    "exp": "The exponential function is its own slope.",
    "expm1": "The −1 is a constant, so the slope is that of the exponential function: itself.",
    "log": "The slope of the logarithm is one over its input.",
    "log1p": "The slope of the logarithm is one over its input, here 1 + x.",
    "log2": "A logarithm of base 2 is the natural one over ln 2, so the slope is 1 / (x·ln 2).",
    "log10": "A logarithm of base 10 is the natural one over ln 10, so the slope is 1 / (x·ln 10).",
    "tanh": "The slope of tanh is one minus its square: 1 in the middle, nearly 0 at both ends.",
    "sigmoid": "The slope of the sigmoid is σ·(1 − σ): at most a quarter.",
    "softplus": "softplus is a smooth relu; its slope is the sigmoid, a step from 0 to 1 with a soft edge.",
    "softsign": "It flattens out on both sides: the slope is one over the square of 1 + |x|.",
    "erf": "erf adds up the bell curve from 0 on, so its slope is the bell curve: (2/√π)·exp(−x²).",
    "relu": "Where its input is positive relu passes on what arrives; elsewhere nothing.",
    "leaky_relu": f"{_BEND} elsewhere only its small slope times that.",
    "elu": f"{_BEND} elsewhere its curve alpha·(exp(x) − 1) has the slope alpha·exp(x).",
    "celu": f"{_BEND} elsewhere its curve has the slope exp(x / alpha).",
    "selu": "An elu times a constant, so its slope is that of elu times the constant.",
    "gelu": "x times the share of the bell curve below x; a product, so each factor adds its slope times the "
            "other one.",
    "silu": "x times sigmoid(x); a product, so each factor adds its slope times the other one.",
    "mish": "x times tanh(softplus(x)); a product, so each factor adds its slope times the other one.",
    "abs": "The slope of |x| is the sign of x.",
    "sin": "The slope of the sine is the cosine.",
    "cos": "The slope of the cosine is minus the sine.",
    "tan": "The slope of the tangent is one plus its square.",
    "asin": f"{_INVERSE}: here cos = √(1 − x²).",
    "acos": f"{_INVERSE}: here −sin = −√(1 − x²).",
    "atan": f"{_INVERSE}: here 1 + tan² = 1 + x².",
    ("atan2", 0): "The angle turns by what is across the arrow, over its length: by x2 / (x1² + x2²).",
    ("atan2", 1): "The angle turns by what is across the arrow, over its length: by −x1 / (x1² + x2²).",
    "sinh": "The slope of sinh is cosh.",
    "cosh": "The slope of cosh is sinh.",
    "asinh": f"{_INVERSE}: here cosh = √(1 + x²).",
    "acosh": f"{_INVERSE}: here sinh = √(x² − 1).",
    "atanh": f"{_INVERSE}: here 1 − tanh² = 1 − x².",
    "sinc": "A quotient, sin(πx) / (πx), whose slope at 0 is 0: it has its top there.",
    "sinc_derivative": "The slope of a slope is the next derivative.",
    "sum": "Each number counts once in the sum, so each gets all of what arrives.",
    "mean": "Each of n numbers counts 1/n in the mean.",
    "prod": "In a product, each factor is multiplied by all the others: they are its slope.",
    "var": "The mean of squared distances: each number gets twice its distance from the mean, over how many are "
           "counted.",
    "std": "The root of the variance: half the variance's slope, over the standard deviation.",
    "cumulative_sum": "A number is in its own partial sum and in all later ones, so it gets all their gradients.",
    "cumulative_prod": "A number is in its own partial product and in all later ones, times the other factors there.",
    "linear_scan": "Each state goes into the next one, so what arrives later flows back through all earlier ones.",
    "max": "Only the largest number decides, so only it gets what arrives; several that are largest share it.",
    "min": "Only the smallest number decides, so only it gets what arrives; several that are smallest share it.",
    "maximum": "The larger one of the two gets what arrives; where both are equal, each gets half.",
    "minimum": "The smaller one of the two gets what arrives; where both are equal, each gets half.",
    "logaddexp": "A smooth maximum of two: each gets its share, the sigmoid of how far it is ahead.",
    "where": "Each element goes back to the branch that was taken; the other one gets 0.",
    ("matmul", 0): "Each element of the left side multiplies a row of the right one: so what arrives, times the right "
                   "side transposed.",
    ("matmul", 1): "Each element of the right side is multiplied by a column of the left one: so the left side "
                   "transposed, times what arrives.",
    ("outer", 0): "Each element of the first is multiplied by all of the second: so what arrives, times the "
                  "second, added up.",
    ("outer", 1): "Each element of the second is multiplied by all of the first: so what arrives, times the "
                  "first, added up.",
    "det": "Along each row the determinant is a sum of element × cofactor, so the cofactor is the slope.",
    "slogdet": "The slope of ln |det| is the inverse, transposed: cofactors over the determinant.",
    "cofactors": "Each cofactor is a determinant itself, whose slopes are cofactors again.",
    "inv": "A·A⁻¹ stays 1, so a change of A changes A⁻¹ by −A⁻¹ · change · A⁻¹.",
    ("solve", 0): "The solution is A⁻¹ b. A change of A acts through it: minus the gradient of b, times the "
                  "solution transposed.",
    ("solve", 1): "The solution is A⁻¹ b: what arrives is solved for with A transposed.",
    "eigh": "An eigenvalue moves with what the change does along its eigenvector; eigenvectors turn towards each "
            "other, the faster the nearer their eigenvalues are.",
    "vector_norm": "A length grows by the share that each number has in it: for the usual norm x / norm.",
    "einsum": "Each element gets, from every product it is in, what arrives times the other factors.",
    "conv2d": "Each number gets, from every place where it was used, what arrives there times its partner.",
    "softmax": "Shares add up to 1, so what one gains the others lose.",
    "log_softmax": "Each score gets its own gradient, minus its share of all of them.",
    "logsumexp": "A smooth maximum: each number gets its share (its softmax) of what arrives.",
    "getitem": "What was picked gets its gradient back; what was picked several times gets all of them, added up.",
    "take": "What was taken gets its gradient back; what was taken several times gets all of them, added up.",
    "take_along_axis": "What was taken gets its gradient back, added up if it was taken several times; all others"
                       " get 0.",
    "diagonal": "What stands on the diagonal gets its gradient back, all others get 0.",
    "topk": "What was among the largest gets its gradient back, all others get 0.",
    ("index_set", 0): "What was overwritten no longer counts, so it gets 0; the rest gets its gradient back.",
    ("index_set", 1): _ADDED_AT,
    "scatter_add": _ADDED_AT, "put_along_axis": _ADDED_AT,
    "concat": "Each part gets back its own piece of the gradient.",
    "stack": "Each part gets back its own piece of the gradient.",
    "broadcast_to": _REPEATED, "repeat": _REPEATED, "tile": _REPEATED,
    "patches": "A number stands in every patch that covers it, so all its gradients are added up.",
    "unpatch": "Patches were added up where they overlap, so each gets the gradient of the place where it was added.",
    "max_pool2d": "Only the largest number of each window decides, so only it gets what arrives; several that are "
                  "largest share it.",
    "avg_pool2d": "Each number of a window counts equally, so what arrives is shared out evenly.",
    "sort": _SAME_PLACE, "reshape": _SAME_PLACE, "permute_dims": _SAME_PLACE, "matrix_transpose": _SAME_PLACE,
    "expand_dims": _SAME_PLACE, "squeeze": _SAME_PLACE, "flip": _SAME_PLACE, "roll": _SAME_PLACE,
    "pad": "The border is made of constants; the rest gets its gradient back.",
    "hook": "A hook was registered here: what it returns replaces the gradient.",
    "item": "One of several results: its gradient is put in its place.",
    "replayed": "This part kept no steps, to save memory: it was run again, and stepped back through, all at once.",
    "foreign_call": "Another library computed this: its own rule says what arrives at its input.",
    "foreign_pull": "Another library computed this: its own rule says what arrives at its input.",
    "": "The chain rule: what arrives, times how fast the result changes with this input.",
}


def why(op: str, position: int) -> str:
    """One sentence that says why the rule for this input is what it is.

    >>> why("multiply", 0)
    'In a product, each factor is the slope of the other one.'
    """
    return WHY.get((op, position)) or WHY.get(op) or WHY[""]

