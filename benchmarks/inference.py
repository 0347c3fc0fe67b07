"""How much faster the NIM's engine is than one-by-one generation: `python benchmarks/inference.py [--rows 200]`.

Both sides get the same prompts (development rows of the sample data, in the form of the course), the same base model
with the same LoRA adapter, the same limit of tokens, greedy decoding, and run one after the other in this process:

- engine: `nemo_local.nim.engine`, int8 weights, all rows handed over at once, as by an Evaluator with many requests;
- eager: `generate` of transformers with the adapter attached by peft, float32, one row at a time. It is slow and its
  time is proportional to the rows, so by default it does every tenth row (`--eager-rows`); rows are compared per row.

The time to load a model is left out on both sides. Without `--adapter`, a fresh adapter of rank 32 on all linear layers
is made: it costs what a trained one costs, and answers like the base model, which seldom ends before the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import os
import platform
import tempfile
import time
from pathlib import Path

import psutil
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from flywheel_helpers.data import xlam
from nemo_local.model.base_model import ensure_hf_model, ensure_openvino_model
from nemo_local.model.chat_template import ChatTemplate
from nemo_local.nim.engine import PRECISION, Engine, Sampling
from nemo_local.settings import Settings

TARGET = 6.0


def make_prompts(rows: int, hf_model: Path) -> list[str]:
    """The first development rows of the sample data as prompts."""
    template = ChatTemplate.from_folder(hf_model)
    evaluation = [xlam.to_evaluation_row(row) for row in xlam.load_sample().development[:rows]]
    if len(evaluation) < rows:
        raise SystemExit(f"the sample data has only {len(evaluation)} development rows")
    return [template.render(row["messages"], row["tools"]) for row in evaluation]


def make_adapter(hf_model: Path, folder: Path) -> Path:
    """A LoRA adapter as training begins with."""
    base = AutoModelForCausalLM.from_pretrained(hf_model)
    settings = LoraConfig(r=32, lora_alpha=64, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(base, settings).save_pretrained(folder)
    return folder


def run_engine(model: Path, adapter: Path, prompts: list[str], max_tokens: int, precision: str) -> dict[str, float]:
    """Answer all prompts in one continuous batch."""
    engine = Engine(model, adapter, precision)

    async def answer(prompt: str) -> tuple[int, int]:
        generation = engine.submit(engine.encode(prompt), Sampling(max_tokens=max_tokens))
        async for _ in generation:
            pass
        return generation.prompt_tokens, generation.completion_tokens

    async def answer_all() -> list[tuple[int, int]]:
        return await asyncio.gather(*map(answer, prompts))

    # One short answer first, as on the other side: what is made on first use is not what is measured.
    asyncio.run(_first(engine))
    start = time.perf_counter()
    counts = asyncio.run(answer_all())
    seconds = time.perf_counter() - start
    engine.close()
    return figures_of(seconds, counts)


async def _first(engine: Engine) -> None:
    async for _ in engine.submit(engine.encode("Hello"), Sampling(max_tokens=4)):
        pass


def run_eager(model_folder: Path, adapter: Path, prompts: list[str], max_tokens: int) -> dict[str, float]:
    """Answer the prompts one after the other with transformers and peft."""
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, adapter).eval()

    def answer(prompt: str, limit: int) -> tuple[int, int]:
        tokens = tokenizer(prompt, return_tensors="pt")
        with torch.inference_mode():
            output = model.generate(**tokens, max_new_tokens=limit, do_sample=False)
        prompt_tokens = tokens.input_ids.shape[1]
        return prompt_tokens, output.shape[1] - prompt_tokens

    answer("Hello", 4)
    start = time.perf_counter()
    counts = [answer(prompt, max_tokens) for prompt in prompts]
    return figures_of(time.perf_counter() - start, counts)


def figures_of(seconds: float, counts: list[tuple[int, int]]) -> dict[str, float]:
    """Speeds, from the time that all answers took and the tokens of each prompt and its answer."""
    prompt, completion = (sum(column) for column in zip(*counts, strict=True))
    return {
        "rows": len(counts),
        "seconds": seconds,
        "seconds_per_row": seconds / len(counts),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "completion_tokens_per_second": completion / seconds,
    }


def describe_hardware() -> dict[str, object]:
    """What the measure depends on, besides the code."""
    names = ("torch", "transformers", "peft", "openvino", "openvino-genai")
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "memory_bytes": psutil.virtual_memory().total,
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": {name: importlib.metadata.version(name) for name in names},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200, help="rows for the engine (default 200; 20 for a quick run)")
    parser.add_argument(
        "--eager-rows", type=int, help="rows for the eager side, spread evenly (default a tenth, at least 5)"
    )
    parser.add_argument("--max-tokens", type=int, default=96, help="limit of each answer (default 96)")
    parser.add_argument(
        "--precision", default=PRECISION, help=f"number format of the engine, such as bf16 ({PRECISION})"
    )
    parser.add_argument("--adapter", type=Path, help="folder of a PEFT adapter (default: a fresh one)")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmark-inference.json"))
    options = parser.parse_args()
    settings = Settings.from_env()
    hf_model, openvino_model = ensure_hf_model(settings), ensure_openvino_model(settings)
    prompts = make_prompts(options.rows, hf_model)
    eager_rows = options.eager_rows or max(5, options.rows // 10)
    eager_prompts = prompts[:: max(1, len(prompts) // eager_rows)][:eager_rows]
    hardware = describe_hardware()

    with tempfile.TemporaryDirectory() as folder:
        adapter = options.adapter or make_adapter(hf_model, Path(folder))
        engine = run_engine(openvino_model, adapter, prompts, options.max_tokens, options.precision)
        eager = run_eager(hf_model, adapter, eager_prompts, options.max_tokens)

    ratio = eager["seconds_per_row"] / engine["seconds_per_row"]
    for name, figures in (("engine", engine), ("eager", eager)):
        speed = f"{figures['completion_tokens_per_second']:6.1f} generated tokens/s"
        print(
            f"{name:7} {figures['rows']:4} rows in {figures['seconds']:7.1f} s: "
            f"{figures['seconds_per_row']:6.2f} s/row, {speed}"
        )
    print(f"the engine is {ratio:.1f} times as fast per row (target {TARGET:g})")
    print(f"{hardware['cores']} cores, {hardware['processor']}, load average before {hardware['load_average']}")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    report = {"ratio": ratio, "engine": engine, "eager": eager, "max_tokens": options.max_tokens, "hardware": hardware}
    report["engine"]["precision"] = options.precision
    options.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"written to {options.output}")
    if ratio < TARGET:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
