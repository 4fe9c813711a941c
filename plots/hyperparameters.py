import numpy as np
from benchopt import BasePlot

from benchmark_utils.results.curves import of_task, task_title

# More entries of lambda than this are thinned out.
MAX_ENTRIES = 500


class Plot(BasePlot):
    """The hyper-parameters found: lambda at the end of a curve, entry by entry."""

    name = "hyperparameters"
    type = "scatter"
    options = {"dataset": ..., "objective": ...}

    def plot(self, df, dataset, objective):
        final = of_task(df, dataset, objective)
        if "final_results" not in final:
            return []
        traces = []
        for solver, rows in final.dropna(subset="final_results").groupby("solver_name"):
            found = np.median([one["outer_var"] for one in rows["final_results"]], axis=0)
            entries = np.arange(0, found.size, -(-found.size // MAX_ENTRIES))
            traces.append({
                "x": (entries + 1).tolist(),
                "y": found[entries].tolist(),
                "label": solver,
                **self.get_style(solver),
            })  # fmt: skip
        return traces

    def get_metadata(self, df, dataset, objective):
        return {
            "title": task_title(dataset, objective),
            "xlabel": "k",
            "ylabel": "lambda_k found",
            "scale": "linear",
        }
