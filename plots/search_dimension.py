from benchmark_utils.results.dimensions import at_equal_calls
from benchmark_utils.results.plots import CurvePlot

# Smaller gaps are shown as this.
LEAST_GAP = 1e-5
SHOWN = {
    "gap at equal calls": ("gap", f"(h - best h) / (first h - best h), or {LEAST_GAP:.0e}"),
    "calls until a tenth of the gap": ("calls", "oracle calls, of one sample"),
}


class Plot(CurvePlot):
    """What search methods reach at equal oracle calls, by the dimension of lambda."""

    name = "search_dimension"
    options = {"shown": list(SHOWN)}

    def plot(self, df, shown):
        if "p_dataset_n_features" not in df or "p_obj_max_calls" not in df:
            return []
        table = at_equal_calls(df, "p_dataset_n_features", df["p_obj_max_calls"].iloc[0])
        column, _ = SHOWN[shown]
        curves = []
        for method, rows in table.groupby("method", sort=False):
            y = rows[column].clip(lower=LEAST_GAP)
            reached = y < float("inf")
            curves.append(self.curve(rows["dimension"][reached], y[reached], method, points=True))
        return curves

    def get_metadata(self, df, shown):
        return self.axes("One penalty per feature", "dimension of lambda", SHOWN[shown][1])
