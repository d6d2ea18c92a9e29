"""Assignments: which variable the result of an instruction is stored in, read from the bytecode that follows it.

    y = a * b                           y
    a, b = Tensor(2.0), Tensor(3.0)     a for the first call, b for the second
    u = a * b if c else b               u for the product
    self.w = Tensor(1.0)                w
    q, k, v = unstack(x)                ("q", "k", "v"): the result is taken apart

The instructions are followed while the value lies on the stack; where another instruction takes it away (`f(a * b)`),
or one that is not known here comes along, it has no name. Source text is not needed, so this works at a prompt, too.
"""

from __future__ import annotations

import dis
from collections.abc import Sequence
from itertools import islice

MAKERS = ("BINARY_", "UNARY_", "CALL", "COMPARE_", "PRECALL", "UNPACK_SEQUENCE")        # what may make a tensor
NOTHING_DONE = ("CACHE", "NOP", "RESUME", "EXTENDED_ARG", "KW_NAMES", "COPY_FREE_VARS", "NOT_TAKEN")
ONE_RESULT = ("BINARY_", "UNARY_", "CALL", "COMPARE_", "BUILD_", "FORMAT_", "IS_OP", "CONTAINS_OP", "CONVERT_VALUE")


def names_after(instructions: Sequence[dis.Instruction], index: int) -> tuple[str, ...]:
    """The variable that the result of an instruction is stored in; several if it is taken apart; else none."""
    this = instructions[index].opname
    if not this.startswith(MAKERS):
        return ()
    if this == "UNPACK_SEQUENCE":
        return _stored(instructions, index + 1, instructions[index].arg or 0)
    if this == "PRECALL":                                               # of Python 3.11, the first half of a call
        index += 1
    above, i = 0, index + 1                                             # values above ours on the stack
    inside: list[int] = []                                              # its places in the tuples that hold it
    while i < len(instructions):
        each = instructions[i]
        name, n, i = each.opname, each.arg or 0, i + 1
        if name in NOTHING_DONE:
            continue
        if name.startswith("STORE_") and "ATTR" not in name and "SUBSCR" not in name and "SLICE" not in name:
            names = _names(each)
            if above < len(names):
                return () if inside or not names[above].isidentifier() else (names[above],)
            above += dis.stack_effect(each.opcode, each.arg)
        elif name == "STORE_ATTR":                                      # self.w = ...
            if above < 2:
                return (str(each.argval),) if above == 1 and not inside else ()
            above -= 2
        elif name == "COPY":
            above = 0 if n == above + 1 else above + 1
        elif name == "SWAP":
            above = n - 1 if above == 0 else 0 if above == n - 1 else above
        elif name == "UNPACK_SEQUENCE" and above:
            above += n - 1
        elif name == "UNPACK_SEQUENCE":
            if not inside:
                return _stored(instructions, i, n)
            above = inside.pop()
        elif name == "BUILD_TUPLE" and above < n:                       # a, b, c, d = ..., ..., ..., ...
            inside.append(n - 1 - above)
            above = 0
        elif name == "JUMP_FORWARD":
            i = next(k for k, target in enumerate(instructions) if target.offset == each.argval)
        else:
            effect = _effect_above(each, above)
            if effect is None:
                return ()
            above += effect
    return ()


def _effect_above(each: dis.Instruction, above: int) -> int | None:
    """By how much an instruction changes the number of values above ours; None if it takes ours, or is not known."""
    effect = dis.stack_effect(each.opcode, each.arg, jump=False)
    if each.opname == "PRECALL":                                        # takes the arguments, CALL the rest
        return effect if 1 - effect < above else None
    if each.opname in ("LOAD_ATTR", "LOAD_METHOD"):
        return effect if above else None
    if each.opname.startswith(("LOAD_", "PUSH_NULL")):
        return effect
    if each.opname.startswith(ONE_RESULT):
        return effect if 1 - effect <= above else None
    return None


def _names(store: dis.Instruction) -> tuple[str, ...]:
    """The variables that an instruction stores values in, the uppermost value first."""
    if not isinstance(store.argval, tuple):
        return (str(store.argval),)
    return tuple(map(str, store.argval[:1 if "LOAD" in store.opname else 2]))   # from Python 3.13 on, two in one


def _stored(instructions: Sequence[dis.Instruction], start: int, count: int) -> tuple[str, ...]:
    """The names of `count` values that are stored one after the other; none if something else happens to one."""
    names: list[str] = []
    for each in islice(instructions, start, start + count):
        if len(names) < count and each.opname.startswith(("STORE_NAME", "STORE_FAST", "STORE_GLOBAL", "STORE_DEREF")):
            names.extend(_names(each))
        else:
            break
    return tuple(names) if len(names) == count and all(map(str.isidentifier, names)) else ()
