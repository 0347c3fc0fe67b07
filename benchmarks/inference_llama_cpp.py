"""How the NIM's engine compares with a llama.cpp server: `python benchmarks/inference_llama_cpp.py [--rows 200]`.

Both sides get the same prompts (development rows of the sample data, in the form of the course), the same base model in
eight bits with the same LoRA adapter, the same limit of tokens, and greedy decoding, all prompts at once, one side
after the other. The time to load a model is left out.

The server is llama.cpp's own, as the package xllamacpp has it (`pip install xllamacpp`; the project does not depend on
it). It answers as many requests at once as it has slots; several numbers are tried, and the fastest counts. Without
`--adapter`, a fresh adapter of rank 32 on all linear layers is made: it costs what a trained one costs, and seldom ends
an answer before the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gguf
import httpx
import numpy as np
from inference import describe_hardware, figures_of, make_adapter, make_prompts, run_engine
from safetensors.numpy import load_file

try:
    import xllamacpp
except ImportError:
    xllamacpp = None

from nemo_local.model.architectures import read_facts
from nemo_local.model.base_model import ensure_hf_model, ensure_openvino_model, gguf_file
from nemo_local.nim.engine import PRECISION
from nemo_local.settings import Settings

SLOTS = (8, 16)  # with 48 it was slower
TOKENS_A_SLOT = 1536  # the longest prompt and its answer
TARGET = 1.3

_KEY = re.compile(r".*\.layers\.(?P<layer>\d+)\.\w+\.(?P<module>\w+)\.lora_(?P<part>[AB])\.weight")
_NAMES = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}


def write_model(target: Path) -> Path:
    """The built-in base model as GGUF with matrices in Q8_0. The package has them in four bits, which are less work."""
    reader = gguf.GGUFReader(gguf_file())
    writer = gguf.GGUFWriter(target, arch="llama")
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name != gguf.Keys.General.ARCHITECTURE:
            element = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=element)
    for tensor in reader.tensors:
        numbers = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        kind = gguf.GGMLQuantizationType.Q8_0 if numbers.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(tensor.name, gguf.quants.quantize(numbers, kind), raw_dtype=kind)
    return _written(writer, target)


def write_adapter(adapter: Path, heads: dict[str, int], target: Path) -> Path:
    """A PEFT adapter of that model as GGUF.

    Args:
        adapter: folder of a LoRA adapter.
        heads: how many heads the outputs of `q_proj` and `k_proj` have. llama.cpp's rotary embedding pairs neighbouring
            numbers of a head, that of Hugging Face the two halves of a head, so their rows have another order.
        target: file to write.
    """
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(target, arch="llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(config["lora_alpha"]))
    for key, numbers in load_file(adapter / "adapter_model.safetensors").items():
        found = _KEY.fullmatch(key)
        if found is None:
            raise SystemExit(f"{key} is no LoRA matrix of a linear layer")
        if found["part"] == "B" and (count := heads.get(found["module"])):
            halves = numbers.reshape(count, 2, -1, numbers.shape[1])
            numbers = halves.swapaxes(1, 2).reshape(numbers.shape)
        name = f"blk.{found['layer']}.{_NAMES[found['module']]}.weight.lora_{found['part'].lower()}"
        writer.add_tensor(name, np.ascontiguousarray(numbers, np.float32))
    return _written(writer, target)


def _written(writer: gguf.GGUFWriter, target: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


@contextmanager
def llama_server(model: Path, adapter: Path, slots: int, threads: int) -> Iterator[str]:
    """A llama.cpp server with continuous batching; yields its address."""
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
    params.n_parallel, params.n_ctx = slots, slots * TOKENS_A_SLOT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cont_batching = params.cache_prompt = True
    params.verbosity = 1  # errors only
    server = xllamacpp.Server(params)
    yield server.listening_address
    del server


async def ask_all(address: str, prompts: list[str], max_tokens: int) -> dict[str, float]:
    """Send all prompts at once to a llama.cpp server."""
    async with httpx.AsyncClient(base_url=address, timeout=None, limits=httpx.Limits(max_connections=None)) as client:

        async def answer(prompt: str, limit: int) -> tuple[int, int]:
            body = {"prompt": prompt, "n_predict": limit, "temperature": 0}
            response = (await client.post("/completion", json=body)).raise_for_status().json()
            return response["tokens_evaluated"], response["tokens_predicted"]

        await answer("Hello", 4)
        start = time.perf_counter()
        counts = await asyncio.gather(*(answer(prompt, max_tokens) for prompt in prompts))
        return figures_of(time.perf_counter() - start, counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200, help="prompts (default 200)")
    parser.add_argument("--max-tokens", type=int, default=48, help="limit of each answer (default 48)")
    parser.add_argument("--adapter", type=Path, help="folder of a PEFT adapter (default: a fresh one)")
    options = parser.parse_args()
    if xllamacpp is None:
        raise SystemExit("the package xllamacpp is not installed: pip install xllamacpp")
    settings = Settings.from_env()
    hf_model, openvino_model = ensure_hf_model(settings), ensure_openvino_model(settings)
    prompts = make_prompts(options.rows, hf_model)
    hardware = describe_hardware()
    threads = hardware["cores"]

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        adapter = options.adapter or make_adapter(hf_model, folder)
        facts = read_facts(hf_model)
        heads = {"q_proj": facts.num_heads, "k_proj": facts.num_kv_heads}
        model, lora = write_model(folder / "model.gguf"), write_adapter(adapter, heads, folder / "adapter.gguf")
        sides = {"engine": run_engine(openvino_model, adapter, prompts, options.max_tokens, PRECISION)}
        for slots in SLOTS:
            with llama_server(model, lora, slots, threads) as address:
                side = asyncio.run(ask_all(address, prompts, options.max_tokens))
            sides[f"llama.cpp, {slots} slots"] = side

    for name, side in sides.items():
        print(f"{name:20} {side['seconds']:7.1f} s, {side['completion_tokens_per_second']:6.1f} generated tokens/s")
    engine, *servers = (side["seconds_per_row"] for side in sides.values())
    ratio = engine / min(servers)
    print(f"the engine takes {ratio:.2f} times as long as the fastest llama.cpp server (target: at most {TARGET:g})")
    print(f"{threads} cores, {hardware['processor']}, load average before {hardware['load_average']}")
    if ratio > TARGET:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
