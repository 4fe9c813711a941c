import numpy as np
from benchopt import BasePlot

from benchmark_utils.results.complexity import THEORETICAL_EXPONENTS, calls_needed, fitted_exponent
from benchmark_utils.results.curves import CALLS, of_task, oracle_calls, task_title


class Plot(BasePlot):
    """Oracle calls until ||grad h||^2 <= epsilon, and the exponent beside that of the theory."""

    name = "complexity"
    type = "scatter"
    options = {"dataset": ..., "objective": ..., "calls": list(CALLS)}

    def plot(self, df, dataset, objective, calls):
        results = of_task(df, dataset, objective)
        return [
            {
                "x": targets.tolist(),
                "y": needed.tolist(),
                "label": label(solver, fitted_exponent(targets, needed)),
                **self.get_style(solver),
            }
            for solver, (targets, needed) in calls_needed(
                results, oracle_calls(results, calls)
            ).items()
            if len(targets)
        ]

    def get_metadata(self, df, dataset, objective, calls):
        counted = "oracle" if calls == "all" else calls
        return {
            "title": task_title(dataset, objective),
            "xlabel": "epsilon of |grad h|^2 <= epsilon",
            "ylabel": f"{counted} calls needed",
            "scale": "loglog",
        }


def label(solver, exponent):
    """The solver's name, the fitted exponent, and the theoretical one where there is one."""
    fitted = "" if np.isnan(exponent) else f": exponent {-exponent:.2f}"
    theory = THEORETICAL_EXPONENTS.get(solver)
    return f"{solver}{fitted}" + (f", theory {-theory:g}" if theory else "")
