"""JAX and PyTorch behind the same names, and what a function costs in each of them."""

import time
from typing import Any, NamedTuple

import numpy as np

N_TIMES = 10


class Cost(NamedTuple):
    """What one call of a function costs."""

    result: list  # of NumPy arrays
    operations: float
    memory: int  # bytes, besides arguments
    seconds: float  # of the processor, the median of ten calls


class Ops(NamedTuple):
    """What networks and their derivatives need; images are (n, channels, height, width)."""

    np: Any
    array: Any
    grad: Any
    jvp: Any
    softmax: Any
    logsumexp: Any
    convolve: Any
    cost: Any  # function of (function, *args), which returns a Cost


def median_seconds(function, *args):
    function(*args)
    seconds = []
    for _ in range(N_TIMES):
        start = time.process_time()
        function(*args)
        seconds.append(time.process_time() - start)
    return float(np.median(seconds))


def jax_ops():
    """JAX, whose costs are those of the compiled function: operations, and temporary memory."""
    import jax

    def convolve(X, filters):
        return jax.lax.conv_general_dilated(X, filters, (1, 1), "SAME")

    def cost(function, *args):
        compiled = jax.jit(function).lower(*args).compile()
        analysis = compiled.cost_analysis()
        # A list of one in older versions.
        operations = (analysis[0] if isinstance(analysis, list) else analysis)["flops"]
        memory = compiled.memory_analysis().temp_size_in_bytes
        seconds = median_seconds(lambda *args: jax.block_until_ready(compiled(*args)), *args)
        return Cost([*map(np.asarray, compiled(*args))], operations, memory, seconds)

    return Ops(
        jax.numpy, jax.numpy.asarray, jax.grad, jax.jvp, jax.nn.softmax, jax.nn.logsumexp,
        convolve, cost,
    )  # fmt: skip


def torch_ops():
    """PyTorch, whose costs are counted in a call: operations of products and convolutions, and the
    most memory held at a time."""
    import torch
    from torch.profiler import ProfilerActivity, profile
    from torch.utils.flop_counter import FlopCounterMode

    def convolve(X, filters):
        return torch.nn.functional.conv2d(X, filters, padding="same")

    def cost(function, *args):
        with FlopCounterMode(display=False) as counter:
            result = function(*args)
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
            function(*args)
        events = profiled.profiler.kineto_results.events()
        changes = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
        memory = np.cumsum([size for _, size in changes]).max()
        seconds = median_seconds(function, *args)
        return Cost([*map(np.asarray, result)], counter.get_total_flops(), int(memory), seconds)

    return Ops(
        torch, torch.as_tensor, torch.func.grad, torch.func.jvp, torch.softmax, torch.logsumexp,
        convolve, cost,
    )  # fmt: skip


OPS = {"jax": jax_ops, "torch": torch_ops}
