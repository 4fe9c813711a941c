"""The implicit function theorem in a picture: a ridge regression with one feature and one penalty.

theta*(lambda) is where grad_theta G(lambda, theta) = 0. The theorem gives the slopes of theta* and
of h(lambda) = F(theta*(lambda)) from derivatives of G and F at one point of that curve, without
solving the inner problem at any other lambda:

    d theta* / d lambda = -[hessian_theta,theta G]^-1 hessian_theta,lambda G
    d h / d lambda      = <grad_theta F, d theta* / d lambda>

The distances of theta* and h to the tangents with these slopes are of second order.
"""

import numpy as np
import pandas as pd

from benchmark_utils.judge import value_function
from benchmark_utils.problems.ridge import Ridge

# Where the tangents touch.
LAMBDA = -2.0
CURVES = ("theta*", "h")


def make_problem(seed=0):
    """A noisy regression through the origin, with a validation set that asks for some shrinking."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((60, 1))
    y = 0.5 * x[:, 0] + rng.standard_normal(60)
    y[:20] += 0.8 * x[:20, 0]
    return Ridge(
        x[:20], y[:20], x[20:], y[20:], reg="exp", n_reg=1, outer="validation", box="none", seed=0
    )


def slopes(problem, lam):
    """theta*, h, and their slopes at lambda, by the theorem."""
    outer_var, one = np.array([lam]), np.ones(1)
    h, slope_of_h, theta = value_function(problem, outer_var, problem.inner_var0)
    hessian, cross = problem.hvp(theta, outer_var, one), problem.cross(theta, outer_var, one)
    return theta[0], h, -cross[0] / hessian[0], slope_of_h[0]


def main(n_points=121):
    """theta* and h along lambda, and where the tangents are: on a wide grid, and near LAMBDA."""
    problem = make_problem()
    theta_0, h_0, slope_of_theta, slope_of_h = slopes(problem, LAMBDA)
    parts = {
        "path": np.linspace(-6, 4, n_points),
        "near": LAMBDA + np.geomspace(1e-4, 1, 25),
    }
    rows = []
    for part, grid in parts.items():
        for lam in grid:
            theta, h, *_ = slopes(problem, lam)
            step = lam - LAMBDA
            rows.append(dict(
                part=part, outer_var=lam, theta=theta, h=h, step=step,
                theta_tangent=theta_0 + slope_of_theta * step, h_tangent=h_0 + slope_of_h * step,
            ))  # fmt: skip
    return pd.DataFrame(rows)


def errors(table):
    """Distances to the tangents near LAMBDA, by the length of the step."""
    near = table[table["part"] == "near"]
    return pd.DataFrame({
        "step": near["step"],
        "theta*": (near["theta"] - near["theta_tangent"]).abs(),
        "h": (near["h"] - near["h_tangent"]).abs(),
    })  # fmt: skip


def summary(table):
    """The order in which the distances to the tangents vanish."""
    distances = errors(table)
    distances = np.log(distances[distances["step"] < 0.01])
    orders = {name: np.polyfit(distances["step"], distances[name], 1)[0] for name in CURVES}
    return pd.DataFrame([orders])


def draw(table, figure):
    path, *others = figure.subplots(1, 3)
    rows = table[table["part"] == "path"]
    near = rows[rows["step"].abs() < 2.5]
    draw_inner_objective(path, rows)
    path.plot(rows["outer_var"], rows["theta"], color="C0", label="theta*")
    path.plot(near["outer_var"], near["theta_tangent"], color="C1", label="its tangent")
    path.set(title="G, and where its slope in theta is 0", xlabel="lambda", ylabel="theta")
    value, distance = others
    value.plot(rows["outer_var"], rows["h"], color="C0", label="h")
    value.plot(near["outer_var"], near["h_tangent"], color="C1", label="its tangent")
    value.set(title="The value function", xlabel="lambda", ylabel="h")
    distances = errors(table)
    for name in CURVES:
        label = f"{name}, order {summary(table)[name].iloc[0]:.2f}"
        distance.loglog(distances["step"], distances[name], label=label)
    distance.set(title="Distance to the tangent", xlabel="step of lambda")
    for axis in (path, value, distance):
        axis.legend()


def draw_inner_objective(axis, rows):
    """Contours of G above its minimum over theta."""
    problem, lambdas = make_problem(), rows["outer_var"]
    thetas = np.linspace(-0.2, 1.3 * rows["theta"].max(), 80)
    excess = np.array([
        [problem.inner_value_grad(np.array([theta]), np.array([lam]))[0] for lam in lambdas]
        for theta in thetas
    ])  # fmt: skip
    excess -= excess.min(axis=0)
    levels = np.geomspace(1e-3, 1, 8)
    axis.contour(lambdas, thetas, excess, levels, colors="grey", linewidths=0.5)
