"""How the tests run: one BLAS thread, and hypothesis draws the same examples on every run.

A red run is thereby reproducible. `--hypothesis-profile=thorough`, or HYPOTHESIS_PROFILE=thorough in the environment,
draws more, at random.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")       # before NumPy loads: two threads on busy cores are many times slower

from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile("default", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("thorough", derandomize=False, deadline=None, print_blob=True, max_examples=2000,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
