"""How the tests run: one BLAS thread, and hypothesis draws the same examples on every run.

A red run is thereby reproducible. `--hypothesis-profile=thorough`, or HYPOTHESIS_PROFILE=thorough in the environment,
draws more, at random.

Pages and pictures are looked at in a real browser: the fixture `browser` is headless Chromium, and `axe` the source of
axe-core, which finds what shuts people out of a page. Where one is missing its tests are skipped with the reason; where
CI is set in the environment they fail.
"""

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")       # before NumPy loads: two threads on busy cores are many times slower

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile("default", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("thorough", derandomize=False, deadline=None, print_blob=True, max_examples=2000,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = Path(os.environ.get("TINYGRAD_EDU_AXE", Path(__file__).parents[1] / ".ci/axe-core/package/axe.min.js"))
# As root Chromium has no sandbox; the others keep it from looking for updates.
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run", "--font-render-hinting=none"]


def missing(what: str) -> NoReturn:
    """Skip a test that needs what is not there; where everything must run, fail."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")         # not the session: while Playwright runs, asyncio.run refuses to
def browser() -> Iterator[Any]:
    """Headless Chromium, a Playwright Browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install 'tinygrad_edu[test]'")
    if CHROMIUM is None:
        missing("no Chromium on the PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, to be run by `page.evaluate`, which a page's content-security policy does not forbid."""
    if not AXE.is_file():
        missing(f"no axe-core at {AXE}: npm pack axe-core, and unpack it there")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def placed_without_graphviz() -> Iterator[None]:
    """Graphs beside steps are placed by the native layout, which is fast; engines are tested elsewhere."""
    from tinygrad_edu.explain.page import pictures
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "scene_of", partial(pictures.scene_of, engine="layered"))
        yield
