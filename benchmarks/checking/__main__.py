"""The command line: `python -m benchmarks.checking` asks the checkers and prints the tables."""

import argparse
import sys

from .judging import judged
from .peers import CHECKERS, FLOAT32_ONLY
from .table import tables


def main() -> int:
    """Judge the libraries that the command line names, all that are installed if it names none."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checking", description=__doc__)
    parser.add_argument("--seed", type=int, default=1000, metavar="N",
                        help="the first seed; those below 1000 are for tuning (default: 1000)")
    parser.add_argument("--seeds", type=int, default=200, metavar="N", help="how many seeds (default: 200)")
    parser.add_argument("--cases", type=int, default=5, metavar="N", help="cases for each seed (default: 5)")
    parser.add_argument("--dtype", choices=("float64", "float32"), help="default: both")
    parser.add_argument("--library", action="append", choices=tuple(CHECKERS), metavar="NAME",
                        help=f"of {', '.join(CHECKERS)}; may be repeated (default: all)")
    arguments = parser.parse_args()
    if arguments.seed < 0 or min(arguments.seeds, arguments.cases) < 1:
        parser.error("--seed takes a number of 0 or more; --seeds and --cases take 1 or more")
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    for dtype in (arguments.dtype,) if arguments.dtype else ("float64", "float32"):
        libraries = [name for name in arguments.library or CHECKERS
                     if dtype == "float32" or name not in FLOAT32_ONLY or arguments.library]
        rows = list(judged(libraries, seeds, arguments.cases, dtype))
        if not rows[0].verdicts:
            print(f"not installed: {', '.join(libraries)}", file=sys.stderr)
            return 1
        print(tables(rows, dtype), flush=True)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
