from typing import NamedTuple

from benchmark_utils.algorithms.search_space import STEP_SIZES, Choice, LogUniform
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, non_negative, positive


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)


class Solver(StochasticSolver):
    """PZOBO, Partial Zeroth-Order-like Bilevel Optimizer: theta's response by finite differences.

    With S(lambda) the result of ``n_inner_steps`` steps of SGD from theta, all on the same
    minibatches, and Q = ``n_directions`` Gaussian directions u_k of lambda's space, an iteration is

        theta  <- S(lambda)
        g      <- 1/Q sum_k <(S(lambda + mu u_k) - S(lambda)) / mu, grad_theta F_j> u_k
        lambda <- lambda - gamma_t (grad_lambda F_j + g)

    with rho = ``step_size`` inside, mu = ``smoothing``, gamma_t = ``outer_step_size``
    t^(-``outer_decay``). It estimates the gradient through the inner steps, which is that of h in
    the limit of many steps; the directions' noise does not vanish at the solution, nor with full
    batches. This is the stochastic version, PZOBO-S; with ``batch_size=full`` it is PZOBO, which
    the paper runs with constant steps, ``outer_decay=0``. theta starts from where the last
    iteration left it, which the paper allows.
    """

    name = "PZOBO"
    references = [
        "D. Sow, K. Ji, Y. Liang, 'On the convergence theory for Hessian-free bilevel algorithms', "
        "NeurIPS 2022 (Algorithms 1 and 2)."
    ]
    auto_inner_step, auto_outer_step = 0.86, 0.014
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "smoothing": [0.1],
        "outer_decay": [0.0],
        "n_inner_steps": [10],
        "n_directions": [1],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "smoothing": positive,
        "outer_decay": non_negative,
        "n_inner_steps": integer(1),
        "n_directions": integer(1, 10**4),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": LogUniform(0.01, 10_000),
        "smoothing": Choice(0.01, 0.1),
        "outer_decay": Choice(0.0, 0.25),
        "n_directions": Choice(1, 10),
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps

    def schedules(self):
        return [
            (self.step_size, 0),
            (self.outer_step_size, self.outer_decay),
            (self.smoothing, 0),
        ]

    def draw(self, rng, t):
        directions = rng.standard_normal((len(t), self.n_directions, self.problem.outer_dim))
        return directions.astype(self.precision)

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var)

    def make_step(self, framework, oracle):
        xp, sgd = framework.np, framework.sgd(oracle.inner_grad)
        n_directions = self.n_directions

        def add(total, u, args):
            arrays, start, inner_var, outer_var, f_theta, batches, rho, mu = args
            moved = sgd(start, batches, (arrays, outer_var + mu * u, rho))
            return total + xp.dot((moved - inner_var) / mu, f_theta) * u

        add_all = framework.fold(add)

        def step(state, arrays, inner_batches, outer_batches, step_sizes, directions):
            rho, gamma, mu = step_sizes
            start, outer_var = state
            inner_var = sgd(start, inner_batches, (arrays, outer_var, rho))
            f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, outer_batches[0])
            args = arrays, start, inner_var, outer_var, f_theta, inner_batches, rho, mu
            total = add_all(xp.zeros_like(outer_var), directions, args)
            direction = f_lambda + total / n_directions
            return State(inner_var, oracle.project(arrays, outer_var - gamma * direction))

        return step
