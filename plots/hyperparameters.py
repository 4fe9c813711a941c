import numpy as np

from benchmark_utils.results.curves import minimised, of_task, task_title
from benchmark_utils.results.plots import TASK_OPTIONS, StyledPlot, points

# Above this number, only some entries of lambda are shown.
MAX_ENTRIES = 500


class Plot(StyledPlot):
    """The hyper-parameters found: lambda at the end of a curve, entry by entry."""

    name = "hyperparameters"
    type = "scatter"
    options = TASK_OPTIONS

    def plot(self, df, dataset, objective):
        final = of_task(minimised(df), dataset, objective)
        if "final_results" not in final:
            return []
        curves = []
        for solver, rows in final.dropna(subset="final_results").groupby("solver_name"):
            found = np.median([one["outer_var"] for one in rows["final_results"]], axis=0)
            entries = np.arange(0, found.size, -(-found.size // MAX_ENTRIES))
            styled = self.styled(solver, df["solver_name"])
            curves.append(styled | points(entries + 1, found[entries]))
        return curves

    def get_metadata(self, df, dataset, objective):
        return self.axes(task_title(dataset, objective), "k", "lambda_k found", "linear")
