"""What small models would need for the course, computed: the table of docs/base_models.md.

``python benchmarks/base_models.py`` prints it. Sizes and memory follow from the configurations; minutes, from one
measured speed. Nothing is downloaded or run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flywheel_helpers.services.base_models import ROW_TOKENS, ROWS
from nemo_local.customizer.training.speed import ANSWER_TOKENS, WHOLE_TRAINING
from nemo_local.model.base_model import BASE_MODEL_NAME, CONFIG
from nemo_local.model.facts import ModelFacts, facts

# Measured: tokens a second of SmolLM2-135M in the fastest steps, on two cores of an Intel Xeon with AMX (bfloat16).
MEASURED_SPEED, MEASURED_CORES = 416.0, 2
# Of a row's tokens, those whose logits are computed: the answer's.
ANSWER_SHARE = ANSWER_TOKENS / ROW_TOKENS
HEADER = (
    "| model | architecture | licence | gated | parameters | memory to train | memory to serve | minutes, 2 cores | "
    "8 cores |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


@dataclass(frozen=True)
class Candidate:
    """A model on the Hugging Face Hub.

    Args:
        hub_id: its name there.
        license: as its page names it.
        gated: whether one has to accept the licence there first.
        config: what its ``config.json`` says of its size and form.
    """

    hub_id: str
    license: str
    gated: bool
    config: dict[str, Any]


def _config(architecture: str, sizes: str, **more: Any) -> dict[str, Any]:
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    names += ("vocab_size", "max_position_embeddings")
    values = dict(zip(names, map(int, sizes.split()), strict=True))
    kind = {"Gemma3": "gemma3_text"}.get(architecture, architecture.lower())
    return {
        "architectures": [f"{architecture}ForCausalLM"],
        "model_type": kind,
        "tie_word_embeddings": True,
        **values,
        **more,
    }


CANDIDATES = (
    Candidate("HuggingFaceTB/SmolLM2-135M-Instruct", "Apache-2.0", False, CONFIG),
    Candidate(
        "google/gemma-3-270m-it",
        "Gemma",
        True,
        _config("Gemma3", "640 2048 18 4 1 262144 32768", head_dim=256, sliding_window=512),
    ),
    Candidate(
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "Apache-2.0",
        False,
        _config("Llama", "960 2560 32 15 5 49152 8192"),
    ),
    Candidate(
        "Qwen/Qwen2.5-0.5B-Instruct",
        "Apache-2.0",
        False,
        _config("Qwen2", "896 4864 24 14 2 151936 32768"),
    ),
    Candidate(
        "Qwen/Qwen3-0.6B",
        "Apache-2.0",
        False,
        _config("Qwen3", "1024 3072 28 16 8 151936 40960", head_dim=128),
    ),
    Candidate(
        "meta-llama/Llama-3.2-1B-Instruct",
        "Llama 3.2 Community",
        True,
        _config("Llama", "2048 8192 16 32 8 128256 131072", head_dim=64),
    ),
)


def multiplied_parameters(model: ModelFacts) -> float:
    """Parameters that a token is multiplied with in training, on average: the linear layers, and the output layer for
    the tokens of the answer. (The embedding is looked up, not multiplied.)"""
    linear = model.num_layers * sum(size_in * size_out for size_in, size_out in model.projections.values())
    return linear + ANSWER_SHARE * model.vocab_size * model.hidden_size


def minutes(model: ModelFacts, cores: int) -> float:
    """How long the default training of the course takes, if speed follows the parameters and the cores. More cores help
    a little less than this says."""
    per_second = MEASURED_SPEED * WHOLE_TRAINING * cores / MEASURED_CORES
    per_second *= multiplied_parameters(facts(CONFIG)) / multiplied_parameters(model)
    return ROWS * ROW_TOKENS / per_second / 60


def table() -> str:
    """The table in Markdown."""
    return "\n".join([HEADER, *map(_row, CANDIDATES)])


def _row(one: Candidate) -> str:
    model = facts(one.config)
    name = one.hub_id + (" (built in)" if one.hub_id.lower() == BASE_MODEL_NAME else "")
    cells = (
        name,
        model.architecture.removesuffix("ForCausalLM"),
        one.license,
        "yes" if one.gated else "no",
        f"{model.num_parameters / 1e6:,.0f} million",
        f"{model.training_bytes / 2**30:.1f} GiB",
        f"{model.serving_bytes / 2**30:.1f} GiB",
        f"{minutes(model, 2):.0f}",
        f"{minutes(model, 8):.0f}",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(table())
