"""One model with continuous batching: a thread steps an OpenVINO GenAI pipeline, and requests join and leave its batch.

The settings below follow from measurements with openvino-genai 2026.4 (30 layers, int8 weights, 2 cores):

- With the engine's default quantization of activations, 4 of 12 greedy answers changed with what else was in the batch.
  Without it none did, for a quarter more time. An answer must not depend on other people's requests.
- An adapter applied in ``MODE_STATIC`` answers like PEFT, in half the time and a quarter of the memory of the default
  mode.
- On processors with bfloat16 the engine computes in it unless told otherwise. Answers then differ from PEFT's, and also
  with what else is in the batch. In float32 they do not, on either kind of processor.
- ``step`` holds Python's global lock, so the HTTP server pauses for as long as a step takes. Hence the small batches of
  prompt tokens.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino
import openvino_genai

from nemo_local.model.architectures import read_facts
from nemo_local.model.chat_template import ChatTemplate
from nemo_local.model.facts import KV_BLOCK_TOKENS, ModelFacts
from nemo_local.model.tokenizer_files import load_tokenizer, stop_ids
from nemo_local.nim.adapters import scaling
from nemo_local.nim.text import TextStream

log = logging.getLogger(__name__)

# How many tool prompts of typical length (600 tokens, 240 of them shared) the cache holds with room to spare. The more
# answers a step advances, the more is done with each weight that is read: 48 at once took 0.8 of the time of 16.
_BATCH = 48
_TOKENS_PER_STEP = 512
# The number format that the engine computes in, whatever the processor prefers.
PRECISION = "f32"
_PROPERTIES = {"KV_CACHE_PRECISION": "f16", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}


@dataclass(frozen=True)
class Sampling:
    """How one answer is generated.

    Args:
        max_tokens: upper limit of its length, in tokens.
        temperature: 0 for the likeliest token always.
        top_p: share of the probability that sampling draws from.
        seed: of the sampling; the same seed gives the same answer.
        presence_penalty, frequency_penalty: as in the OpenAI API.
        stop: the answer ends before the first of these.
        grammar: EBNF that the answer must follow; None for free text.
    """

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    stop: tuple[str, ...] = ()
    grammar: str | None = None


class EngineError(RuntimeError):
    """The engine could not finish the answer."""


class Generation:
    """One answer being generated: iterate over it for the pieces of its text; the attributes are final after that.

    Attributes:
        prompt_tokens: length of the prompt.
        completion_tokens: tokens generated so far.
        finish_reason: ``"stop"`` or ``"length"``, once the iteration has ended.
    """

    def __init__(self, prompt_ids: list[int], sampling: Sampling, text: TextStream) -> None:
        self.prompt_ids, self.sampling, self.text = prompt_ids, sampling, text
        self.prompt_tokens = len(prompt_ids)
        self.completion_tokens = 0
        self.finish_reason: str | None = None
        self.cancelled = False
        self.handle: openvino_genai.py_openvino_genai.GenerationHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[str | None | EngineError] = asyncio.Queue()

    def __aiter__(self) -> AsyncIterator[str]:
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[str]:
        while (piece := await self._pieces.get()) is not None:
            if isinstance(piece, EngineError):
                raise piece
            yield piece

    def cancel(self) -> None:
        """End the answer as soon as possible. Has no effect on one that has ended."""
        self.cancelled = True

    def put(self, piece: str | None | EngineError) -> None:
        """Hand over a piece of text, None at the end, or a failure. Called by the engine's thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)


class Engine:
    """The pipeline of one served model and the thread that drives it.

    Args:
        model: OpenVINO folder of the base model, as `nemo_local.model.export` writes it.
        adapter: folder of a PEFT LoRA adapter that was checked with :func:`nemo_local.nim.adapters.check_adapter`.
        precision: number format to compute in, by OpenVINO's name. Another one than the default is for measurements:
            its answers depend on the batch.

    Attributes:
        template: the chat template of the base model.
        context_length: most tokens of a prompt and its answer: the model's, or the cache's where that holds fewer.
        broken: whether it has failed for good. Then it takes no more requests, and another one has to be made.

    Raises:
        ModelRefused: the folder is not that of a supported model.
    """

    def __init__(self, model: Path, adapter: Path | None = None, precision: str = PRECISION) -> None:
        facts = read_facts(model)
        self.template = ChatTemplate.from_folder(model)
        self.context_length = min(facts.context_length, facts.kv_blocks * KV_BLOCK_TOKENS)
        self._tokenizer = load_tokenizer(model, facts.vocab_size)
        # A trained answer ends as the chat template ends it, others may end with any token that the authors name.
        self._end_of_turn: int = self._tokenizer.token_to_id(self.template.end_of_turn)
        self._stop_ids = stop_ids(model, self._tokenizer) | {self._end_of_turn}
        self._make_pipeline = lambda: _pipeline(model, facts, adapter, precision)
        self._pipeline = self._make_pipeline()
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._incoming: deque[Generation] = deque()
        self._active: list[Generation] = []
        self._closing = self.broken = False
        self._thread = threading.Thread(target=self._run, name=f"engine-{model.name}", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Whether no answer is being generated."""
        with self._changed:
            return not (self._incoming or self._active)

    def encode(self, prompt: str) -> list[int]:
        """The tokens of a prompt."""
        return self._tokenizer.encode(prompt, add_special_tokens=False).ids

    def submit(self, prompt_ids: list[int], sampling: Sampling) -> Generation:
        """Begin an answer. Call it in an event loop, which then receives the text.

        Raises:
            ValueError: the prompt leaves no room for an answer in the context of the model.
            EngineError: the engine takes no more requests.
        """
        if len(prompt_ids) >= self.context_length:
            limit = self.context_length
            raise ValueError(f"the prompt has {len(prompt_ids)} tokens; prompt and answer may have {limit}")
        generation = Generation(prompt_ids, sampling, TextStream(self._tokenizer, sampling.stop))
        with self._changed:
            if self._closing or self.broken:
                raise EngineError("the engine takes no more requests")
            self._incoming.append(generation)
            self._changed.notify()
        return generation

    def cancel_all(self) -> None:
        """Cancel every answer in progress."""
        with self._changed:
            for generation in (*self._incoming, *self._active):
                generation.cancel()

    def close(self) -> None:
        """Finish the answers in progress, then free the memory. Blocks until done."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        self._pipeline = None

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._incoming or self._active or self._closing)
                if not (self._incoming or self._active):
                    return
                # One at a time: what a prompt shares with others is looked up when it joins, and is found only after a
                # step with the first of them. If they joined together, each would compute it.
                joining = self._incoming.popleft() if self._incoming and len(self._active) < _BATCH else None
                if joining:
                    self._active.append(joining)
            try:
                if joining:
                    self._join(joining)
                self._pipeline.step()
                for generation in list(self._active):
                    self._collect(generation)
            except Exception as error:
                log.exception("a step of the engine failed")
                self._fail_all(EngineError(f"the engine failed: {error}"))
                if not self._replace_pipeline():
                    return
            # The step held the global lock all the time; this lets the HTTP server run.
            time.sleep(0)

    def _join(self, generation: Generation) -> None:
        tokens = openvino.Tensor(np.array([generation.prompt_ids], dtype=np.int64))
        generation.handle = self._pipeline.add_request(next(self._numbers), tokens, self._config(generation))

    def _config(self, generation: Generation) -> openvino_genai.GenerationConfig:
        sampling = generation.sampling
        config = openvino_genai.GenerationConfig()
        config.eos_token_id, config.stop_token_ids = self._end_of_turn, self._stop_ids
        config.max_new_tokens = min(sampling.max_tokens, self.context_length - generation.prompt_tokens)
        config.presence_penalty, config.frequency_penalty = sampling.presence_penalty, sampling.frequency_penalty
        config.do_sample = sampling.temperature > 0
        if config.do_sample:
            config.temperature, config.top_p = sampling.temperature, sampling.top_p
            # Without a seed, answers must differ; the engine's own default seed is constant.
            config.rng_seed = time.time_ns() if sampling.seed is None else sampling.seed
        if sampling.grammar is not None:
            config.structured_output_config = openvino_genai.StructuredOutputConfig(grammar=sampling.grammar)
        return config

    def _collect(self, generation: Generation) -> None:
        """Pass on what the last step generated for one request, and see whether it has ended."""
        handle, text = generation.handle, generation.text
        finished: openvino_genai.GenerationFinishReason = openvino_genai.GenerationFinishReason.NONE
        while handle.can_read() and not text.stopped:
            (output,) = handle.read().values()
            generation.completion_tokens += len(output.generated_ids)
            finished = output.finish_reason
            if piece := text.add(output.generated_ids):
                generation.put(piece)
        if generation.cancelled:
            log.info("an answer was cancelled after %d tokens", generation.completion_tokens)
        if generation.cancelled or text.stopped:
            handle.cancel()
            generation.finish_reason = "stop"
        elif finished != openvino_genai.GenerationFinishReason.NONE:
            length = finished == openvino_genai.GenerationFinishReason.LENGTH
            generation.finish_reason = "length" if length else "stop"
        elif handle.get_status() == openvino_genai.GenerationStatus.IGNORED:
            self._end(generation, EngineError("the prompt does not fit the engine's cache"))
            return
        if generation.finish_reason:
            if piece := text.rest():
                generation.put(piece)
            self._end(generation, None)

    def _end(self, generation: Generation, last: EngineError | None) -> None:
        with self._changed:
            self._active.remove(generation)
        generation.put(last)

    def _replace_pipeline(self) -> bool:
        """Make the pipeline again, as a failed step never frees its requests in the cache. False if that failed too."""
        self._pipeline = None  # first, as the memory may not suffice for two
        try:
            self._pipeline = self._make_pipeline()
        except Exception as error:
            log.exception("the engine could not be made again")
            with self._changed:
                self.broken = True
                self._active += self._incoming
                self._incoming.clear()
            self._fail_all(EngineError(f"the engine failed and could not be made again: {error}"))
        return not self.broken

    def _fail_all(self, error: EngineError) -> None:
        for generation in list(self._active):
            self._end(generation, error)


def _pipeline(
    model: Path, facts: ModelFacts, adapter: Path | None, precision: str
) -> openvino_genai.ContinuousBatchingPipeline:
    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = facts.kv_blocks
    scheduler.max_num_batched_tokens = _TOKENS_PER_STEP
    scheduler.max_num_seqs = _BATCH
    # Every tool prompt begins with the tool-selector message; once it is cached, only query and tools are computed.
    scheduler.enable_prefix_caching = True
    properties = {**_PROPERTIES, "INFERENCE_PRECISION_HINT": precision}
    if adapter is not None:
        # The file does not hold the factor by which PEFT scales the product, so it is passed separately.
        properties["adapters"] = openvino_genai.AdapterConfig(
            openvino_genai.Adapter(adapter / "adapter_model.safetensors"),
            scaling(adapter),
            openvino_genai.AdapterConfig.Mode.MODE_STATIC,
        )
    return openvino_genai.ContinuousBatchingPipeline(model, scheduler, "CPU", properties)
