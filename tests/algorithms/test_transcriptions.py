"""Solvers on full batches against their papers' algorithms, written once more in plain NumPy.

The transcriptions keep the letters of the papers: x is lambda, y is theta, and f and g are F and G.
They share nothing with the solvers: derivatives come from formulas in this file.
"""

import numpy as np
import pytest

from helpers import STOCHASTIC, component, logreg_data, make_problem, make_solver, run

N_ITERATIONS = 40


class LogisticRegression:
    """Derivatives of f and g: a logistic regression with one penalty exp(x_k) per feature."""

    def __init__(self):
        data = logreg_data()
        self.train = data["X_train"] * data["y_train"][:, None]
        self.val = data["X_val"] * data["y_val"][:, None]

    def gy(self, x, y):
        return -self.train.T @ (1 / (1 + np.exp(self.train @ y))) / len(self.train) + np.exp(x) * y

    def gx(self, x, y):
        return np.exp(x) * y**2 / 2

    def gyy(self, x, y):
        s = 1 / (1 + np.exp(self.train @ y))
        return self.train.T @ np.diag(s * (1 - s)) @ self.train / len(self.train) + np.diag(
            np.exp(x)
        )

    def gxy(self, x, y):
        return np.diag(np.exp(x) * y)

    def f(self, x, y):
        return np.mean(np.log1p(np.exp(-self.val @ y)))

    def fy(self, x, y):
        return -self.val.T @ (1 / (1 + np.exp(self.val @ y))) / len(self.val)

    def fx(self, x, y):
        return np.zeros_like(x)


def ma_soba(p, x, y):
    z, h = np.zeros_like(y), np.zeros_like(x)
    for k in range(1, N_ITERATIONS + 1):
        alpha, beta, theta = 0.4 * k**-0.5, 0.3 * k**-0.5, 0.6 * k**-0.5
        v, u = p.gy(x, y), p.gyy(x, y) @ z - p.fy(x, y)
        h = (1 - theta) * h + theta * (p.fx(x, y) - p.gxy(x, y) @ z)
        x, y, z = x - alpha * h, y - beta * v, z - beta * u
    return x, y


def spaba(p, x, y):
    # Without noise both branches give the directions on all samples.
    z = np.zeros_like(y)
    for _ in range(N_ITERATIONS):
        v, u = p.gy(x, y), p.gyy(x, y) @ z - p.fy(x, y)
        w = p.fx(x, y) - p.gxy(x, y) @ z
        x, y, z = x - 0.4 * w, y - 0.3 * v, z - 0.3 * u
    return x, y


def f2ba(p, x, y):
    """Gradient descent on f + lam g from z and on g from y, then on x."""
    lam, z = 10.0, y
    for _ in range(N_ITERATIONS):
        for _ in range(3):
            z = z - 0.3 / lam * (p.fy(x, z) + lam * p.gy(x, z))
            y = y - 0.3 * p.gy(x, y)
        x = x - 0.4 * (p.fx(x, z) + lam * (p.gx(x, z) - p.gx(x, y)))
    return x, y


def acc_f2ba(p, x, y):
    """Nesterov's method from y, from z, and from x, which restarts as Li and Lin's does."""
    lam, z, before, k, total, restarts = 10.0, y, x, 0, 0.0, 0

    def penalised(x, y):
        return p.fy(x, y) + lam * p.gy(x, y)

    def nesterov(gradient, step, x, y):
        ahead = y
        for _ in range(3):
            last, y = y, ahead - step * gradient(x, ahead)
            ahead = y + 0.6 * (y - last)
        return y

    for _ in range(N_ITERATIONS):
        w = x + 0.7 * (x - before)
        z = nesterov(p.gy, 0.3, w, z)
        y = nesterov(penalised, 0.3 / lam, w, y)
        before, x = x, w - 0.4 * (p.fx(w, y) + lam * (p.gx(w, y) - p.gx(w, z)))
        k, total = k + 1, total + np.sum((x - before) ** 2)
        if k * total > 0.1**2:
            before, k, total, restarts = x, 0, 0.0, restarts + 1
    assert 2 <= restarts <= N_ITERATIONS / 2
    return x, z


def f2sa_2(p, x, y):
    """Central differences of the gradient of min_y g + nu f."""
    nu, plus, minus = 0.1, y, y
    for _ in range(N_ITERATIONS):
        for _ in range(3):
            plus = plus - 0.3 * (p.gy(x, plus) + nu * p.fy(x, plus))
            minus = minus - 0.3 * (p.gy(x, minus) - nu * p.fy(x, minus))
        above = nu * p.fx(x, plus) + p.gx(x, plus)
        below = -nu * p.fx(x, minus) + p.gx(x, minus)
        x = x - 0.1 * (above - below) / (2 * nu)
    return x, (plus + minus) / 2


def f2sa_3_normalised(p, x, y):
    """The difference over -1, 0, 1 and 2, and steps of the length 0.02."""
    nu, ys = 0.1, {-1: y, 0: y, 1: y, 2: y}
    weights = {-1: -1 / 3, 0: -1 / 2, 1: 1, 2: -1 / 6}
    for _ in range(N_ITERATIONS):
        phi = np.zeros_like(x)
        for j, weight in weights.items():
            for _ in range(3):
                ys[j] = ys[j] - 0.3 * (p.gy(x, ys[j]) + j * nu * p.fy(x, ys[j]))
            phi = phi + weight * (j * nu * p.fx(x, ys[j]) + p.gx(x, ys[j])) / nu
        x = x - 0.02 * phi / np.linalg.norm(phi)
    return x, ys[0]


def v_pbgd(p, x, y):
    """One step size for both variables, as in the paper."""
    gamma, alpha, omega = 10.0, 0.3 / 10, y
    for _ in range(N_ITERATIONS):
        for _ in range(3):
            omega = omega - 0.3 * p.gy(x, omega)
        dx = p.fx(x, y) + gamma * (p.gx(x, y) - p.gx(x, omega))
        dy = p.fy(x, y) + gamma * p.gy(x, y)
        x, y = x - alpha * dx, y - alpha * dy
    return x, y


def meha(p, x, y):
    """With gamma = 1 / kappa."""
    gamma, theta = 5.0, y
    for k in range(1, N_ITERATIONS + 1):
        c = 10 * k**0.25
        theta = theta - 0.3 * (p.gy(x, theta) + (theta - y) / gamma)
        x = x - 0.4 * (p.fx(x, y) / c + p.gx(x, y) - p.gx(x, theta))
        y = y - 0.3 * (p.fy(x, y) / c + p.gy(x, y) - (y - theta) / gamma)
    return x, y


def s_tfbo(p, x, y):
    v, a, b, c = np.zeros_like(y), 0.5, 2.0, 2.0
    for _ in range(N_ITERATIONS):
        gy, r = p.gy(x, y), p.gyy(x, y) @ v - p.fy(x, y)
        d = p.fx(x, y) - p.gxy(x, y) @ v
        a, b, c = (
            np.hypot(a, np.linalg.norm(d)),
            np.hypot(b, np.linalg.norm(gy)),
            np.hypot(c, np.linalg.norm(r)),
        )
        tau = max(b, c)
        x, y, v = x - d / (a * tau), y - gy / b, v - r / tau
    return x, y


def d_tfbo(p, x, y):
    v, a, b, c = np.zeros_like(y), 0.5, 2.0, 2.0
    for _ in range(N_ITERATIONS):
        while np.sum(p.gy(x, y) ** 2) > 1e-3:
            b = np.hypot(b, np.linalg.norm(p.gy(x, y)))
            y = y - p.gy(x, y) / b
        while np.sum((p.gyy(x, y) @ v - p.fy(x, y)) ** 2) > 1e-3:
            r = p.gyy(x, y) @ v - p.fy(x, y)
            c = np.hypot(c, np.linalg.norm(r))
            v = v - r / c
        d = p.fx(x, y) - p.gxy(x, y) @ v
        a = np.hypot(a, np.linalg.norm(d))
        x = x - d / (a * max(b, c))
    return x, y


def maid(p, x, y):
    """Gradient descent and conjugate gradients; bounds of f to first order, in place of mu."""
    q, eps, alpha, tries = np.zeros_like(y), 0.1, None, 5
    scale = np.linalg.norm(p.gy(x, y))

    def lower(x, y):
        lipschitz = np.linalg.norm(p.train, 2) ** 2 / (4 * len(p.train)) + np.exp(x).max()
        while True:
            g = p.gy(x, y)
            y = y - g / lipschitz
            if np.linalg.norm(g) <= eps * scale:
                return y

    def adjoint(x, y, q):
        A, b = p.gyy(x, y), p.fy(x, y)
        r = direction = b - A @ q
        while np.linalg.norm(r) > eps * np.linalg.norm(b):
            a = r @ r / (direction @ A @ direction)
            q, r, before = q + a * direction, r - a * A @ direction, r
            direction = r + (r @ r) / (before @ before) * direction
        return q

    def search(x, y, z):
        error = eps * scale * np.linalg.norm(q)
        for i in range(tries + 1):
            step = alpha * 0.5**i
            new_x = x - step * z
            new_y = lower(new_x, y)
            psi = p.f(new_x, new_y) + error - p.f(x, y) + error + 1e-4 * step * z @ z
            if psi <= 0:
                return new_x, new_y, step
        return None

    for _ in range(N_ITERATIONS):
        found = None
        while found is None:
            y = lower(x, y)
            q = adjoint(x, y, q)
            z = p.fx(x, y) - p.gxy(x, y) @ q
            alpha = alpha or 1 / np.linalg.norm(z)
            found = search(x, y, z)
            if found is None:
                eps, tries = 0.5 * eps, tries + 1
        x, y, alpha = found
        alpha, eps, tries = alpha * 10 / 9, min(1.05 * eps, 0.1), 5
    return x, y


def nbo(p, x, y):
    v = np.zeros_like(y)
    for _ in range(N_ITERATIONS):
        hessian, gy, fy, u = p.gyy(x, y), p.gy(x, y), p.fy(x, y), np.zeros_like(y)
        for _ in range(4):
            u, v = u - 0.3 * (hessian @ u - gy), v - 0.3 * (hessian @ v - fy)
        y = y - u
        x = x - 0.4 * (p.fx(x, y) - p.gxy(x, y) @ v)
    return x, y


def subbio(p, x, y):
    v = np.ones_like(y)
    for _ in range(N_ITERATIONS):
        for _ in range(3):
            y = y - 0.3 * p.gy(x, y)
        hessian, fy = p.gyy(x, y), p.fy(x, y)
        basis, _ = np.linalg.qr(np.stack([fy, v - 0.3 * hessian @ v], axis=1))
        v = basis @ np.linalg.solve(basis.T @ hessian @ basis, basis.T @ fy)
        x = x - 0.4 * (p.fx(x, y) - p.gxy(x, y) @ v)
    return x, y


def lancbio(p, x, y):
    v, size = np.zeros_like(y), 3
    for k in range(N_ITERATIONS):
        for _ in range(3):
            y = y - 0.3 * p.gy(x, y)
        hessian, fy = p.gyy(x, y), p.fy(x, y)
        if k % size == 0:
            start, w = v, hessian @ v
            basis, diagonal, beside = [(fy - w) / np.linalg.norm(fy - w)], [], []
        residual = fy - w
        q = basis[-1]
        diagonal.append(q @ hessian @ q)
        u = hessian @ q - diagonal[-1] * q
        if beside:
            u = u - beside[-1] * basis[-2]
        columns = np.stack(basis, axis=1)
        matrix = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        v = start + columns @ np.linalg.solve(matrix, columns.T @ residual)
        beside.append(np.linalg.norm(u))
        basis.append(u / beside[-1])
        x = x - 0.4 * (p.fx(x, y) - p.gxy(x, y) @ v)
    return x, y


def neumann(p, x, y):
    terms = [np.linalg.matrix_power(np.eye(y.size) - 0.2 * p.gyy(x, y), q) for q in range(7)]
    return p.fx(x, y) - p.gxy(x, y) @ (0.2 * sum(terms) @ p.fy(x, y))


def bo_rep(p, x, y):
    m = np.zeros_like(x)
    for k in range(N_ITERATIONS):
        if k % 4 == 0:
            for _ in range(3):
                y = y - 0.3 * p.gy(x, y)
        m = 0.7 * m + 0.3 * neumann(p, x, y)
        x = x - 0.05 * (k + 1) ** -0.5 * m / np.linalg.norm(m)
    return x, y


def accbo(p, x, y):
    hat, before, last, m = y, y, None, None
    for k in range(N_ITERATIONS):
        z = y + 0.5 * (y - before)
        before, y = y, z - 0.3 * p.gy(x, z)
        hat = 0.6 * hat + 0.4 * y
        w = neumann(p, x, hat)
        m = w if k == 0 else w + 0.7 * (m - neumann(p, *last))
        last = x, hat
        x = x - 0.05 * (k + 1) ** -0.5 * m / np.linalg.norm(m)
    return x, hat


SERIES = dict(neumann_step_size=0.2, n_neumann_steps=6, momentum=0.3, outer_step_size=0.05)
STEPS = dict(step_size=0.3, outer_step_size=0.4)
INNER = dict(penalty=10.0, n_inner_steps=3)

CASES = [
    ("MA-SOBA", ma_soba, dict(momentum=0.6, decay=0.5)),
    ("SPABA", spaba, dict(probability=0.3)),
    ("F2SA-p", f2ba, dict(order=1, **INNER)),
    ("F2SA", f2ba, dict(decay=0.0, outer_decay=0.0, penalty_growth=0.0, **INNER)),
    ("F2SA-p", f2sa_2, dict(order=2, outer_step_size=0.1, **INNER)),
    (
        "F2SA-p",
        f2sa_3_normalised,
        dict(order=3, normalised=True, outer_step_size=0.02, **INNER),
    ),
    (
        "AccF2BA",
        acc_f2ba,
        dict(inner_momentum=0.6, outer_momentum=0.7, restart_length=0.1, **INNER),
    ),
    ("V-PBGD", v_pbgd, dict(outer_step_size=0.3, **INNER)),
    ("S-TFBO", s_tfbo, dict(initial_inner=2.0, initial_outer=0.5)),
    ("D-TFBO", d_tfbo, dict(tolerance=1e-3, initial_inner=2.0, initial_outer=0.5)),
    ("MAID", maid, dict(inner_solver="gradient_descent")),
    ("NBO", nbo, dict(n_linear_steps=4)),
    ("SubBiO", subbio, dict(n_inner_steps=3)),
    ("LancBiO", lancbio, dict(n_inner_steps=3, subspace_size=3, linear_start="warm")),
    ("BO-REP", bo_rep, dict(period=4, n_inner_steps=3, **SERIES)),
    ("AccBO", accbo, dict(extrapolation=0.5, averaging=0.4, **SERIES)),
    ("MEHA", meha, dict(penalty=10.0, proximity=0.2, penalty_growth=0.25)),
]


@pytest.mark.parametrize(("name", "algorithm", "parameters"), CASES)
def test_solvers_are_their_papers_algorithms(name, algorithm, parameters):
    problem = make_problem()
    given = STEPS | parameters
    if name in STOCHASTIC:
        given |= dict(framework="python", batch_size="full", eval_freq=1)
    given = {key: given[key] for key in given if key in component("solver", name).parameters}
    result = run(make_solver(name, problem, **given), N_ITERATIONS)
    x, y = algorithm(LogisticRegression(), problem.outer_var0, problem.inner_var0)
    assert np.abs(x - problem.outer_var0).max() > 1e-2
    np.testing.assert_allclose(result["outer_var"], x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(result["inner_var"], y, rtol=1e-12, atol=1e-12)
