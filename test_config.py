"""Hooks of ``benchopt test``: skip checks whose data or libraries are missing."""

import pytest
from benchopt.utils.run_context import RunContext


def check_test_dataset_get_data(benchmark, dataset_class):
    """Check a dataset that must be downloaded only if it is available."""
    test_parameters = getattr(dataset_class, "test_parameters", {})
    parameters = {name: values[0] for name, values in test_parameters.items()}
    dataset = dataset_class.get_instance(**parameters)
    RunContext().set_run_context("test", dataset, "solver", repetition=0, base_seed=0)
    reason = dataset.get_data().get("unavailable")
    if reason is not None:
        pytest.skip(reason)


def check_test_solver_run(benchmark, solver):
    """Run a solver of another library only if that library is installed."""
    if solver.name == "TorchOpt":
        pytest.importorskip("torchopt")
