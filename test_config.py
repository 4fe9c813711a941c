"""Hooks of ``benchopt test``: which of its checks need what this machine may not have."""

import pytest
from benchopt.utils.run_context import RunContext


def check_test_dataset_get_data(benchmark, dataset_class):
    """A data set that must be downloaded is checked only where it can be had."""
    test_parameters = getattr(dataset_class, "test_parameters", {})
    parameters = {name: values[0] for name, values in test_parameters.items()}
    dataset = dataset_class.get_instance(**parameters)
    RunContext().set_run_context("test", dataset, "solver", repetition=0, base_seed=0)
    reason = dataset.get_data().get("unavailable")
    if reason is not None:
        pytest.skip(reason)


def check_test_solver_run(benchmark, solver):
    """A solver of another library is run only where that is installed."""
    if solver.name == "TorchOpt":
        pytest.importorskip("torchopt")
