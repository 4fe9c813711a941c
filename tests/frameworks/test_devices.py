"""device=cuda is refused where there is none, walks the CPU's path, and is named in results."""

import numpy as np
import pytest

from benchmark_utils.frameworks import FRAMEWORKS, NoDevice, get_framework
from helpers import (
    STOCHASTIC,
    constant_steps,
    make_multinomial,
    make_problem,
    make_quadratic,
    make_solver,
    run,
)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_device_that_is_not_there_is_refused(framework):
    if framework == "torch":
        pytest.importorskip("torch")
    try:
        get_framework(framework).find_device("cuda")
    except NoDevice:
        _, reason = make_solver("SOBA", framework=framework, device="cuda").skip(make_problem())
        assert reason == (
            f"SOBA: device=cuda, but framework={framework} finds no such device here; give "
            "device=cpu, or framework=jax or torch where there is one."
        )
    else:
        pytest.skip("This machine has such a device.")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_device_has_a_description(framework, device):
    if framework == "torch":
        pytest.importorskip("torch")
    runtime = get_framework(framework)
    description = runtime.describe_device(runtime.find_device(device))
    assert isinstance(description, str)
    assert device == "auto" or description == "cpu"


def test_results_name_the_device():
    solver = make_solver("SOBA", make_problem(), framework="python", device="cpu", eval_freq=2)
    assert run(solver, 1)["device"] == "cpu"


def device_end(name, problem, framework, device):
    """The result of 20 iterations."""
    parameters = dict(framework=framework, device=device, batch_size=16, eval_freq=10)
    return run(make_solver(name, problem, **parameters, **constant_steps(name)), 2)


@pytest.mark.slow
@pytest.mark.gpu
@pytest.mark.parametrize("problem", [make_problem, make_quadratic, make_multinomial])
@pytest.mark.parametrize("name", STOCHASTIC)
@pytest.mark.parametrize("framework", ["jax", "torch"])
def test_a_gpu_walks_the_path_of_the_cpu(framework, name, problem):
    if framework == "torch":
        pytest.importorskip("torch")
    try:
        get_framework(framework).find_device("cuda")
    except NoDevice:
        pytest.skip(f"{framework} finds no GPU here.")
    made = problem()
    on_gpu, on_cpu = (device_end(name, made, framework, device) for device in ("cuda", "cpu"))
    assert on_cpu["device"] == "cpu" != on_gpu["device"]
    for variable in ("inner_var", "outer_var"):
        difference = np.abs(on_gpu[variable] - on_cpu[variable]) / np.abs(on_cpu[variable])
        print(f"{difference.max():.1e} in {variable}")
        assert difference.max() < 1e-9
    assert on_gpu["calls"] == on_cpu["calls"]
