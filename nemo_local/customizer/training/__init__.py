"""The training itself, which runs in a process of its own: rows, batches, LoRA, loss, checkpoints."""
