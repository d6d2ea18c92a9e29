"""The command line: `python -m benchmarks [family ...] [--repeat N]` measures and prints one table."""

import argparse
import sys

from .measure import FAMILIES, DisagreementError, measured, table, workloads


def main() -> int:
    """Measure the families that the command line names, all if it names none; 1 if results disagree."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("families", nargs="*", metavar="family",
                        help=f"of {', '.join(FAMILIES)}; all if none is given")
    parser.add_argument("--repeat", type=int, default=10, metavar="N",
                        help="rounds, in each of which every library runs once")
    arguments = parser.parse_args()
    if unknown := set(arguments.families) - set(FAMILIES):
        parser.error(f"no family is called {', '.join(sorted(unknown))}; there are {', '.join(FAMILIES)}")
    if arguments.repeat < 1:
        parser.error("--repeat takes a number of 1 or more")
    print(table([]), flush=True)
    for family in arguments.families or FAMILIES:
        for workload in workloads(family):
            try:
                print(table(measured(workload, arguments.repeat), head=False), flush=True)
            except DisagreementError as error:
                print(error, file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
