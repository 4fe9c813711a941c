from benchmark_utils.results.curves import of_problem
from benchmark_utils.results.plots import CurvePlot

N_SIGNALS_SHOWN = 20


class Plot(CurvePlot):
    """The error of the unrolled Jacobian and the distance of supports, by ISTA iterations."""

    name = "jacobian"
    options = {"dataset": ..., "solver": ...}

    def plot(self, df, dataset, solver):
        rows = of_problem(df, dataset, "dictionary_learning", "estimate")
        if "objective_jacobian_error" not in rows:
            return []
        rows = rows[(rows["solver_name"] == solver) & (rows["objective_iterations"] > 0)]
        signals = [points for _, points in rows.groupby("objective_signal")]
        curves = [
            self.curve(
                points["objective_iterations"], points["objective_jacobian_error"],
                "a signal's |J_N - J*|", color=(0.6, 0.6, 0.6, 0.6), width=0.6,
            )
            for points in signals[:N_SIGNALS_SHOWN]
        ]  # fmt: skip
        by_iterations = rows.groupby("objective_iterations")
        summaries = {
            "median |J_N - J*|": by_iterations["objective_jacobian_error"].median(),
            "mean support distance": by_iterations["objective_support_distance"].mean(),
        }
        for label, summary in summaries.items():
            summary = summary[summary > 0]
            curves.append(self.curve(summary.index, summary, label))
        return curves

    def get_metadata(self, df, dataset, solver):
        title = f"Jacobian of sparse codes\n{solver}"
        return self.axes(title, "ISTA iterations N", "error, or number of atoms")
