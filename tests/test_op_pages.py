"""The reference of operations: every page is complete, its rules are right, and the committed page is up to date."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import tinygrad_edu as tg
from tests.registry import BUILT_IN, INTERNAL
from tinygrad_edu.core.rules import Rule, registry
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.views.reference import explain_op, ops_by_family, reference

PAGE = Path(__file__).parents[1] / "notebooks" / "op_reference.md"
NAMES = [name for name in BUILT_IN if name not in INTERNAL]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_an_operation_is_complete_and_its_rules_are_checked(name):
    page = explain_op(name)
    text = str(page)
    assert page.signature.startswith(name)
    assert text.startswith(page.signature)
    assert max(map(len, text.splitlines())) <= 80
    assert page.example is not None, f"write an example for {name} in tinygrad_edu/views/reference_examples.py"
    assert "Forward, in NumPy" in text
    if not page.op.many:
        assert [argument for argument, _ in page.rules] == list(page.op.rules)[:len(page.rules)]
        for argument, rule in page.rules:
            assert (rule is None) == (page.op.rules[argument].kind == Rule.NONE)
    assert all(check.agrees for check in page.checks), text
    assert len(page.checks) == sum(rule is not None for _, rule in page.rules)


@pytest.mark.parametrize("name", ["matmul", "where", "conv2d", "topk"])
def test_pages_show_in_notebooks(name):
    page = explain_op(name)
    ElementTree.fromstring(page._repr_html_())
    assert page._repr_markdown_() == page.markdown()
    assert page.markdown().startswith(f"### {name}")


@pytest.mark.parametrize("name", ["tanh", "abs", "where", "topk"])
def test_a_page_in_a_notebook_has_the_headings_of_the_text_for_screen_readers(name):
    page = explain_op(name)
    tree = ElementTree.fromstring(page._repr_html_())
    assert [each.text for each in tree.iter("h3")] == [page.signature]
    headings = [each.text for each in tree.iter("h4")]
    wanted = ("Forward, in NumPy", "Rules (g is the gradient of out)", "Conventions", "Example")
    assert headings == [each for each in wanted if f"\n{each}\n" in str(page)]
    assert {"Forward, in NumPy", "Example"} <= {*headings}
    assert ("Conventions" in headings) == bool(page.conventions)


def test_the_page_of_tanh_says_what_there_is_to_say():
    text = str(explain_op("tanh"))
    assert "out = np.tanh(x)" in text
    assert "∂L/∂x = g · (1 − out²)" in text
    assert "They agree" in text


def test_kinks_are_told_from_the_docstring():
    assert explain_op(tg.abs).conventions == ["At its kink, 0, the derivative is 0."]
    assert explain_op("max").conventions == ["Elements that are equally large share the gradient equally."]
    assert explain_op("exp").conventions == []


def test_inputs_and_options_of_the_example_may_be_given():
    page = explain_op("matmul", np.ones(3), np.arange(3.0))
    assert page.results[0].item() == 3
    assert explain_op("sum", np.ones((2, 3)), axis=1).results[0].shape == (2,)


def test_functions_operations_and_tensors_lead_to_the_same_page():
    y = tg.tanh(tg.Tensor(0.5))
    assert {explain_op(each).op for each in ("tanh", "tg.tanh", tg.tanh, tg.tanh.op, y)} == {tg.tanh.op}


def test_unknown_names_are_refused_with_close_ones():
    with pytest.raises(ArgumentError, match=r"'tahn'.*Did you mean .*tanh"):
        explain_op("tahn")
    with pytest.raises(ArgumentError, match="tensordot is composed of other operations"):
        explain_op("tensordot")
    with pytest.raises(ArgumentError, match="no operation of that name"):
        explain_op(3.0)


def test_a_wrong_rule_is_noticed():
    @tg.op
    def cubed_wrongly(x, /):
        return x * x * x
    cubed_wrongly.derivative(x=lambda g, x: 3.01 * g * x * x)
    try:
        page = explain_op(cubed_wrongly)
        assert not page.checks[0].agrees
        assert "THEY DO NOT AGREE" in str(page)
        assert "cubed_wrongly" in [op.name for op in ops_by_family()["your own"]]
    finally:
        del registry["cubed_wrongly"]


def test_all_operations_are_listed_by_family():
    listed = ops_by_family()
    names = [op.name for members in listed.values() for op in members]
    assert set(NAMES) <= set(names)
    assert "tanh" in [op.name for op in listed["transcendental"]]
    assert "    tanh(x)                        The hyperbolic tangent" in str(listed)
    assert max(map(len, str(listed).splitlines())) <= 80
    ElementTree.fromstring(listed._repr_html_())


def test_the_committed_page_is_up_to_date():
    command = "python -m tinygrad_edu.views.reference > notebooks/op_reference.md"
    assert PAGE.read_text(encoding="utf-8") == reference(), f"make it anew: {command}"


def test_an_unknown_name_is_answered_with_what_lists_all():
    with pytest.raises(ArgumentError, match=r"tg\.ops\(\) lists all.*tinygrad-edu explain"):
        explain_op("nope")


def test_pages_name_no_source_files():
    for name in NAMES:
        page = explain_op(name)
        assert ".py" not in page.doc, name
        assert not any(".py" in each for each in page.conventions), name
    assert "not even the NaN of an infinite slope." in explain_op("where").doc
