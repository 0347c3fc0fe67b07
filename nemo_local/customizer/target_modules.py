"""Which layers get an adapter: NeMo's module names and wildcards, put into the names the Hugging Face model has."""

from __future__ import annotations

from fnmatch import fnmatchcase

# The linear layers of a decoder layer by the names NeMo gives them; all supported architectures have them. NeMo fuses
# query, key and value into one matrix, and gate and up into another; the Hugging Face model keeps them apart.
NEMO_NAMES = {
    "linear_qkv": ("q_proj", "k_proj", "v_proj"),
    "linear_proj": ("o_proj",),
    "linear_fc1": ("gate_proj", "up_proj"),
    "linear_fc2": ("down_proj",),
}
HF_NAMES = tuple(name for names in NEMO_NAMES.values() for name in names)
MLP_NAMES = (*NEMO_NAMES["linear_fc1"], *NEMO_NAMES["linear_fc2"])

# More decoder layers than any model that one machine could train.
_MOST_LAYERS = 200


def check_target_modules(patterns: list[str]) -> None:
    """Check names while it is not known yet how many layers the base model has.

    Raises:
        ValueError: a pattern matches no layer of any model, or there is no pattern at all.
    """
    expand_target_modules(patterns, _MOST_LAYERS)


def expand_target_modules(patterns: list[str], num_layers: int) -> list[str]:
    """The names to hand to PEFT.

    Args:
        patterns: names (``q_proj``, ``linear_qkv``) or wildcards (``*_proj``, ``*.layers.0.*.linear_qkv``).
        num_layers: decoder layers of the base model.

    Returns:
        A short name (``q_proj``) where a projection is chosen in every layer, else the full path of each module.

    Raises:
        ValueError: a pattern matches no layer, or there is no pattern at all.
    """
    if not patterns:
        raise ValueError("name at least one module, or leave target_modules out to adapt all linear layers")
    chosen: set[tuple[int, str]] = set()
    for pattern in patterns:
        matching = {module for module in _modules(num_layers) if _matches(pattern, *module)}
        if not matching:
            raise ValueError(
                f"{pattern!r} matches no layer of the base model; known names are {', '.join(NEMO_NAMES)} (NeMo) and "
                f"{', '.join(HF_NAMES)} (Hugging Face), and wildcards such as *_proj; layers count from 0"
            )
        chosen |= matching
    names = []
    for leaf in HF_NAMES:
        layers = [layer for layer in range(num_layers) if (layer, leaf) in chosen]
        names += [leaf] if len(layers) == num_layers else [_path(layer, leaf) for layer in layers]
    return names


def adapts_mlp(patterns: list[str]) -> bool:
    """Whether some of these names or wildcards choose a layer of the feed-forward network."""
    modules = _modules(_MOST_LAYERS)
    return any(_matches(pattern, *module) for pattern in patterns for module in modules if module[1] in MLP_NAMES)


def _modules(num_layers: int) -> list[tuple[int, str]]:
    return [(layer, leaf) for layer in range(num_layers) for leaf in HF_NAMES]


def _path(layer: int, leaf: str) -> str:
    return f"model.layers.{layer}.{'mlp' if leaf in MLP_NAMES else 'self_attn'}.{leaf}"


def _matches(pattern: str, layer: int, leaf: str) -> bool:
    nemo = next(name for name, leaves in NEMO_NAMES.items() if leaf in leaves)
    block = "mlp" if leaf in MLP_NAMES else "self_attention"
    candidates = (leaf, nemo, _path(layer, leaf), f"model.decoder.layers.{layer}.{block}.{nemo}")
    return any(fnmatchcase(candidate, pattern) for candidate in candidates)
