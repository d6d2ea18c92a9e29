"""Imports: how long `import tinygrad_edu` takes beside `import numpy`, which it cannot do without.

One step is the import in a fresh interpreter, timed there, without the interpreter's own start. Both libraries are
imported from bytecode, as they are wherever they are installed: the first steps, which are not timed, write it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial

from .measure import OURS, Steps, Workload

PROGRAM = "from time import perf_counter; start = perf_counter(); import {}; print(perf_counter() - start)"


def imported(size: int, library: str) -> Steps:
    """Steps that import the library; there are no results to agree on, and no sizes."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", PROGRAM.format(library)]
    while True:
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        yield float(done.stdout), []


LIBRARIES = {library: partial(imported, library=library) for library in (OURS, "numpy")}
WORKLOADS = [Workload("imports", "import", 1, 1, LIBRARIES, {"numpy": 1 / 1.3})]
