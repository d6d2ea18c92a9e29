"""Words: everything that the pages of graphs say, in tables.

    GRAPH       the words of a graph's page, handed to its script as JSON; {…} is filled in
    ANIMATION   the words of an animation
    say         one of the words of GRAPH, filled in

Another language needs other tables, and nothing else.
"""

from __future__ import annotations

GRAPH = {
    # the page
    "as text": "The same as text",
    "untitled": "A graph of {n} nodes",
    "legend": "What the marks mean",
    "notebook": "This graph has {n} nodes. A notebook keeps what it shows, so these are the ones nearest to the "
                'result; graph.save("graph.html") writes a page of all.',
    "some folds": "This page holds some of the ways to fold modules: where one that you ask for is missing, other "
                  "modules open or fold with it.",
    "too many": "This graph has {n} nodes, too many for a picture. Shown are the {shown} nearest to the result; "
                "graph.fold(1), graph.focus(…) and graph.between(…) choose others.",
    "on canvas": "All {n} nodes are drawn, as mere shapes; names and numbers show when you point at one. Modules that "
                 "are folded, graph.focus(…) and graph.between(…) leave fewer, with their numbers.",
    "summary": "What the {n} nodes nearest to the result consist of",
    "left out": "not looked at",
    # controls
    "graph": "Graph",
    "how to": "Arrow keys move along edges, Enter shows all about a node, question mark helps.",
    "controls": "Controls",
    "zoom in": "Zoom in",
    "zoom out": "Zoom out",
    "fit": "Fit",
    "fit long": "Fit the whole graph",
    "help": "Help",
    "help long": "Keys and help",
    "search": "Search",
    "search long": "Search by name",
    "no hits": "Nothing is called so.",
    "hits": "{n} found",
    "one hit": "1 found",
    "more hits": "and {n} more",
    "close": "Close",
    "fold": "Fold {name}",
    "unfold": "Unfold {name}",
    "cannot fold": "This page holds no picture in which {name} is folded.",
    "folded": "{name} is folded.",
    "unfolded": "{name} is open.",
    "also": "Other modules were folded or opened with it: this page holds some of the ways to fold.",
    "zoomed": "{percent} %",
    "overview": "Overview: drag to move",
    # keys
    "keys": "Keys",
    "key move": "move along edges: to what a node was made from, to what was made from it, to its neighbours",
    "key open": "all about the node",
    "key fold": "fold the module around the node, or unfold it",
    "key pan": "move the picture (without Shift while no node is chosen)",
    "key zoom": "zoom; with the mouse, turn its wheel while Ctrl is held, or drag to move",
    "key fit": "the whole graph",
    "key search": "search by name",
    "key leave": "close what is open, let go of the node, leave the graph",
    # a node
    "kind parameter": "parameter of a module",
    "kind variable": "variable",
    "kind input": "input: example data",
    "kind constant": "constant",
    "kind result": "result",
    "kind module": "folded module",
    "kind expression": "expression of several operations",
    "kind rest": "what is left out",
    "rest": "{n} more nodes",
    "root": "backward begins here",
    "changed": "changed since the graph was recorded",
    "stale": "stale: made from what has changed since",
    "stands for": "stands for {n} recorded nodes",
    "repeats": "{n} equal blocks",
    "expression": "Made as",
    "operation": "Operation",
    "options": "Options",
    "module": "Module",
    "parameters": "{n} parameters",
    "value": "Value",
    "gradient": "Gradient",
    "shape": "Shape",
    "dtype": "Type",
    "elements": "Elements",
    "range": "Smallest, mean, largest",
    "zeros": "{n} of {size} are zero",
    "none yet": "none yet: there was no backward pass",
    "not wanted": "no gradient wanted",
    "exact": "exactly",
    "source": "Source",
    "line": "{file}, line {line}",
    "from": "Made from",
    "into": "Goes into",
    "edge from": "Argument",
    "edge into": "Result",
    "formula": "Local derivative",
    "flows back": "Flows back",
    "times": "times",
    "unknown": "–",
    "argument": "argument {n}",
    # what a screen reader hears
    "hears": "{name}, {kind}",
    "hears made": "made by {operation}",
    "hears value": "value {value}",
    "hears range": "values from {low} to {high}, shape {shape}",
    "hears gradient": "gradient {gradient}",
    "hears edges": "{from} in, {into} out",
    "left": "No node is chosen. Arrow keys move the picture.",
    "by": " by ",
}

ANIMATION = {
    "as text": GRAPH["as text"],
    "graph": GRAPH["graph"],
    "again": "Play again",
    "forward": "Values flow forward.",
    "back": "Gradients flow back.",
}


def say(key: str, **given: object) -> str:
    """A word of the table, filled in.

    >>> say("hits", n=3)
    '3 found'
    """
    return GRAPH[key].format(**given)
