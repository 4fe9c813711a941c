from benchmark_utils.results.curves import of_problem
from benchmark_utils.results.plots import CurvePlot


class Plot(CurvePlot):
    """The error of the Jacobian by depth of back-propagation: on the signal whose error rises most
    with full depth, and as the median over signals."""

    name = "truncation"
    options = {"dataset": ..., "signals": ["largest rise", "median"]}

    def plot(self, df, dataset, signals):
        rows = of_problem(df, dataset, "dictionary_learning", "estimate")
        if "objective_jacobian_error" not in rows:
            return []
        rows = rows[rows["objective_iterations"] > 0]
        # Rows are iterations; columns are signals within depths.
        errors = rows.pivot_table(
            "objective_jacobian_error", "objective_iterations",
            ["p_solver_truncation", "objective_signal"],
        )  # fmt: skip
        depths = errors.columns.levels[0].astype(str)
        depths = sorted(depths, key=lambda depth: float(depth.replace("full", "inf")))
        deepest = errors[depths[-1]]
        risen = (deepest / deepest.cummin()).max().idxmax()
        curves = {
            depth: errors[depth].median(axis=1) if signals == "median" else errors[depth][risen]
            for depth in depths
        }
        return [
            self.curve(
                curve.index, curve, "full" if depth == "full" else f"last {depth} iterations"
            )
            for depth, curve in curves.items()
        ]

    def get_metadata(self, df, dataset, signals):
        where = "median over signals" if signals == "median" else "the signal that rises most"
        title = f"Truncated back-propagation\n{where}"
        return self.axes(title, "ISTA iterations N", "|J_N - J*|")
