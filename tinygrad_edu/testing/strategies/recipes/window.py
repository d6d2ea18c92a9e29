"""Recipes of convolution and pooling: small images, and windows that fit into them."""

from functools import partial

from ..pencil import Drawn, Pencil, Recipe


def windows(p: Pencil) -> Drawn:
    """Images that hold at least one window."""
    size = p.choice(2, 1, (1, 2), (2, 1))
    shape = (p.choice(1, 2, 1, 0), p.integer(3, 5), p.integer(3, 4), p.integer(1, 2))
    return (p.array(shape),), {"size": size, "stride": p.choice(1, 2, (1, 2)), "dilation": p.choice(1, 2, (2, 1))}


def window_sums(p: Pencil) -> Drawn:
    """Patches as `windows` would be cut into, to be put back."""
    (x,), options = windows(p)
    (m, n), (sh, sw), (dh, dw) = (pair(options[name]) for name in ("size", "stride", "dilation"))
    rows, columns = (x.shape[1] - (m - 1) * dh - 1) // sh + 1, (x.shape[2] - (n - 1) * dw - 1) // sw + 1
    cut = (x.shape[0], rows, columns, m, n, x.shape[3])
    return (p.array(cut),), {"shape": x.shape, "stride": options["stride"], "dilation": options["dilation"]}


def pair(n: int | tuple[int, int]) -> tuple[int, int]:
    """A number for both directions, or one for each."""
    return (n, n) if isinstance(n, int) else n


def convolutions(p: Pencil) -> Drawn:
    """Images, filters, perhaps offsets; groups of channels."""
    groups = p.choice(1, 2)
    channels, filters = groups * p.integer(1, 2), groups * p.integer(1, 2)
    x = p.array((p.choice(1, 2, 1, 0), p.integer(3, 4), p.integer(3, 4), channels))
    w = p.array((p.integer(1, 2), p.integer(1, 2), channels // groups, filters))
    options = {"stride": p.choice(1, 2, (2, 1)), "padding": p.choice(0, 1, (0, 1)),
               "dilation": p.choice(1, 2, (1, 2)), "groups": groups}
    return (x, w, p.optional("b", lambda: p.array((filters,)))), options


def pooling(p: Pencil, distinct: bool) -> Drawn:
    """Images, of which a largest pixel needs to be the only one."""
    shape = (p.choice(1, 2, 1, 0), p.integer(2, 4), p.integer(2, 4), p.integer(1, 2))
    size = p.choice(2, (1, 2), 1)
    options = {"size": size, "stride": p.choice(None, 1, (2, 1)), "padding": 0 if size == 1 else p.choice(0, (0, 1))}
    return (p.spread(shape) if distinct else p.array(shape),), options


RECIPES: dict[str, Recipe] = {
    "patches": windows, "unpatch": window_sums, "conv2d": convolutions,
    "max_pool2d": partial(pooling, distinct=True), "avg_pool2d": partial(pooling, distinct=False),
}
