"""Pages: how long a graph's page takes to be made, to open, and to be drawn anew while it is moved and zoomed.

`python -m benchmarks.pages [nodes ...]` measures graphs of so many nodes in headless Chromium, without a graphics
card, and prints a line for each. Without Playwright or Chromium it says so, and measures nothing.

A redraw is all that the page's script does for one picture, until the pixels are there: the worst of several places and
scales counts. Of an SVG the browser draws the pixels after the script, so that its time from one picture to the next is
given, while it is moved without a pause; the screen's own rhythm makes that 17 ms at least.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu.views.graphs.graph import Graph, graph

SIZES = (300, 3_000, 3_200, 10_000)     # below and above the change from SVG to a canvas; the most that is drawn
LIMIT = 33.0                        # milliseconds for a redraw of 10,000 nodes
SWITCHES = ["--no-sandbox", "--disable-gpu"]

REDRAWS = """async (rounds) => {
  const {page} = document.getElementById("stage"), {view} = page, found = {};
  const middle = (times) => times.sort((a, b) => a - b)[times.length >> 1];
  const frame = () => new Promise(requestAnimationFrame);
  view.fit();
  const scales = [view.scale, 0.05, 0.1, 0.2, 0.35, 0.7, 1.5].filter((scale) => scale >= view.scale);
  for (const scale of scales) {
    view.fit();
    view.zoom(scale / view.scale);
    const [x, y] = page.state.boxes[page.state.order[page.state.order.length >> 1]];
    if (scale > scales[0]) view.centre(x, y);
    await frame();
    const times = [];
    for (let i = 0; i < rounds; i += 1) {
      const before = performance.now();
      if (page.state.shapes) {
        view.x += i % 2 ? 9 : -9;
        page.draw();
        page.canvas.context.getImageData(0, 0, 1, 1);
      } else {
        view.pan(i % 2 ? 9 : -9, 0);
        await frame();
      }
      times.push(performance.now() - before);
    }
    found[scale.toPrecision(2)] = middle(times);
  }
  return found;
}"""


def program(nodes: int) -> Graph:
    """A graph of nearly so many nodes: each is made from results that were made not long before."""
    rng = random.Random(0)
    values = [tg.Tensor(rng.uniform(0.8, 1.0), requires_grad=True, name=f"x{k}") for k in range(max(2, nodes // 10))]
    while len(values) < 0.78 * nodes:
        a, b = rng.sample(values[-200:], 2)
        values.append(tg.sqrt(a) if rng.random() < 0.3 else tg.maximum(a, b) if rng.random() < 0.5 else a * b)
    used = {id(x) for value in values for x in value.inputs}
    ends = [value for value in values if id(value) not in used]
    while len(ends) > 1:
        ends.append(tg.maximum(ends.pop(0), ends.pop(0)))
    ends[0].backward()
    return graph(ends[0])


def measured(nodes: int, chromium: Any, rounds: int = 15) -> dict[str, float]:
    """Nodes that are drawn, seconds to make the page, its MB, seconds to open it, milliseconds of the worst redraw."""
    made = program(nodes)
    with TemporaryDirectory() as folder:
        start = perf_counter()
        file = made.save(Path(folder) / "graph.html")
        making = perf_counter() - start
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        start = perf_counter()
        page.goto(file.as_uri())
        opening = perf_counter() - start
        drawn = page.evaluate("document.getElementById('stage').page.state.order.length")
        redraws = page.evaluate(REDRAWS, rounds)
        page.close()
        return {"nodes": drawn, "making": making, "size": file.stat().st_size / 1e6, "opening": opening,
                "redraw": max(redraws.values())}


def line(found: dict[str, float]) -> str:
    """What was measured, in a line of the table."""
    remark = ""
    if found["nodes"] > 3000:
        remark = f"limit {LIMIT:g}: {'kept' if found['redraw'] < LIMIT else 'MISSED'}"
    return (f"{found['nodes']:>8,.0f}{found['making']:>10.1f} s{found['size']:>8.1f} MB{found['opening']:>8.1f} s"
            f"{found['redraw']:>9.1f} ms  {remark}").rstrip()


def main() -> int:
    """Measure and print; 1 if a redraw takes too long."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("nodes", nargs="*", type=int, default=SIZES, help="how many nodes, for each graph")
    sizes = parser.parse_args().nodes
    where = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        where = None
    if where is None:
        print("skipped: this needs Playwright and Chromium")
        return 0
    print(f"{'nodes':>8}{'made in':>12}{'size':>11}{'opened in':>10}{'redraw':>12}")
    kept = True
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=where, args=SWITCHES)
        for nodes in sizes:
            found = measured(nodes, chromium)
            kept = kept and (nodes <= 3000 or found["redraw"] < LIMIT)
            print(line(found), flush=True)
        chromium.close()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
