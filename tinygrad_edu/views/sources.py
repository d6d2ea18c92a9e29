"""Source code: the recorded graph as a program that runs without this library.

    source(t)                   the value of `t` and its gradients as straight-line NumPy code -> Source
    source(f, *examples)        the same of a function, run once on the examples

Read `programs.py` for what is printed, `numpy_text.py` and `numpy_files.py` for how.
"""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.ops import FLOAT_TROUBLE
from ..core.tensors import Tensor
from ..core.written import run_text
from ..errors import ArgumentError
from ..files import write_whole
from .numpy_files import NumpyFile
from .program_building import program_of, same_bits
from .program_names import identifier, users_names
from .programs import Program
from .recording import recorded

Of = Tensor | str | Sequence[Tensor | str] | None


def source(t: Any, *examples: Any, backward: bool = True, of: Of = None, language: str = "numpy") -> Any:
    """The record of a tensor, or of a function's run, as a program that runs without this library.

    The text computes what the engine computed, to the bit: one statement per operation, forward, then backward in the
    engine's order, with the user's names where they are known.

    Args:
        t: a Tensor, or a function that gives one. Of a variable itself the program is `y = x`, of a constant it is
            that without gradients.
        examples: the arguments to run a function on: numbers, arrays, Tensors, or nested lists, tuples, dicts of them.
        backward: whether to add the gradients.
        of: whose gradients, as tensors or by name; None for all variables.
        language: "numpy" or "javascript".
    Returns: a `Source` (of JavaScript a `Text`): `print` it, `.save("backprop.py")` it, `.run()` it. If `t` is not a
        single number, the program takes the gradient to start from as its last argument.
    Raises: GraphError if there is no gradient, or if the code of one of your own operations is not at hand.

    >>> w, x = tg.variables(w=2, x=-3)
    >>> program = source(w * x)
    >>> program.run()
    (-6.0, {'w': -3.0, 'x': 2.0})
    """
    if t.__class__ is not Tensor:
        t = _run(t, examples)
    elif examples:
        raise ArgumentError("source(t, ...): got a Tensor and examples. Expected examples only with a function.")
    wanted = _tensors(t, of)
    if language == "javascript":
        from .javascript import javascript
        from .javascript.every_branch import program_of as program_for_all_inputs
        text = javascript(program_for_all_inputs(t, backward=backward, of=wanted))
        return Text(text, "javascript", ".mjs")
    if language != "numpy":
        raise ArgumentError(f'source(language={language!r}): expected "numpy" or "javascript".')
    return Source(program_of(t, backward=backward, of=wanted), t)


class Text:
    """A program as text. `print(source)` shows it, a notebook shows it as code.

    Attributes:
        text: the text.
    """

    def __init__(self, text: str, language: str, suffix: str) -> None:
        self.text, self._language, self._suffix = text, language, suffix

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<pre><code class="language-{self._language}">{html.escape(self.text)}</code></pre>'

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the program to a file. It is written aside and moved into place: a failure leaves no half of one.

        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> source(tg.sin(tg.Tensor(0.5, name="x"))).save(folder + "/backprop.py").name
        'backprop.py'
        """
        path = Path(path)
        if path.suffix != self._suffix:
            raise ArgumentError(f"save({str(path)!r}): expected a name that ends in {self._suffix}, such as "
                                f"backprop{self._suffix}.")
        return write_whole(path, self.text.encode())


class Source(Text):
    """A program in NumPy.

    Attributes:
        program: what was printed, see `programs.py`.
        example: the values of the inputs in the record, by name.
        exact: whether the text gives the engine's bits for these (the text says so if not).
    """

    def __init__(self, program: Program, t: Tensor) -> None:
        self.program, self._file = program, NumpyFile(program)
        self.example: dict[str, Any] = {each.name.name: each.value for each in self._file.inputs}
        super().__init__(self._file.text(), "python", ".py")
        try:
            self.exact = self._improve(t)
        except FLOAT_TROUBLE:                           # Python's floats refuse what NumPy's took
            self._file = NumpyFile(program, strongly=True)
            self.text = self._file.text()
            self.exact = self._improve(t)

    def _improve(self, t: Tensor) -> bool:
        """Run the text once: silence floating-point warnings if there are any, and say so should a bit differ."""
        warned: list[str] = []
        with np.errstate(all="call", call=lambda kind, _: warned.append(kind)):
            value, gradients = self._run(self.example)
        found = [value, *gradients.values()]
        expected = [t._value, *self.program.found.values()]
        exact = all(_is_same(a, b) for a, b in zip(found, expected, strict=True))
        self.text = self._file.text(quiet=bool(warned), exact=exact)
        return exact

    @property
    def function(self) -> Callable[..., Any]:
        """The function in the text, compiled: takes the inputs by name, gives what it returns."""
        scope = run_text(self.text, f"<source {id(self)}>", {"__name__": "source"})
        function: Callable[..., Any] = scope[self._file.function]
        return function

    def run(self, **inputs: Any) -> tuple[Any, dict[str, Any]]:
        """Run the text on the values in the record, or on others for some inputs: (value, gradients by name).

        Raises: ArgumentError for names that are no inputs, and for values that need the program printed anew.
        """
        unknown = [name for name in inputs if name not in self.example]
        if unknown:
            raise ArgumentError(f"run({', '.join(unknown)}): there is no such input. "
                                f"Expected {', '.join(self.example)}.")
        given = {**self.example, **inputs}
        changed = ", ".join(inputs) or "the values in the record"
        try:
            value, gradients = self._run(given)
        except (*FLOAT_TROUBLE, TypeError) as error:
            raise self._refused(changed, str(error)) from error
        if any(np.iscomplexobj(each) for each in (value, *gradients.values())):
            raise self._refused(changed, "the result is a complex number")
        return value, gradients

    def _run(self, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        found = self.function(**given)
        return found if self._file.has_gradients else (found, {})

    def _refused(self, given: str, why: str) -> ArgumentError:
        return ArgumentError(f"run({given}): the program was printed for other values and cannot compute with these: "
                             f"{why}. Expected inputs of the same shapes, at which Python's floats give a number. "
                             "Print the program anew at these values: source(f, ...).")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the program to a file that runs on its own, with large example values beside it as .npz.

        >>> import tempfile
        >>> path = source(tg.sin(tg.Tensor(0.5, name="x"))).save(tempfile.mkdtemp() + "/backprop.py")
        >>> path.name, path.read_text().count("import tinygrad_edu")
        ('backprop.py', 0)
        """
        large, path = self._file.large, Path(path)
        if large and path.suffix == ".py":
            write_whole(path.with_suffix(".npz"), lambda file: np.savez(file, **large))
        return super().save(path)


def _is_same(found: Any, expected: Any) -> bool:
    expected = expected._value if expected.__class__ is Tensor else expected
    return same_bits(np.asarray(found, np.asarray(expected).dtype), expected)


# -- what is asked for ------------------------------------------------------------------------------------------------


def _tensors(t: Tensor, of: Of) -> list[Tensor] | None:
    """The tensors that `of` names."""
    if of is None:
        return None
    from ..core.walk import by_number, made_from
    wanted = [of] if of.__class__ is Tensor or isinstance(of, str) else list(of)
    results, leaves = made_from([t])
    named = {name: each for each, name in users_names(sorted([*results, *leaves], key=by_number)).items()}
    named = {**{identifier(name): each for name, each in named.items()}, **named}       # x2 for x₂, too
    for each in wanted:
        if isinstance(each, str) and each not in named:
            raise ArgumentError(f"source(of=[{each!r}]): no tensor has that name. Expected one of {', '.join(named)}.")
    return [named[each] if isinstance(each, str) else each for each in wanted]


def _run(f: Any, examples: tuple[Any, ...]) -> Tensor:
    """What a function gives for variables that hold the examples and are called like its parameters."""
    if not callable(f):
        raise ArgumentError(f"source(t): got {type(f).__name__}. Expected a Tensor, or a function and its arguments.")
    output = recorded(f, examples, call="source")
    if output.__class__ is not Tensor:
        raise ArgumentError(f"source({getattr(f, '__name__', 'f')}): the function gave {type(output).__name__}. "
                            "Expected one Tensor.")
    called = getattr(f, "__name__", "")
    if output.op is not None and output.name is None and called.isidentifier():
        output.name = called
    return output
