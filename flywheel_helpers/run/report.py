"""The report of a run: one HTML file with the summary and all notebooks, which loads nothing from the internet."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook

from flywheel_helpers.course import results
from flywheel_helpers.statistics import SCORE_NAMES

# nbconvert's own template leaves out the alternative texts that the notebooks have for their pictures. Some of its
# colours are too pale to read, and only colour tells its links from the text around them.
_TEMPLATE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_css -%}
{{ super() }}
<style>
:root {
  --jp-cell-prompt-not-active-font-color: #616161; --jp-cell-prompt-not-active-opacity: 1;
  --jp-mirror-editor-comment-color: #306060; --jp-mirror-editor-operator-color: #8800dd;
  --jp-mirror-editor-number-color: #007000; }
.jp-RenderedHTMLCommon a:link { text-decoration: underline; }
</style>
{%- endblock html_head_css -%}
{%- block data_png scoped -%}
{%- set alt = (output | get_metadata('alt', 'image/png') or '') | escape_html -%}
{{ super() | replace('<img ', '<img alt="' ~ alt ~ '" ', 1) }}
{%- endblock data_png -%}
"""


def build(summary: dict[str, Any], executed: list[Path]) -> str:
    """The report as HTML.

    Args:
        summary: the content of summary.json.
        executed: the executed notebooks, in order.
    """
    cells = [new_markdown_cell(_summary_html(summary))]
    for path in executed:
        notebook = nbformat.read(path, as_version=4)
        cells.append(new_markdown_cell(f'<hr><p id="{path.stem}"><small>{html.escape(path.name)}</small></p>'))
        for cell in notebook.cells:
            cell["id"] = f"cell-{len(cells)}"  # ids are unique within one notebook only
            cells.append(_clean(cell))
    combined = new_notebook(cells=cells, metadata={"title": "Tool-calling data flywheel"})
    exporter = HTMLExporter(raw_template=_TEMPLATE)
    for link in ("require_js_url", "mathjax_url", "jquery_url", "mermaid_js_url", "mermaid_layout_elk_js_url"):
        setattr(exporter, link, "")
    exporter.embed_images = True
    return exporter.from_notebook_node(combined)[0]


def turns_of(summary: dict[str, Any]) -> dict[str, dict[str, Any]] | None:
    """What `results.plot_turns` draws of a run; None where notebook 06 measured nothing."""
    found = summary["flywheel"]
    if not found:
        return None
    models = {"base": "base", "version 1": "before", "version 2": "after"}
    return {exam: {model: found[turn][exam] for model, turn in models.items()} for exam in found["base"]}


def _clean(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove outputs that show nothing: recorded numbers, and widgets, whose state is not saved."""
    if cell.cell_type == "code":
        widget = "application/vnd.jupyter.widget-view+json"
        cell.outputs = [
            output for output in cell.outputs if "data" not in output or (output.data and widget not in output.data)
        ]
    return cell


def _summary_html(summary: dict[str, Any]) -> str:
    parts = ["<h1>Tool-calling data flywheel</h1>"]
    verdict = {"completed": "Completed", "failed": "Failed", "interrupted": "Interrupted"}[summary["status"]]
    parts.append(
        f"<p>{verdict}. Started {html.escape(summary['started_at'])}, profile {html.escape(summary['profile'])}.</p>"
    )
    if summary["failure"]:
        parts.append(f"<pre>{html.escape(summary['failure'])}</pre>")
    if turns := turns_of(summary):
        parts.append(results.plot_turns(turns).html())
        parts.append(f"<p>Version 2 was {'' if summary['flywheel']['promoted'] else 'not '}promoted.</p>")
    for questions, evaluation in exams_of(summary):
        parts.append(_table(["accuracy (95 % interval)", "base", "tuned"], accuracy_rows(evaluation)))
        parts.append(f"<p>Measured on {questions}.</p>")
    names = [
        [f'<a href="#{html.escape(name)}">{html.escape(name)}</a>', f"{found['seconds']:.0f} s"]
        for name, found in summary["notebooks"].items()
    ]
    parts.append(_table(["notebook", "time"], names, escaped=True))
    facts = {
        "models": summary["models"],
        "inference precision": summary["inference_precision"],
        "training": summary["training"],
        "parameters": summary["parameters"],
        "peak memory": f"{summary['peak_memory_bytes'] / 1024**3:.1f} GiB",
        "versions": summary["versions"],
    }
    parts.append(_table(["", ""], [[name, _words(fact)] for name, fact in facts.items() if fact]))
    return "\n".join(parts)


def exams_of(summary: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The exams that a run has taken: how many questions about what, and the result as `evaluator.summary` gives it."""
    exams = {"evaluation": "questions about unseen functions", "practised": "new questions about practised functions"}
    for key, questions in exams.items():
        if summary[key]:
            yield f"{summary[key]['n']} {questions}", summary[key]


def accuracy_rows(evaluation: dict[str, Any]) -> list[list[str]]:
    """For both accuracies, the name and the values of the base and the tuned model, as text.

    Args:
        evaluation: from `evaluator.summary`.
    """

    def words(model: str, key: str) -> str:
        score = evaluation[model][key]
        return f"{score['value']:.1%} ({score['low']:.1%} to {score['high']:.1%})"

    return [[name, words("base", key), words("tuned", key)] for key, name in SCORE_NAMES.items()]


def _words(fact: Any) -> str:
    if isinstance(fact, dict):
        return ", ".join(f"{key}: {value}" for key, value in fact.items() if value is not None)
    return str(fact)


def _table(headers: list[str], rows: list[list[str]], escaped: bool = False) -> str:
    def line(tag: str, cells: list[str]) -> str:
        texts = cells if escaped else [html.escape(cell) for cell in cells]
        return "<tr>" + "".join(f'<{tag} style="text-align:left">{text}</{tag}>' for text in texts) + "</tr>"

    head = line("th", headers) if any(headers) else ""
    return f"<table>{head}{''.join(line('td', row) for row in rows)}</table>"
