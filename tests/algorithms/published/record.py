"""Run public code of papers whose methods are solvers here, and store its first iterates.

    python tests/algorithms/published/record.py CASE CHECKOUT

CHECKOUT is a git checkout of the case's repository, of which nothing is copied. The code runs as it
is, on the losses of this file and on full batches, in float64; what it asks for besides, such as
data and a log, is replaced. MA-SOBA's needs JAX, the others PyTorch. The result is CASE.json, with
theta and lambda after each iteration; ``test_published.py`` has the solver that must equal it.
"""

import argparse
import importlib
import json
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock, patch

import numpy as np

HERE = Path(__file__).parent
SAMPLES = {
    key: np.array(value) for key, value in json.loads((HERE / "samples.json").read_text()).items()
}
N_ITERATIONS = 20


def losses(name, xp):
    """F and G of lambda x and theta y, both (p,), with one penalty exp(x_k) per feature."""
    X, b, X_val, b_val = (
        xp.asarray(SAMPLES[key]) for key in ("X_train", "y_train", "X_val", "y_val")
    )

    def penalty(x, y):
        return xp.sum(xp.exp(x) * y**2) / 2

    if name == "ridge":
        return (
            lambda x, y: xp.mean((X_val @ y - b_val) ** 2),
            lambda x, y: xp.mean((X @ y - b) ** 2) / 2 + penalty(x, y),
        )
    zero = xp.zeros(1)
    return (
        lambda x, y: xp.mean(xp.logaddexp(zero, -b_val * (X_val @ y))),
        lambda x, y: xp.mean(xp.logaddexp(zero, -b * (X @ y))) + penalty(x, y),
    )


def torch_in_float64():
    import torch

    torch.set_default_dtype(torch.float64)
    return torch


def module_of(folder, name, *absent, **replaced):
    """A module of the checkout; packages that the run does not need are not imported."""
    sys.path.insert(0, str(folder))
    sys.modules.update({package: MagicMock() for package in absent}, **replaced)
    return importlib.import_module(name)


class Columns:
    """The problem as ``Code/SyntheticProblem`` of LancBiO asks for it, with columns (p, 1)."""

    def __init__(self, name):
        self.func, self.path = torch_in_float64().func, []
        self.f, self.g = losses(name, torch_in_float64())

    def gradient(self, loss, argument, x, y):
        return self.func.grad(loss, argnums=argument)(x[:, 0], y[:, 0])[:, None]

    def f_grad_x(self, x, y):
        return self.gradient(self.f, 0, x, y)

    def f_grad_y(self, x, y):
        return self.gradient(self.f, 1, x, y)

    def g_grad_y(self, x, y):
        return self.gradient(self.g, 1, x, y)

    def products(self, x, y, v):
        _, pull = self.func.vjp(self.func.grad(self.g, argnums=1), x[:, 0], y[:, 0])
        return pull(v[:, 0])

    def g_hessian_y(self, x, y, v):
        return self.products(x, y, v)[1][:, None]

    def g_jac_xy(self, x, y, v):
        return self.products(x, y, v)[0][:, None]

    def f_value(self, x, y):
        """Called after each iteration, with what is stored."""
        self.path.append((y[:, 0].tolist(), x[:, 0].tolist()))
        return 0.0

    def residual(self, x, y, v):
        return v

    hyper_grad = residual


def synthetic(module, function, problem, v_start, **settings):
    """A case of ``Code/SyntheticProblem`` of LancBiO's repository."""

    def run(checkout):
        folder = checkout / "Code" / "SyntheticProblem"
        solver = getattr(module_of(folder, f"solvers.{module}", "wandb"), function)
        torch, columns = torch_in_float64(), Columns(problem)
        p = SAMPLES["X_train"].shape[1]
        steps = dict(theta=0.3, lam=0.4, a=0.0, b=0.0, min_theta=0.0, min_lam=0.0)
        log = dict(test_fre=1, track=False)
        args = SimpleNamespace(n=p, K=N_ITERATIONS, T=3, **steps, **log, **settings)
        # lambda, theta and v start from random numbers there, in this order.
        starts = iter([0.0, 0.0 if problem == "ridge" else 0.1, v_start])
        with patch("torch.randn", lambda *shape: torch.full((p, 1), next(starts))):
            solver(args, columns)
        return columns.path

    return run


def f2sa_p(checkout):
    """Both losses times 1e8, so that 1e-6, which is added to a norm there, does not matter."""
    l2reg = module_of(checkout / "medium_sized", "l2reg", "hypergrad", "torchvision",
                       "torchvision.transforms")  # fmt: skip
    torch, path, scale = torch_in_float64(), [], 1e8
    f, g = losses("logreg", torch)
    l2reg.f = lambda y, x, samples: scale * f(x, y[:, 0])
    l2reg.g = lambda y, x, samples: scale * g(x, y[:, 0])

    def evaluate(y, x, samples):
        """Called twice after each iteration, with what is stored: there theta of the node 1."""
        path.append((y[:, 0].tolist(), x.tolist()))
        return 0.0, 0.0

    l2reg.evaluate = evaluate
    p = SAMPLES["X_train"].shape[1]
    none = torch.zeros((1, 1)), torch.zeros(1)
    steps = dict(x_lr=0.3 / scale, w_lr=0.02, x_momentum=0.0, w_momentum=0.0, lmbd=10.0)
    l2reg.args = SimpleNamespace(p=2, epochs=N_ITERATIONS, iterations=3, **steps)
    theta = torch.full((p, 1), 0.1, requires_grad=True)
    l2reg.F2SA_p(l2reg.args, theta, torch.zeros(p, requires_grad=True), none, none, none, none)
    return path[::2]


def v_pbgd(checkout):
    """The first feature of the ridge regression, as that code has scalars and min G given."""
    toy = module_of(checkout / "V-PBGD" / "toy", "toy")
    X, b, X_val, b_val = (SAMPLES[key] for key in ("X_train", "y_train", "X_val", "y_val"))
    X, X_val, path = X[:, 0], X_val[:, 0], []
    a, c = np.mean(X**2), np.mean(X * b)

    def df(x, y):
        """Called once for each iterate, with what is stored."""
        path.append(([float(y)], [float(x)]))
        return np.array([0.0, 2 * np.mean(X_val * (X_val * y - b_val))])

    def dg(x, y):
        """The gradient of G - min G = G + c^2 / (2 (a + exp(x)))."""
        at_minimum = c**2 * np.exp(x) / (2 * (a + np.exp(x)) ** 2)
        return np.array([np.exp(x) * y**2 / 2 - at_minimum, (a + np.exp(x)) * y - c])

    class Enough(Exception):
        pass

    def box(x, limits):
        if len(path) > N_ITERATIONS:
            raise Enough
        return x

    toy.df, toy.dg, toy.box, toy.xlim = df, dg, box, None
    try:
        toy.solveF(0.0, 0.0, 0.06, 10.0)
    except Enough:
        return path[1:]


def ma_soba(checkout):
    import jax

    jax.config.update("jax_enable_x64", True)
    benchopt = MagicMock(BaseSolver=object)
    others = "benchopt.stopping_criterion", "benchmark_utils.get_memory"
    solver_class = module_of(checkout, "solvers.masoba", *others, benchopt=benchopt).Solver
    f, g = losses("logreg", jax.numpy)
    solver, path = solver_class(), []
    vars(solver).update(step_size=0.3, outer_ratio=0.75, batch_size="full", eval_freq=1,
                        framework="jax", random_state=1)  # fmt: skip
    p = SAMPLES["X_train"].shape[1]
    solver.set_objective(
        lambda framework: lambda y, x, start, batch_size: g(x, y),
        lambda framework: lambda y, x, start, batch_size: f(x, y),
        len(SAMPLES["y_train"]), len(SAMPLES["y_val"]), np.full(p, 0.1), np.zeros(p),
    )  # fmt: skip

    def callback():
        path.append((np.array(solver.inner_var).tolist(), np.array(solver.outer_var).tolist()))
        return len(path) <= N_ITERATIONS

    solver.run(callback)
    return path[1:]


LANCBIO = "UCAS-YanYang/LancBiO"
GROWTH = dict(dim_max=3, dim_fre=100, dim_inc=1.0)
CASES = {
    "lancbio": (LANCBIO, synthetic("LancBiO", "lancbio", "logreg", 0.0, m=3, **GROWTH)),
    "lancbio_1": (LANCBIO, synthetic("LancBiO", "lancbio", "logreg", 0.0, m=1, **GROWTH)),
    "subbio": (LANCBIO, synthetic("SubBiO", "subbio", "ridge", 1.0)),
    "amigo": (LANCBIO, synthetic("AmIGO_GD", "amigo_gd", "logreg", 0.0, hessian_q=4)),
    "stocbio": (LANCBIO, synthetic("stocBiO", "stocbio", "logreg", 0.0, hessian_q=4)),
    "f2sa_p": ("TrueNobility303/F2BA", f2sa_p),
    "v_pbgd": ("hanshen95/penalized-bilevel-gradient-descent", v_pbgd),
    "ma_soba": ("SUSTech-Optimization/SPABA", ma_soba),
}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", metavar="CASE", choices=CASES, help=", ".join(CASES))
    parser.add_argument("checkout", metavar="CHECKOUT")
    arguments = parser.parse_args()
    case, checkout = arguments.case, arguments.checkout
    repository, run = CASES[case]
    command = ["git", "-C", checkout, "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    with redirect_stdout(sys.stderr):
        path = run(Path(checkout))
    assert len(path) == N_ITERATIONS
    thetas, lambdas = zip(*path, strict=True)
    head = dict(repository=f"https://github.com/{repository}", commit=commit)
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    for key, rows in (("theta", thetas), ("lambda", lambdas)):
        lines.append(f"{json.dumps(key)}: [\n" + ",\n".join(map(json.dumps, rows)) + "]")
    (HERE / f"{case}.json").write_text("{" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
