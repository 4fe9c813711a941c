import numpy as np

from benchmark_utils.results.complexity import THEORETICAL_EXPONENTS, calls_needed, fitted_exponent
from benchmark_utils.results.curves import CALLS, of_task, oracle_calls, task_title
from benchmark_utils.results.plots import TASK_OPTIONS, CurvePlot


class Plot(CurvePlot):
    """Oracle calls until ||grad h||^2 <= epsilon, and the fitted and theoretical exponents."""

    name = "complexity"
    options = {**TASK_OPTIONS, "calls": list(CALLS)}

    def plot(self, df, dataset, objective, calls):
        results = of_task(df, dataset, objective)
        needed = calls_needed(results, oracle_calls(results, calls))
        return [
            self.curve(targets, costs, label(solver, fitted_exponent(targets, costs)), solver)
            for solver, (targets, costs) in needed.items()
            if len(targets)
        ]

    def get_metadata(self, df, dataset, objective, calls):
        counted = "oracle" if calls == "all" else calls
        title = task_title(dataset, objective)
        return self.axes(title, "epsilon of |grad h|^2 <= epsilon", f"{counted} calls needed")


def label(solver, exponent):
    """The solver's name, the fitted exponent, and the theoretical one where there is one."""
    fitted = "" if np.isnan(exponent) else f": exponent {-exponent:.2f}"
    theory = THEORETICAL_EXPONENTS.get(solver)
    return f"{solver}{fitted}" + (f", theory {-theory:g}" if theory else "")
