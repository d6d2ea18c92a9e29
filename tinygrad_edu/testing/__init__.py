"""Testing: is a gradient right, how sure is that, and what is wrong with it?

    check_grad(f, *inputs)      raises GradientError with the report if it is wrong
    grad_report(f, *inputs)     the report
    numerical_gradient, numerical_jacobian, numerical_hessian       by differences, with error bounds
    strategies                  what Hypothesis draws from (an extra: imported when it is used)

Read `noise.py` first, then `slopes.py`, `numerical.py`, `claims.py`, `checks.py`.
"""

from importlib import import_module
from typing import Any

from ..errors import GradientError
from .checks import check_grad, grad_report
from .numerical import Estimate, numerical_gradient, numerical_hessian, numerical_jacobian
from .report import GradientReport, InputReport

__all__ = ["Estimate", "GradientError", "GradientReport", "InputReport", "check_grad", "grad_report",
           "numerical_gradient", "numerical_hessian", "numerical_jacobian"]


def __getattr__(name: str) -> Any:
    """`strategies` needs Hypothesis, which is not always there."""
    if name == "strategies":
        return import_module(".strategies", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
