"""Numbers a notebook leaves for the run's summary.

`record` writes them into the metadata of an output of the cell. They are no text on the page, they do not get in the
way of comparing outputs, and they travel inside the executed notebook, wherever it was run.
"""

from __future__ import annotations

from typing import Any

import nbformat
from IPython.display import display

KEY = "flywheel"


def record(name: str, value: Any) -> None:
    """Leave a value for `summary.json`.

    Args:
        name: its key, such as "evaluation".
        value: anything JSON can hold. Never a secret.
    """
    display({}, raw=True, metadata={KEY: {name: value}})


def read_records(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """All values recorded in an executed notebook; for a name recorded twice, the last."""
    records: dict[str, Any] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            records.update(output.get("metadata", {}).get(KEY, {}))
    return records
