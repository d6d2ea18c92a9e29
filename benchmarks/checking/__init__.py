"""How often gradient checkers are wrong: `python -m benchmarks.checking` gives all of them the same drawn cases.

    functions.py    plain NumPy functions with gradients written by hand; the elementwise ones
    makers.py       the others: sums, products, norms, layers, networks
    places.py       the same functions elsewhere: scaled, tiny, noisy, large
    kinks.py        functions at, or close to, points without a derivative
    mistakes.py     the ways in which a gradient is wrong
    cases.py        cases drawn from seeds: right and wrong gradients whose truth is known
    limits.py       which errors differences of a function can show at all
    peers.py        how each checker is asked
    judging.py      asks them all, each in a process of its own
    table.py        false alarms, misses and times as tables

Read `functions.py` and `cases.py` first.
"""
