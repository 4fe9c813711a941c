from typing import NamedTuple

from benchmark_utils.algorithms.search_space import (
    OUTER_STEP_SIZES,
    PENALTIES,
    STEP_SIZES,
    Choice,
)
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, non_negative, positive


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    penalised_inner_var: Array  # (p,)
    previous_outer_var: Array  # (d,)
    moves: tuple  # since the last restart: their number, and the sum of their squared lengths


class Solver(StochasticSolver):
    """AccF2BA, Accelerated F2BA: Nesterov's method for a penalty's inner loops and for lambda.

    With phi the ``penalised_inner_var``, an iteration extrapolates lambda,

        w       =  P(lambda + alpha (lambda - lambda_previous))

    takes at w, with fresh minibatches, ``n_inner_steps`` of Nesterov's steps for both loops, which
    start from the last theta and phi at rest,

        theta   <- z - rho grad_theta G_b(z),             z = theta + beta (theta - theta_previous)
        phi     <- z - rho (grad_theta G_b(z) + grad_theta F_j(z) / sigma),    z from phi alike

    and then, with both gradients of G on the same minibatch,

        lambda  <- P(w - gamma (grad_lambda F_j(phi)
                                + sigma (grad_lambda G_i(phi) - grad_lambda G_i(theta))))

    with P the projection onto the box. After k steps since the last restart, with lengths s_1, ...,
    s_k, the extrapolation restarts, with lambda_previous = lambda, if k (s_1^2 + ... + s_k^2) >
    B^2. Here rho = ``step_size``, beta = ``inner_momentum``, gamma = ``outer_step_size``, alpha =
    ``outer_momentum``, sigma = ``penalty`` and B = ``restart_length``. The paper's theorem is for
    full batches. Its perturbed variant, which leaves saddle points, is not here. Without momentum
    this is F2BA.
    """

    name = "AccF2BA"
    references = [
        "L. Chen, Y. Ma, J. Zhang, 'Near-optimal nonconvex-strongly-convex bilevel optimization "
        "with fully first-order oracles', JMLR 2025.",
        "H. Li, Z. Lin, 'Restarted nonconvex accelerated gradient descent: no more polylogarithmic "
        "factor in the O(eps^(-7/4)) complexity', ICML 2022 (the restart).",
    ]
    parameters = {
        "step_size": [0.1],
        "outer_step_size": [0.1],
        "penalty": [10.0],
        "inner_momentum": [0.5],
        "outer_momentum": [0.5],
        "restart_length": [1.0],
        "n_inner_steps": [10],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": positive,
        "outer_step_size": positive,
        "penalty": positive,
        "inner_momentum": non_negative,
        "outer_momentum": non_negative,
        "restart_length": positive,
        "n_inner_steps": integer(1),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "penalty": PENALTIES,
        ("inner_momentum", "outer_momentum"): Choice(0.5, 0.9),
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + 1

    @property
    def n_outer_batches(self):
        return self.n_inner_steps + 1

    def schedules(self):
        return [
            (self.step_size, 0),
            (self.outer_step_size, 0),
            (self.penalty, 0),
            (self.inner_momentum, 0),
            (self.outer_momentum, 0),
            (self.restart_length, 0),
        ]

    def init(self, arrays, inner_var, outer_var):
        zero = inner_var.dtype.type(0)
        return State(inner_var, outer_var, inner_var, outer_var, (zero, zero))

    def make_step(self, framework, oracle):
        xp, n_steps = framework.np, self.n_inner_steps

        def descend(k, points, args):
            arrays, outer_var, (inner_batches, _), rho, _, beta = args
            theta, before = points
            z = theta + beta * (theta - before)
            return z - rho * oracle.inner_grad(arrays, z, outer_var, inner_batches[k]), theta

        def descend_penalised(k, points, args):
            arrays, outer_var, (inner_batches, outer_batches), rho, sigma, beta = args
            phi, before = points
            z = phi + beta * (phi - before)
            g_theta = oracle.inner_grad(arrays, z, outer_var, inner_batches[k])
            f_theta, _ = oracle.outer_grad(arrays, z, outer_var, outer_batches[k])
            return z - rho * g_theta - (rho / sigma) * f_theta, phi

        nesterov = framework.fori_loop(descend)
        penalised_nesterov = framework.fori_loop(descend_penalised)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma, sigma, beta, alpha, restart_length = step_sizes
            theta, outer_var, phi, previous, (n_moves, squares) = state
            w = oracle.project(arrays, outer_var + alpha * (outer_var - previous))
            args = arrays, w, (inner_batches, outer_batches), rho, sigma, beta
            theta, _ = nesterov(n_steps, (theta, theta), args)
            phi, _ = penalised_nesterov(n_steps, (phi, phi), args)
            f_lambda = oracle.outer_lambda_grad(arrays, phi, w, outer_batches[-1])
            at_phi = oracle.inner_lambda_grad(arrays, phi, w, inner_batches[-1])
            at_theta = oracle.inner_lambda_grad(arrays, theta, w, inner_batches[-1])
            direction = f_lambda + sigma * (at_phi - at_theta)
            new_outer_var = oracle.project(arrays, w - gamma * direction)
            move = new_outer_var - outer_var
            n_moves, squares = n_moves + 1, squares + xp.dot(move, move)
            # 1 while no restart is due, and else 0.
            goes_on = xp.where(n_moves * squares > restart_length**2, 0 * rho, 0 * rho + 1)
            previous = goes_on * outer_var + (1 - goes_on) * new_outer_var
            moves = goes_on * n_moves, goes_on * squares
            return State(theta, new_outer_var, phi, previous, moves)

        return step
