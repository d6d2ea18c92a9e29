"""The report as a page in a notebook: every entry of small gradients, with the wrong ones lit.

    page(report)    HTML of one element, with its own style; light and dark follow the notebook

What is lit also carries a mark and a word, so that the page reads without colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

import numpy as np

from ..colours import TOKENS
from .report import GradientReport, InputReport, number, summary, table

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_ENTRIES = 400          # a gradient with more entries is not drawn as a grid
NAMES = ("surface", "sunken", "ink", "soft", "line", "hair", "value", "grad", "warn", "warn-ink")
LIGHT, DARK = (";".join(f"--tg-{name}:{TOKENS[theme][name]}" for name in NAMES) for theme in ("light", "dark"))
STYLE = f"""<style>
.tg-report {{ {LIGHT}; color: var(--tg-ink); background: var(--tg-surface); border: 1.25px solid var(--tg-line);
  border-radius: 8px; padding: 12px 16px; max-width: 60rem; font: 14px/1.5 system-ui, sans-serif; }}
@media (prefers-color-scheme: dark) {{ .tg-report {{ {DARK} }} }}
[data-theme="light"] .tg-report, [data-jp-theme-light="true"] .tg-report, .vscode-light .tg-report {{ {LIGHT} }}
[data-theme="dark"] .tg-report, [data-jp-theme-light="false"] .tg-report, .vscode-dark .tg-report {{ {DARK} }}
.tg-report .headline {{ font-size: 16px; font-weight: 600; margin: 0 0 8px; }}
.tg-report table {{ border-collapse: collapse; margin: 4px 0 12px; font-variant-numeric: tabular-nums;
  color: inherit; background: none; }}
.tg-report th, .tg-report td {{ padding: 2px 8px; text-align: right; border: 1px solid var(--tg-hair);
  color: inherit; background: none; }}
.tg-report th, .tg-report caption {{ color: var(--tg-soft); font-weight: 400; text-align: right; }}
.tg-report caption {{ text-align: left; font-size: 13px; }}
.tg-report .claimed {{ color: var(--tg-grad); }} .tg-report .measured {{ color: var(--tg-value); }}
.tg-report td.wrong, .tg-report .badge {{ background: var(--tg-warn); color: var(--tg-warn-ink);
  outline: 2px solid var(--tg-warn-ink); outline-offset: -2px; font-weight: 600; }}
.tg-report .badge {{ padding: 2px 8px; }} .tg-report .soft {{ color: var(--tg-soft); }}
.tg-report .scroll {{ overflow-x: auto; }}
</style>"""


def page(report: GradientReport) -> str:
    """The report as HTML."""
    parts = [STYLE, '<div class="tg-report" role="group" aria-label="gradient report">',
             f'<p class="headline">{escape(report.headline)}</p>']
    for each in report.inputs:
        parts += _input(each)
    parts += [f'<p><span class="badge">!!</span> {escape(_said(name, text))}</p>' for name, text in report.faults]
    parts += [f"<p>{escape(text)}</p>" for text in report.details]
    parts += [f'<p class="soft">note: {escape(_said(name, text))}</p>' for name, text in report.notes]
    parts.append(f'<p class="soft">{report.calls} values of f</p></div>')
    return "\n".join(parts)


def _said(name: str, text: str) -> str:
    return f"{name}: {text}" if name else text


def _input(each: InputReport) -> Iterator[str]:
    lit = each.verdict in ("wrong", "inconclusive")
    verdict = f'<span class="badge">!! {each.verdict}</span>' if lit else f"<b>{each.verdict}</b>"
    yield f"<p><code>{escape(each.name)}</code> {verdict} {_powers(escape(summary(each)))}</p>"
    if each.reason and each.reason != summary(each) and each.verdict != "inconclusive":
        yield f'<p class="soft">{escape(each.reason)}</p>'
    if each.verdict != "wrong" or each.claimed.shape != each.shape:
        return
    rows = "".join(f'<tr><th scope="row">{escape(where)}</th><td class="claimed">{claimed}</td>'
                   f'<td class="measured">{measured}</td><td>{error}</td></tr>'
                   for where, claimed, measured, error in table(each))
    if 1 < each.wrong.size <= MOST_ENTRIES:
        yield f'<div class="scroll">{_grid(each)}</div>'
    if rows:
        yield _powers(f"<table><tr><th>entry</th><th>claimed</th><th>measured</th><th>±</th></tr>{rows}</table>")


def _grid(each: InputReport) -> str:
    """All claimed numbers in rows; the wrong ones lit, with what was measured in the tooltip."""
    columns = each.shape[-1]
    claimed, measured, wrong = (np.asarray(a).reshape(-1, columns) for a in (each.claimed, each.measured, each.wrong))
    rows = []
    for i in range(claimed.shape[0]):
        cells = [f'<td class="wrong" title="measured: {number(measured[i, j], 1e-12)}">!! {number(claimed[i, j])}</td>'
                 if wrong[i, j] else f"<td>{number(claimed[i, j])}</td>" for j in range(columns)]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return _powers(f"<table><caption>claimed, wrong entries marked</caption>{''.join(rows)}</table>")


def _powers(text: str) -> str:
    """`1.2e-05` as `1.2×10⁻⁵`."""
    return re.sub(r"(?<=\d)e([+-])0*(\d+)", lambda found: "×10" + ("⁻" if found[1] == "-" else "")
                  + found[2].translate(RAISED), text)
