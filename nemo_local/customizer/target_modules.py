"""Which layers get an adapter: NeMo's module names and wildcards, put into the names the Hugging Face model has."""

from __future__ import annotations

from fnmatch import fnmatchcase

# Decoder layers of SmolLM2-135M (``num_hidden_layers`` in its config).
NUM_LAYERS = 30

# The linear layers of a Llama decoder layer by the names NeMo gives them. NeMo fuses query, key and value into one
# matrix, and gate and up into another; the Hugging Face model keeps them apart.
NEMO_NAMES = {
    "linear_qkv": ("q_proj", "k_proj", "v_proj"),
    "linear_proj": ("o_proj",),
    "linear_fc1": ("gate_proj", "up_proj"),
    "linear_fc2": ("down_proj",),
}
HF_NAMES = tuple(name for names in NEMO_NAMES.values() for name in names)
MLP_NAMES = (*NEMO_NAMES["linear_fc1"], *NEMO_NAMES["linear_fc2"])


def expand_target_modules(patterns: list[str]) -> list[str]:
    """The names to hand to PEFT.

    Args:
        patterns: names (``q_proj``, ``linear_qkv``) or wildcards (``*_proj``, ``*.layers.0.*.linear_qkv``).

    Returns:
        A short name (``q_proj``) where a projection is chosen in every layer, else the full path of each module.

    Raises:
        ValueError: a pattern matches no layer, or there is no pattern at all.
    """
    if not patterns:
        raise ValueError("name at least one module, or leave target_modules out to adapt all linear layers")
    chosen: set[tuple[int, str]] = set()
    for pattern in patterns:
        matching = {module for module in _modules() if _matches(pattern, *module)}
        if not matching:
            raise ValueError(
                f"{pattern!r} matches no layer of the base model; known names are {', '.join(NEMO_NAMES)} (NeMo) and "
                f"{', '.join(HF_NAMES)} (Hugging Face), and wildcards such as *_proj"
            )
        chosen |= matching
    names = []
    for leaf in HF_NAMES:
        layers = [layer for layer in range(NUM_LAYERS) if (layer, leaf) in chosen]
        names += [leaf] if len(layers) == NUM_LAYERS else [_path(layer, leaf) for layer in layers]
    return names


def adapts_mlp(modules: list[str]) -> bool:
    """Whether expanded target modules include a layer of the feed-forward network."""
    return any(module.rpartition(".")[2] in MLP_NAMES for module in modules)


def _modules() -> list[tuple[int, str]]:
    return [(layer, leaf) for layer in range(NUM_LAYERS) for leaf in HF_NAMES]


def _path(layer: int, leaf: str) -> str:
    return f"model.layers.{layer}.{'mlp' if leaf in MLP_NAMES else 'self_attn'}.{leaf}"


def _matches(pattern: str, layer: int, leaf: str) -> bool:
    nemo = next(name for name, leaves in NEMO_NAMES.items() if leaf in leaves)
    block = "mlp" if leaf in MLP_NAMES else "self_attention"
    candidates = (leaf, nemo, _path(layer, leaf), f"model.decoder.layers.{layer}.{block}.{nemo}")
    return any(fnmatchcase(candidate, pattern) for candidate in candidates)
