"""What `views/compiling.py` is made of: tracing a function, writing its program, running it.

    tracing.py      run the function once, see every operation, refuse what reads values
    skeletons.py    what was seen, as steps that can be taken again on other values
    symbols.py      a rule or a forward function written as NumPy, by running it on symbols
    writing.py      the forward half of a program, a statement for each step
    backward.py     the backward half, statements for each edge of the engine's pass
    masked_edges.py the edges of it where a `where` may have taken nothing of a branch
    masks.py        what those edges call
    text.py         statements as lines of Python
    programs.py     a program: its text, compiled by Python, and how it is run
    nodes.py        the recorded node of a compiled call, and its rule
    arguments.py    what arguments look like: the key of a program
    guards.py       what a function reads from outside: if that changes, it is traced anew

Where there is doubt the function itself runs, or the engine on its steps: the program is only ever a faster way to the
same bits.
"""
