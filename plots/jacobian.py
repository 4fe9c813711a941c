from benchopt import BasePlot

from benchmark_utils.results.figures import of_problem, trace

N_SIGNALS_SHOWN = 20


class Plot(BasePlot):
    """The error of the unrolled Jacobian and the distance of supports, by ISTA iterations."""

    name = "jacobian"
    type = "scatter"
    options = {"dataset": ..., "solver": ...}

    def plot(self, df, dataset, solver):
        rows = df[(df["dataset_name"] == dataset) & (df["solver_name"] == solver)]
        rows = of_problem(rows, "dictionary_learning", "estimate")
        if "objective_jacobian_error" not in rows:
            return []
        rows = rows[rows["objective_iterations"] > 0]
        signals = [points for _, points in rows.groupby("objective_signal")]
        traces = [
            trace(
                self, points["objective_iterations"], points["objective_jacobian_error"],
                "a signal's |J_N - J*|", color=(0.6, 0.6, 0.6, 0.6), width=0.6,
            )
            for points in signals[:N_SIGNALS_SHOWN]
        ]  # fmt: skip
        medians = rows.groupby("objective_iterations").median(numeric_only=True)
        curves = {
            "median |J_N - J*|": medians["objective_jacobian_error"],
            "mean support distance": rows.groupby("objective_iterations")[
                "objective_support_distance"
            ].mean(),
        }
        for label, curve in curves.items():
            curve = curve[curve > 0]
            traces.append(trace(self, curve.index, curve, label))
        return traces

    def get_metadata(self, df, dataset, solver):
        return {
            "title": f"Jacobian of sparse codes\n{solver}",
            "xlabel": "ISTA iterations N",
            "ylabel": "error, or number of atoms",
            "scale": "loglog",
        }
