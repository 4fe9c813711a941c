from benchopt import BasePlot

from benchmark_utils.results.curves import CALLS, MEASURES, measured, oracle_calls, task_title


class Plot(BasePlot):
    """Convergence against one-sample oracle calls, as complexity results count them."""

    name = "oracle_calls"
    type = "scatter"
    options = {
        "dataset": ...,
        "objective": ...,
        "measure": list(MEASURES),
        "calls": list(CALLS),
    }

    def plot(self, df, dataset, objective, measure, calls):
        curves = measured(df, dataset, objective, measure)
        curves["x"] = oracle_calls(curves, calls)
        return [
            {
                "x": points["x"].tolist(),
                "y": points["y"].tolist(),
                "label": solver,
                **self.get_style(solver),
            }
            for solver, points in curves.groupby("solver_name")
        ]

    def get_metadata(self, df, dataset, objective, measure, calls):
        counted = "one-sample oracle calls" if calls == "all" else f"one-sample {calls} calls"
        return {
            "title": task_title(dataset, objective),
            "xlabel": f"Number of {counted}",
            "ylabel": measure,
            "scale": "loglog",
        }
