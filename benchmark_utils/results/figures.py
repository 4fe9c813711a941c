"""What the plots of the figures share."""

import numpy as np


def of_problem(results, problem, question):
    """The rows of results on one problem and question; none where the columns are missing."""
    for column, value in (("problem", problem), ("question", question)):
        column = f"p_obj_{column}"
        if column not in results:
            return results.head(0)
        results = results[results[column] == value]
    return results


def fitted_slope(x, y):
    """The slope of log y over log x where y is above rounding, and x in the last decades.

    Parameters
    ----------
    x, y : array, (n,)
        Errors, which end where rounding does.

    Returns
    -------
    slope : float
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    kept = (y > 1e-9 * y.max()) & (x > 1e-9 * x.max()) & (x < 0.1 * x.max())
    return float(np.polyfit(np.log(x[kept]), np.log(y[kept]), 1)[0])


def trace(plot, x, y, label, **style):
    """A curve for benchopt, with a colour of its label."""
    style = {**plot.get_style(label), **style}
    return {"x": np.asarray(x).tolist(), "y": np.asarray(y).tolist(), "label": label, **style}
