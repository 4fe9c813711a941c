import pandas as pd

from benchmark_utils.results.curves import (
    MEASURES,
    final_points,
    measures,
    minimised,
    of_task,
    task_title,
)
from benchmark_utils.results.plots import TASK_OPTIONS, CurvePlot

PREFIX = "p_solver_"


def step_sizes(results):
    """The step sizes that have several values in a results file; all if there are none."""
    columns = [column for column in results if column.endswith("step_size")]
    varied = [
        column for column in columns if results.groupby("file_solver")[column].nunique().max() > 1
    ]
    return [column.removeprefix(PREFIX) for column in varied or columns] or ["step_size"]


class Plot(CurvePlot):
    """The end of runs against a step size, for the best of all other parameters.

    Steps at which a solver diverged have no point, and a solver with a single step no curve.
    """

    name = "step_size_sensitivity"
    options = {
        **TASK_OPTIONS,
        "parameter": step_sizes,
        "measure": measures,
    }

    def plot(self, df, dataset, objective, parameter, measure):
        column = PREFIX + parameter
        if column not in df:
            return []
        results = of_task(minimised(df), dataset, objective)
        measured, shown = MEASURES[measure]
        if measured not in results:
            return []
        results = results.assign(
            x=pd.to_numeric(results[column], errors="coerce"),
            y=shown(results[measured]),
            solver=results["solver_name"].str.split("[").str[0],
        )
        final = final_points(results.dropna(subset="x"))
        medians = final.groupby(["solver", "solver_name", "x"])["y"].median()
        lowest = medians[medians > 0].groupby(["solver", "x"]).min()
        return [
            self.curve(curve.index.get_level_values("x"), curve, solver)
            for solver, curve in lowest.groupby("solver")
            if len(curve) > 1
        ]

    def get_metadata(self, df, dataset, objective, parameter, measure):
        return self.axes(task_title(dataset, objective), parameter, f"{measure} at the end")
