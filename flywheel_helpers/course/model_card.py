"""The model card of a version: written from what was measured, stored in the Entity Store and beside the adapter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from flywheel_helpers.course.gate import Decision
from flywheel_helpers.course.results import EXAM_NAMES
from flywheel_helpers.data.curation import Step
from flywheel_helpers.errors import DataError
from flywheel_helpers.services import data_store, entity_store
from flywheel_helpers.services.connection import Connection
from flywheel_helpers.services.customizer import Hyperparameters
from flywheel_helpers.statistics import SCORE_NAMES, Score, Scores

FIELD = "model_card"  # custom field of the model's record in the Entity Store


def write(
    model: str,
    base_model: str,
    parents: Sequence[str],
    curation: Sequence[Step],
    rows: dict[str, int],
    hyperparameters: Hyperparameters,
    results: dict[str, dict[str, Scores]],
    decision: Decision,
    safety: dict[str, Score | None] | None = None,
) -> str:
    """The card as Markdown.

    Args:
        model: full name of the version that the card is about.
        base_model: what it was trained from.
        parents: the datasets that its rows come from.
        curation: what each rule kept and dropped.
        rows: how many training rows of each kind.
        hyperparameters: of the training.
        results: for each exam (a key of `EXAM_NAMES`), the scores of each model by a short name.
        decision: what the gate said.
        safety: precision and recall of the rails in front of the model, where notebook 04 measured them.
    """
    lines = [
        f"# {model}",
        "",
        f"A LoRA adapter of {base_model} that turns a question and a list of tools into tool calls. "
        f"Written on {datetime.now(UTC):%Y-%m-%d} from what the course measured.",
        "",
        "## Data",
        "",
        f"Parents: {', '.join(parents)}.",
        "",
        *_table(["training rows", "count"], [[kind, str(count)] for kind, count in rows.items()]),
        *_table(
            ["rule of curation", "kept", "dropped", "changed"],
            [[step.rule, str(step.kept), str(step.dropped), str(step.changed)] for step in curation],
        ),
        "## Training",
        "",
        *_table(["hyperparameter", "value"], [[name, str(value)] for name, value in vars(hyperparameters).items()]),
        "## Accuracy",
        "",
        "Shares of rows with their 95 % intervals. No row was trained on.",
        "",
    ]
    for exam, scores in results.items():
        headers = [EXAM_NAMES[exam], *SCORE_NAMES.values(), "rows"]
        cells = [[name, *(str(getattr(one, key)) for key in SCORE_NAMES), str(one.n)] for name, one in scores.items()]
        lines += _table(headers, cells)
    lines += [
        "## Gate",
        "",
        *_table(decision.table().headers, [[str(c) for c in row] for row in decision.table().rows]),
    ]
    if safety:
        lines += ["## Safety of the rails in front of it", ""]
        lines += _table(["measured on notebook 04's messages", "value"], [[k, str(v)] for k, v in safety.items()])
    lines += [
        "## Limits",
        "",
        "Questions that need two calls, and questions that no tool fits, are answered less well than the average says: "
        "see the tables of notebook 06. The model knows no conversation: each question stands alone.",
        "",
    ]
    return "\n".join(lines)


def store(nemo: Connection, model: str, card: str) -> str:
    """Put a card into the model's record in the Entity Store, and into README.md beside the adapter in the Data Store.

    Returns:
        where the file is, as an `hf://` address.

    Raises:
        DataError: the Entity Store has no such model, or no files of it.
    """
    record = entity_store.find_model(nemo, model)
    address = ((record or {}).get("artifact") or {}).get("files_url", "")
    if record is None or not address:
        raise DataError(f"{model} has no files in the Data Store.", "Train it with the Customizer (notebook 06) first.")
    fields = record.get("custom_fields") or {}
    if fields.get(FIELD) == card:  # stored before, in both places: the record is written last
        return f"{address}/README.md"
    repository, _, revision = address.removeprefix("hf://").removeprefix("models/").partition("@")
    with data_store.hub_errors(nemo):
        data_store.hub(nemo).upload_file(
            path_or_fileobj=card.encode(),
            path_in_repo="README.md",
            repo_id=repository,
            repo_type="model",
            revision=revision or None,
            commit_message="Model card",
        )
    content = {"custom_fields": {**fields, FIELD: card}}
    nemo.json(entity_store.SERVICE, "PATCH", f"/v1/models/{model}", json=content, retry=True)
    return f"{address}/README.md"


def _table(headers: list[str], rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(cells) + " |" for cells in (headers, ["---"] * len(headers), *rows)]
    return [*lines, ""]
