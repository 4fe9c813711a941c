from benchopt import BasePlot

from benchmark_utils.results.figures import of_problem, trace

COLUMNS = {"cost": "objective_value", "recovery score": "objective_recovery"}


class Plot(BasePlot):
    """Cost and recovery of alternating minimisation and of unrolling, by outer iterations."""

    name = "dictionary_learning"
    type = "scatter"
    options = {"dataset": ..., "measure": list(COLUMNS)}

    def plot(self, df, dataset, measure):
        rows = of_problem(df[df["dataset_name"] == dataset], "dictionary_learning", "minimise")
        if "objective_recovery" not in rows:
            return []
        traces = []
        for solver, points in rows.groupby("solver_name", sort=False):
            alternating = solver.startswith("Analytic")
            steps = points.get("p_solver_n_inner_steps")
            label = "alternating" if alternating else f"unrolled, N = {int(steps.iloc[0])}"
            traces.append(
                trace(self, points["objective_iterations"], points[COLUMNS[measure]], label)
            )
        return traces

    def get_metadata(self, df, dataset, measure):
        return {
            "title": f"Dictionary learning: {measure}",
            "xlabel": "outer iterations",
            "ylabel": "h(D)" if measure == "cost" else measure,
            "scale": "linear",
        }
