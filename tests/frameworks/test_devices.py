"""device=cuda is refused where there is no such device, and results name the device."""

import pytest

from benchmark_utils.frameworks import FRAMEWORKS, NoDevice, get_framework
from helpers import make_problem, make_solver, run


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
