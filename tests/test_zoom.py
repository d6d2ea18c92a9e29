"""Zoom: the same values and gradients at scalar grain, for every operation; names, places, limits and errors."""

import gc
import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import BUILT_IN, INTERNAL, cases, examples, is_floating, subjects
from tests.test_graphs import programs
from tinygrad_edu.core.tensors import Tensor
from tinygrad_edu.core.walk import made_from
from tinygrad_edu.errors import ArgumentError, ChangedValueError, GraphError, RuleError, ShapeError
from tinygrad_edu.ops.expansions import way_of
from tinygrad_edu.views.zooming import zoom, zoom_function

WITHOUT = {"solve", "inv", "det", "cofactors", "slogdet", "eigh"}           # LAPACK's, which have no scalar form
OPENED = [subject for subject in subjects() if subject.name not in WITHOUT]


def scalars_in(x):
    """The scalars of a tensor as a list."""
    return list(x.flat) if isinstance(x, np.ndarray) else [x]


def numbers_in(x, shape):
    return np.array([each.item() for each in scalars_in(x)]).reshape(shape)


def assert_zooms(output, variables, digits=1e-10):
    """The scalars of `output` have its values and dtype, and its gradients for `variables`."""
    z = zoom(output, max_nodes=None)
    scalars = scalars_in(z.output)
    assert all(x.__class__ is Tensor and x.shape == () and x.dtype == output.dtype for x in scalars)
    assert_allclose(numbers_in(z.output, output.shape), output.numpy(), rtol=digits, atol=digits)
    assert all(x.shape == () for x in z.nodes)
    assert len(z.nodes) - len(scalars) <= z._built.opening.count().total()
    if output.requires_grad and any(x.requires_grad for x in scalars):
        g = np.random.default_rng(0).uniform(-1, 1, output.shape)
        z.backward(g)
        for x, exact in zip(variables, tg.gradients(output, variables, g, allow_unused=True), strict=True):
            if exact is not None:
                assert_allclose(z.gradient(x), exact.numpy(), rtol=digits, atol=digits)


# -- laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", BUILT_IN.values(), ids=lambda op: op.name)
def test_every_operation_has_an_expansion_but_those_of_lapack(op):
    assert (way_of(op) is None) == (op.name in WITHOUT | INTERNAL.keys() - {"replayed"})


@pytest.mark.parametrize("subject", OPENED, ids=str)
@examples(12)
@given(data=st.data())
def test_scalars_have_the_values_and_gradients_of_the_tensors(subject, data):
    case = data.draw(cases(subject))
    inputs = [tg.Tensor(x) if is_floating(x) else x for x in case.inputs]
    for output in subject.results(inputs, case.options):
        if output.__class__ is Tensor:
            assert_zooms(output, [x for x in inputs if x.__class__ is Tensor])


@pytest.mark.parametrize(("dtype", "digits"), [(np.float32, 2e-4), (np.float16, 0.2)])
@pytest.mark.parametrize("subject", OPENED, ids=str)
@examples(4)
@given(data=st.data())
def test_scalars_have_the_dtype_of_their_tensors(subject, dtype, digits, data):
    case = data.draw(cases(subject))
    inputs = [tg.Tensor(x.astype(dtype)) if is_floating(x) else x for x in case.inputs]
    for output in subject.results(inputs, case.options):
        if output.__class__ is Tensor and output.size:
            z = zoom(output)
            assert {x.dtype for x in scalars_in(z.output)} == {output.dtype}
            assert_allclose(numbers_in(z.output, output.shape), output.numpy(), rtol=digits, atol=digits)


@examples(60)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_random_programs_zoom(program, seed):
    variables = [tg.Tensor(x) for x in program.at(seed)]
    assert_zooms(program(*variables), variables)


@examples(40)
@given(program=programs(smooth=False), seed=st.integers(0, 99), pick=st.integers(0, 99))
def test_any_one_node_of_random_programs_zooms(program, seed, pick):
    variables = [tg.Tensor(x) for x in program.at(seed)]
    output = program(*variables)
    nodes = [node for node in made_from([output])[0] if node.requires_grad]
    z = zoom(output, only=nodes[pick % len(nodes)])
    assert_allclose(z.output.item(), output.item(), rtol=1e-12)
    z.backward()
    for x, exact in zip(variables, tg.gradients(output, variables, allow_unused=True), strict=True):
        if exact is not None:
            assert_allclose(z.gradient(x), exact.numpy(), rtol=1e-10, atol=1e-12)


# -- networks ---------------------------------------------------------------------------------------------------------


def test_a_small_convolution_network_zooms():
    rng = np.random.default_rng(0)
    images = rng.uniform(size=(2, 6, 6, 1))
    w, b = tg.Tensor(rng.normal(size=(3, 3, 1, 2))), tg.Tensor(rng.normal(size=2))
    v = tg.Tensor(rng.normal(size=(8, 3)))
    maps = tg.relu(tg.conv2d(images, w, b))                                 # (2, 4, 4, 2)
    pooled = tg.max_pool2d(maps, 2)                                         # (2, 2, 2, 2)
    loss = -tg.mean(tg.log_softmax(pooled.reshape((2, 8)) @ v)[[0, 1], [2, 0]])
    z = zoom(loss)
    z.backward()
    loss.backward()
    assert_allclose(z.output.item(), loss.item(), rtol=1e-12)
    for x in (w, b, v):
        assert_allclose(z.gradient(x), x.grad.numpy(), rtol=1e-9, atol=1e-12)
    pixel = z[maps][0, 0, 0, 1]
    assert pixel.op.name == "relu"
    assert pixel.inputs[0].inputs[1] is z[b][1]                             # relu(… + b[1])
    assert z["images"][1, 2, 3, 0].item() == images[1, 2, 3, 0]


def test_an_attention_head_zooms():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, 3))
    wq, wk, wv = (tg.Tensor(rng.normal(size=(3, 2)), name=name) for name in ("wq", "wk", "wv"))
    q, k, v = x @ wq, x @ wk, x @ wv
    weights = tg.softmax(q @ k.T / np.sqrt(2))
    head = weights @ v                                                      # (4, 2)
    loss = tg.sum(head * head)
    z = zoom(loss)
    z.backward()
    loss.backward()
    for t in (wq, wk, wv, weights, q, v):
        assert_allclose(z.gradient(t), t.grad.numpy(), rtol=1e-9, atol=1e-12)
    assert z[weights][1, 2].op.name == "divide"
    assert z[weights][1, 2].name == "weights[1,2]"
    assert sum(each.item() for each in z[weights][1]) == pytest.approx(1)


# -- structure --------------------------------------------------------------------------------------------------------


def test_a_matrix_product_opens_into_neurons():
    w, x = tg.Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], name="w"), tg.Tensor([7.0, 8.0, 9.0], name="x")
    h = w @ x
    z = zoom(h)
    last = z[h][1]                                                          # ((w10 x0 + w11 x1) + w12 x2)
    assert (last.name, last.item()) == ("h[1]", 4 * 7 + 5 * 8 + 6 * 9)
    before, product = last.inputs
    assert product.name is None
    assert [each.name for each in product.inputs] == ["w[1,2]", "x[2]"]
    assert [[each.name for each in product.inputs] for product in before.inputs] == [["w[1,0]", "x[0]"],
                                                                                    ["w[1,1]", "x[1]"]]
    assert len(z.nodes) == 9 + 2 * (3 + 2)                                  # the leaves; three products, two sums each


def test_a_batch_passed_as_a_plain_array_has_named_scalars_too():
    x = np.array([[1.0, 2.0]])
    w = tg.Tensor([[3.0], [4.0]], name="w")
    z = zoom(x @ w)
    assert [node.name for node in z.nodes if node.is_leaf] == ["x[0,0]", "x[0,1]", "w[0,0]", "w[1,0]"]
    assert not z["x"][0, 0].requires_grad


def test_modules_and_modes_of_the_original_are_kept():
    x = tg.Tensor([1.0, 2.0])
    with tg.core.modes.module_path("layers.0"):
        h = tg.tanh(x)
    loss = tg.sum(h)
    with tg.no_grad(), tg.core.modes.module_path("elsewhere"):
        z = zoom(loss)
    assert z[h][0].module == "layers.0"
    assert z.output.module is None
    assert z.output.requires_grad


def test_sums_go_from_left_to_right():
    x = tg.Tensor([1.0, 2.0, 3.0], name="x")
    before, last = zoom(tg.sum(x)).output.inputs
    assert [each.name for each in (*before.inputs, last)] == ["x[0]", "x[1]", "x[2]"]


def test_elements_that_join_an_array_of_another_dtype_are_converted():
    small, large = tg.Tensor(np.float32([0.1]), name="small"), tg.Tensor([0.2])
    scalars = zoom(tg.concat([small, large])).output
    assert [each.dtype for each in scalars] == [np.float64, np.float64]
    assert scalars[0].inputs[0].name == "small[0]"


def test_a_scalar_points_to_the_line_that_made_its_tensor():
    x = tg.Tensor([1.0, 2.0])
    loss = tg.sum(x * x)
    square = zoom(loss).output.inputs[1]
    assert square.position.text == "loss = tg.sum(x * x)"
    assert square.name is None
    assert zoom(loss).output.name == "loss"


def test_what_only_moves_is_the_same_scalar():
    x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], name="x")
    turned = tg.flip(x.T, axis=0)
    z = zoom(turned)
    assert z[turned][0, 1] is z[x][1, 1]
    assert z[turned][0, 1].name == "x[1,1]"


def test_one_element_opens_only_what_it_was_made_of():
    w, x = tg.Tensor(np.ones((50, 40)), name="w"), tg.Tensor(np.ones(50), name="x")
    h = tg.tanh(x @ w)
    z = zoom(h[3])
    assert len(z.nodes) == 50 + 50 + 50 + 49 + 1                            # w[:, 3], x, products, sums, tanh
    assert z[w][7, 2] is None
    assert z[w][7, 3].name == "w[7,3]"
    assert z.output is z[h][3]


def test_equal_largest_elements_share_the_gradient():
    x = tg.Tensor([1.0, 3.0, 3.0, 3.0])
    z = zoom(tg.max(x))
    z.backward()
    assert_allclose(z.gradient(x), [0, 1 / 3, 1 / 3, 1 / 3])


def test_a_branch_not_taken_sends_no_nan():
    x = tg.Tensor([0.0, 4.0])
    with np.errstate(divide="ignore"):
        z = zoom(tg.sum(tg.where(x > 0, tg.log(x), 0.0)))
    z.backward()
    assert_array_equal(z.gradient(x), [0, 0.25])


def test_norms_and_deviations_have_slope_0_where_they_are_0():
    for f in (tg.std, tg.vector_norm, lambda x: tg.vector_norm(x, ord=3)):
        x = tg.Tensor([0.0, 0.0])
        z = zoom(f(x))
        z.backward()
        assert_array_equal(z.gradient(x), [0, 0])


def test_large_numbers_do_not_overflow_in_exponentials():
    x = tg.Tensor([1000.0, 1001.0])
    for f in (tg.softmax, tg.log_softmax, tg.logsumexp):
        assert_zooms(f(x), [x])


def test_values_leave_the_original_graph_as_it_was():
    x = tg.Tensor([1.0, 2.0])
    loss = tg.sum(x * x)
    zoom(loss).backward()
    assert x.grad is None
    assert loss.grad is None


def test_long_chains_are_made_and_freed():
    x = tg.Tensor(np.ones(30_000))
    z = zoom(tg.sum(x))
    z.backward()
    assert z.gradient(x).sum() == 30_000
    del z
    gc.collect()


def test_second_derivatives_of_the_scalars():
    x = tg.Tensor([1.0, 2.0], name="x")
    z = zoom(tg.prod(x * x))
    a, b = z[x]
    slope = tg.gradients(z.output, a, create_graph=True)                    # d(a²b²)/da = 2ab²
    assert tg.gradients(slope, b).item() == 4 * 1 * 2


# -- one node of many -------------------------------------------------------------------------------------------------


def test_one_node_is_opened_and_the_rest_stays_tensors():
    w, x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], name="w"), tg.Tensor([0.5, -0.5], name="x")
    h = w @ x
    loss = tg.sum(tg.tanh(h))
    z = zoom(loss, only=h)
    ops = [node.op.name for node in z.nodes if node.op]
    assert ops == ["getitem"] * 6 + ["multiply", "multiply", "add"] * 2 + ["stack", "tanh", "sum"]
    assert z[w].shape == (2, 2)
    assert [each.name for each in z[h]] == ["h[0]", "h[1]"]
    assert {each.name for each in z.nodes} >= {"w[1,0]", "x[0]"}
    z.backward()
    loss.backward()
    assert_allclose(z.gradient(w), w.grad.numpy())
    assert_allclose(z.gradient(h), h.grad.numpy())
    assert w.grad is not z[w].grad


def test_neighbours_are_linked_without_stacking():
    x = tg.Tensor([1.0, 2.0], name="x")
    a = x * 2
    b = tg.exp(a)
    z = zoom(tg.sum(b), only=["a", b])
    assert [node.op.name for node in z.nodes if node.op] == ["getitem"] * 2 + ["multiply"] * 2 + ["exp"] * 2 + [
        "stack", "sum"]


def test_what_has_no_scalar_form_may_stay_whole():
    a = tg.Tensor([[2.0, 1.0], [1.0, 3.0]])
    y = tg.inv(a)
    loss = tg.sum(y * y)
    z = zoom(loss, only=loss)
    z.backward()
    assert_allclose(z.gradient(a), tg.gradients(loss, a).numpy())


def test_an_operation_with_several_results_may_be_opened_or_stay_whole():
    x = tg.Tensor([3.0, 1.0, 2.0], name="x")
    values, _ = tg.topk(x, 2)
    loss = tg.sum(values * values)
    for only in (None, values, loss):
        z = zoom(loss, only=only)
        z.backward()
        assert_array_equal(z.gradient(x), [6, 0, 4])


# -- functions --------------------------------------------------------------------------------------------------------


def test_a_function_is_zoomed_at_examples_named_like_its_parameters():
    def neuron(w, x, b):
        return tg.tanh(w @ x + b)

    z = zoom_function(neuron, [1.0, 2.0], np.array([3.0, 4.0]), -10.0)
    assert z.output.item() == pytest.approx(np.tanh(1.0))
    assert [z["w"][1].name, z["x"][0].name, z["b"].name] == ["w[1]", "x[0]", "b"]


def test_a_function_of_nested_parameters_and_of_tensors():
    scale = tg.Tensor(2.0, name="scale")
    z = zoom_function(lambda params, s: {"y": params["w"] * s}, {"w": np.array([1.0, 2.0])}, scale)
    assert [each.item() for each in z.output["y"]] == [2, 4]
    assert z["w"][1].name == "w[1]"
    assert z[scale].item() == 2


def test_a_checkpoint_opens_into_what_its_function_recorded():
    @tg.checkpoint
    def block(x, w):
        return tg.tanh(x * w) + tg.random.uniform(2)

    x, w = tg.Tensor([0.5, -1.0], name="x"), tg.Tensor([2.0, 3.0], name="w")
    y = tg.sum(block(x, w) ** 2)
    y.backward()
    z = zoom(y)
    z.backward()
    assert_allclose(z.output.item(), y.item())
    assert_allclose(z.gradient(w), w.grad.numpy())
    assert any(node.op is not None and node.op.name == "tanh" for node in z.nodes)


# -- operations of one's own ------------------------------------------------------------------------------------------


def test_a_users_elementwise_operation_opens_by_itself():
    @tg.op(kind="elementwise")
    def cube(x, /):
        return x * x * x
    cube.derivative(x=lambda g, x: 3 * g * x * x)
    x = tg.Tensor([1.0, 2.0])
    assert_zooms(cube(x), [x])
    assert zoom(cube(x)).output[0].op.name == "cube"


def test_a_users_operation_says_its_expansion():
    @tg.op
    def energy(x, /, *, scale=1.0):
        return scale * np.sum(x * x)
    energy.derivative(x=lambda g, x, scale: 2 * scale * g * x)
    x = tg.Tensor([1.0, 2.0])
    with pytest.raises(GraphError, match=r"energy has no expansion.*kind=\"elementwise\".*energy\.expand"):
        zoom(energy(x))
    energy.expand(lambda x, scale: scale * tg.sum(x * x))
    assert_zooms(energy(x, scale=3.0), [x])
    with pytest.raises(RuleError, match=r"energy\.expand: the expansion names y\. Expected names among out, scale, x"):
        energy.expand(lambda y: y)
    energy.expand(lambda x: x * x)
    with pytest.raises(RuleError, match=r"gave shape \(2,\)\. Expected that of the result, \(\)"):
        zoom(energy(x))
    energy.expand("elementwise")
    with pytest.raises(RuleError, match="expected 'elements', 'moves', or a function"):
        zoom(energy(x))


# -- limits and errors ------------------------------------------------------------------------------------------------


def test_too_many_nodes_are_counted_before_any_is_made():
    x = tg.Tensor(np.ones((300, 300)))
    y = x @ x
    began = time.process_time()
    with pytest.raises(ArgumentError, match=re.escape("it would make up to 54,000,000 nodes, 53,910,000 of them for "
                                                      "matmul at test_zoom.py")):
        zoom(y)                                                             # 300³ products, 299 · 300² sums, the leaves
    assert time.process_time() - began < 5                                  # making them would take minutes
    with pytest.raises(ArgumentError, match="max_nodes=5"):
        zoom(tg.sum(x[0]), max_nodes=5)


@pytest.mark.parametrize("f", [tg.inv, tg.det, lambda x: tg.solve(x, x), lambda x: tg.slogdet(x).logabsdet,
                               lambda x: tg.eigh(x).eigenvalues], ids=["inv", "det", "solve", "slogdet", "eigh"])
def test_matrix_factorisations_are_named_in_the_error(f, request):
    x = tg.Tensor([[2.0, 1.0], [1.0, 3.0]])
    name = request.node.callspec.id
    with pytest.raises(GraphError, match=rf"zoom: {name} has no form at scalar grain \(test_zoom.*only="):
        zoom(tg.sum(f(x)))


def test_code_from_outside_is_named_in_the_error():
    decay = tg.custom(np.exp, vjp=lambda g, out, x: g * out)
    with pytest.raises(GraphError, match=r"zoom: custom\(exp\) has no form at scalar grain"):
        zoom(tg.sum(decay(tg.Tensor([1.0, 2.0]))))


def test_a_variable_that_was_assigned_since_is_an_error():
    x = tg.Tensor([1.0, 2.0], name="x")
    y = x * x
    x.data = [3.0, 4.0]
    with pytest.raises(ChangedValueError, match="x was assigned a new value after multiply"):
        zoom(y)


def test_what_is_not_in_the_graph_is_an_error():
    x, other = tg.Tensor([1.0, 2.0], name="x"), tg.Tensor(1.0, name="other")
    y = tg.sum(x * 2)
    with pytest.raises(GraphError, match="other is not a part of the graph"):
        zoom(y)[other]
    with pytest.raises(GraphError, match=r"no tensors are called 'w'\. There are x, y"):
        zoom(y, only="w")
    with pytest.raises(ArgumentError, match="x is a variable or constant. Expected a result"):
        zoom(y, only=x)
    with pytest.raises(ArgumentError, match="got a float. Expected a Tensor"):
        zoom(2.0)


def test_backward_of_an_array_asks_for_a_gradient_of_its_shape():
    x = tg.Tensor([1.0, 2.0])
    z = zoom(x * x)
    with pytest.raises(GraphError, match=r"Write z\.backward\(\) first"):
        z.gradient(x)
    with pytest.raises(ShapeError, match=r"got no gradient for an output of shape \(2,\)"):
        z.backward()
    z.backward([1.0, 10.0])
    assert_array_equal(z.gradient(x), [2, 40])
    with pytest.raises(GraphError, match="no element of the output needs a gradient"):
        zoom(tg.asarray([1.0, 2.0])).backward([1.0, 1.0])
    with pytest.raises(ShapeError, match="got 2 outputs"):
        zoom([x * x, x]).backward()


def test_what_an_expansion_holds_constant_has_a_name_and_a_note_in_formulas():
    x = tg.Tensor([1.0, 2.0, 3.0], name="x")
    text = tg.formula(tg.zoom(tg.softmax(x)).output[0]).text
    assert text == "h₁ = exp(x[0] − c₁)\nh₁ / (h₁ + exp(x[1] − c₁) + exp(x[2] − c₁))\n    c₁ = 3 is held constant"
    twice = tg.formula(tg.zoom(tg.sum(tg.logsumexp(tg.Tensor([[1.0, 2.0], [4.0, 3.0]], name="m"), axis=1))).output)
    assert twice.notes == ("c₁ = 2 is held constant", "c₂ = 4 is held constant")


def test_several_operations_without_a_form_are_spoken_of_in_the_plural():
    a = tg.Tensor(np.eye(2) * 2)
    with pytest.raises(GraphError, match=r"zoom: (inv and det|det and inv) have no form.*Leave them whole"):
        tg.zoom(tg.sum(tg.inv(a)) + tg.det(a))
