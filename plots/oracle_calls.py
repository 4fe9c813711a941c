from benchopt import BasePlot

from benchmark_utils.curves import MEASURES, measured


class Plot(BasePlot):
    """Convergence against one-sample oracle calls, as complexity results count them."""

    name = "oracle_calls"
    type = "scatter"
    options = {
        "dataset": ...,
        "objective": ...,
        "measure": list(MEASURES),
        "calls": ["all", "inner_grad", "hvp", "cross", "outer_grad"],
    }

    def plot(self, df, dataset, objective, measure, calls):
        curves = measured(df, dataset, objective, measure)
        names = self.options["calls"][1:] if calls == "all" else [calls]
        curves["x"] = curves[[f"objective_{name}_calls" for name in names]].sum(axis=1)
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
            "title": f"{objective}\nData: {dataset}",
            "xlabel": f"Number of {counted}",
            "ylabel": measure,
            "scale": "loglog",
        }
