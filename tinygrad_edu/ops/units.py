"""More activation functions, each element alone: out (...) like x (...).

    leaky_relu elu celu selu            a straight line above 0, below it a line or an exponential
    gelu silu mish softsign             smooth

Each is one operation with one rule, so a picture shows one gate. Read `activation.py` before this file.
"""

from __future__ import annotations

import math

import numpy as np

from .. import ops
from ..core.ops import elementwise
from ..errors import ArgumentError
from .activation import sigmoid
from .creation import as_floats
from .domains import MODERATE, NONZERO

SELU_ALPHA = 1.6732632423543772         # Klambauer et al. 2017, section 2: mean 0 and variance 1 are kept
SELU_SCALE = 1.0507009873554805


@elementwise(domain=NONZERO)
def leaky_relu(x, /, *, slope=0.01):
    """x above 0, slope · x below. At its kink, 0, the derivative is `slope`.

    Source: Maas, Hannun & Ng 2013, ICML workshop on deep learning for audio, speech and language processing.
    """
    x = as_floats(x)
    return np.where(x > 0, x, slope * x)


leaky_relu.derivative(x=lambda g, x, slope: ops.where(x > 0, g, slope * g))


@elementwise(domain=NONZERO)
def elu(x, /, *, alpha=1.0):
    """x above 0, alpha · (exp(x) - 1) below. At 0 the derivative is `alpha`.

    Source: Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289.
    """
    x = as_floats(x)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


elu.derivative(x=lambda g, x, alpha: ops.where(x > 0, g, g * (alpha * _exp_below_0(x))))


def _exp_below_0(x):
    """exp(x) for x up to 0, and 1 above, where exponentials might overflow and nobody wants them."""
    return ops.exp(ops.where(x > 0, 0.0, x))


@elementwise(domain=NONZERO)
def celu(x, /, *, alpha=1.0):
    """x above 0, alpha · (exp(x / alpha) - 1) below: smooth for every alpha above 0.

    Source: Barron 2017, arXiv:1704.07483.
    """
    if not alpha > 0:
        raise ArgumentError(f"celu(x, alpha): got alpha={alpha}. Expected a number above 0.")
    x = as_floats(x)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


celu.derivative(x=lambda g, x, alpha: ops.where(x > 0, g, g * _exp_below_0(x / alpha)))


@elementwise(domain=NONZERO)
def selu(x, /):
    """1.0507 · elu(x, alpha=1.6733): keeps sums of many inputs near mean 0 and variance 1, if the weights are LeCun's.

    At its kink, 0, the derivative is that from below.
    Source: Klambauer, Unterthiner, Mayr & Hochreiter 2017, arXiv:1706.02515.
    """
    x = as_floats(x)
    return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))


selu.derivative(x=lambda g, x: SELU_SCALE * ops.where(x > 0, g, g * (SELU_ALPHA * _exp_below_0(x))))


@elementwise(domain=MODERATE)
def gelu(x, /):
    """x · Φ(x), with Φ the share of a standard normal distribution below x: Φ(x) = (1 + erf(x / √2)) / 2.

    Source: Hendrycks & Gimpel 2016, arXiv:1606.08415, the exact form.
    """
    x = as_floats(x)
    return x * _share_below(x)


gelu.derivative(x=lambda g, x: g * (_share_below(x) + x * ops.exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))))


def _share_below(x):
    """Φ(x)."""
    return 0.5 * (1 + ops.erf(x * math.sqrt(0.5)))


@elementwise(domain=MODERATE)
def silu(x, /):
    """x · sigmoid(x), also called swish.  Source: Elfwing, Uchibe & Doya 2018, arXiv:1702.03118."""
    x = as_floats(x)
    return x * sigmoid(x)


silu.derivative(x=lambda g, x: g * (sigmoid(x) * (1 + x * (1 - sigmoid(x)))))


@elementwise(domain=MODERATE)
def mish(x, /):
    """x · tanh(softplus(x)).  Source: Misra 2019, arXiv:1908.08681."""
    x = as_floats(x)
    return x * np.tanh(ops.softplus(x))


mish.derivative(x=lambda g, x: g * _mish_slope(x, ops.tanh(ops.softplus(x))))


def _mish_slope(x, t):
    """t + x · (1 - t²) · sigmoid(x), with t = tanh(softplus(x))."""
    return t + x * (1 - t * t) * sigmoid(x)


@elementwise(domain=NONZERO)
def softsign(x, /):
    """x / (1 + |x|): like tanh from -1 to 1, but slower.  Source: Turian, Bergstra & Bengio 2009, ECML-PKDD."""
    x = as_floats(x)
    return x / (1 + np.abs(x))


softsign.derivative(x=lambda g, x: g / (1 + ops.abs(x)) ** 2)
