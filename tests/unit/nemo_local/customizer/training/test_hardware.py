"""A CPU trains in bfloat16 only where it multiplies faster than float32, whatever its flags say."""

import time
from types import SimpleNamespace

import pytest
import torch
from altered import altered

from nemo_local.customizer.training import hardware

CPU = torch.device("cpu")


@pytest.fixture
def processor(monkeypatch):
    """Makes this machine one without a GPU, whose products take so many seconds in either format."""

    def become(native: bool, float32: float = 1.0, bfloat16: float = 1.0) -> None:
        cpu = altered(torch.cpu, _is_avx512_bf16_supported=lambda: native, _is_amx_tile_supported=lambda: False)
        cuda = SimpleNamespace(is_available=lambda: False)
        monkeypatch.setattr(hardware, "torch", altered(torch, cpu=cpu, cuda=cuda))
        seconds = {torch.float32: float32, torch.bfloat16: bfloat16}
        monkeypatch.setattr(hardware, "product_seconds", lambda: seconds)
        hardware.pick_device.cache_clear()

    yield become
    hardware.pick_device.cache_clear()


def test_the_faster_format_is_taken(processor):
    processor(native=True, float32=2.0, bfloat16=1.0)
    assert hardware.pick_device() == (CPU, torch.bfloat16)
    processor(native=True, float32=1.0, bfloat16=2.0)  # an Intel processor whose AMX a virtual machine hides
    assert hardware.pick_device() == (CPU, torch.float32)


def test_a_processor_that_emulates_bfloat16_is_not_asked(processor):
    processor(native=False, float32=2.0, bfloat16=1.0)
    assert hardware.pick_device() == (CPU, torch.float32)


def test_the_fastest_product_of_either_format_counts(monkeypatch):
    monkeypatch.setattr(hardware, "_PRODUCT", (8, 16, 32))
    clock = iter([0, 5, 10, 14, 20, 22, 30, 37])  # float32, bfloat16, float32, bfloat16
    monkeypatch.setattr(hardware, "_ROUNDS", 2)
    monkeypatch.setattr(hardware, "time", altered(time, perf_counter=lambda: next(clock)))
    assert hardware.product_seconds() == {torch.float32: 2, torch.bfloat16: 4}
    assert next(clock, None) is None


def test_a_format_that_would_be_emulated_is_not_computed_in(processor):
    gpu = torch.device("cuda")
    processor(native=False)
    assert [hardware.computes(device, torch.bfloat16) for device in (CPU, gpu)] == [False, True]
    assert hardware.computes(CPU, torch.float32)
    processor(native=True)
    assert hardware.computes(CPU, torch.bfloat16)
