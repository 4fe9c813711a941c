from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.lengths import make_unit
from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, PENALTIES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, non_negative, one_of, positive


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    inner_vars: Array  # (n_nodes p,), theta_k for the nodes k other than 0, one after the other


class Solver(StochasticSolver):
    """F2SA-p: the hypergradient as a finite difference of order p in the weight of F.

    With theta_k the minimiser of G + (k / sigma) F, h is the derivative of min (G + nu F) by nu at
    nu = 0, and its gradient a difference over nodes k / sigma. One iteration takes, for each node k
    and on the same minibatches, ``n_inner_steps`` steps

        theta_k <- theta_k - rho (grad_theta G_b + (k / sigma) grad_theta F_j)

    and then, on one more minibatch,

        d       <- sum_k c_k (k grad_lambda F_j(theta_k) + sigma grad_lambda G_i(theta_k))
        lambda  <- lambda - gamma_t d

    with rho = ``step_size``, sigma = ``penalty``, gamma_t = ``outer_step_size`` t^(-``decay``), and
    c_k the weights of the first derivative of order p = ``order``. The nodes are +-1, ..., +-p/2 if
    p is even, and -(p-1)/2, ..., (p+1)/2 if it is odd. The error of d is of order sigma^-p.

    With ``order=1`` this is F2BA (Chen, Ma and Zhang), which is F2SA with constant sigma. With
    ``normalised=True`` lambda moves by gamma_t d / ||d||, as in the paper of F2SA-p. The paper
    draws minibatches for each node; ours share them, so that the noise of the difference is not
    multiplied by sigma. The reported theta is theta_0, or the mean of all theta_k if p is even.
    """

    name = "F2SA-p"
    references = [
        "L. Chen, J. Li, E. M. Chayti, J. Zhang, 'Faster gradient methods for highly-smooth "
        "stochastic bilevel optimization', ICLR 2026, arXiv:2509.02937, 2025.",
        "L. Chen, Y. Ma, J. Zhang, 'Near-optimal nonconvex-strongly-convex bilevel optimization "
        "with fully first-order oracles', JMLR 2025 (F2BA).",
    ]
    auto_inner_step, auto_outer_step = 0.42, 0.0057
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "penalty": [96.0],
        "order": [2],
        "decay": [0.0],
        "normalised": [False],
        "n_inner_steps": [10],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "penalty": positive,
        # The weights of higher orders are differences of large numbers.
        "order": integer(1, 10),
        "decay": non_negative,
        "normalised": one_of(True, False),
        "n_inner_steps": integer(1),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "penalty": PENALTIES,
        "decay": Choice(0.0, 0.3),
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + 1

    @property
    def n_outer_batches(self):
        return self.n_inner_steps + 1

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, self.decay), (self.penalty, 0)]

    def init(self, arrays, inner_var, outer_var):
        nodes, _ = stencil(self.order)
        return State(inner_var, outer_var, np.tile(inner_var, np.count_nonzero(nodes)))

    def make_step(self, framework, oracle):
        xp = framework.np
        sgd = framework.sgd(oracle.inner_grad)
        penalised_sgd = framework.penalised_sgd(oracle.inner_grad, oracle.outer_grad)
        nodes, weights = stencil(self.order)
        others = nodes != 0
        table = np.stack([nodes, weights], axis=1)[others].astype(self.precision)
        n_nodes = len(table)
        weight_at_zero = float(weights[~others].sum())

        def add_node(carry, row, args):
            inner_vars, direction = carry
            arrays, outer_var, rho, sigma, (inner_batches, outer_batches) = args
            node, weight, p = row[0], row[1], inner_vars.shape[0] // n_nodes
            batches = inner_batches[:-1], outer_batches[:-1]
            args = arrays, outer_var, rho, sigma / node
            theta = penalised_sgd(inner_vars[:p], batches, args)
            f_lambda = oracle.outer_lambda_grad(arrays, theta, outer_var, outer_batches[-1])
            g_lambda = oracle.inner_lambda_grad(arrays, theta, outer_var, inner_batches[-1])
            # The next node's comes first: after all nodes each is in its place again.
            inner_vars = xp.concatenate((inner_vars[p:], theta))
            return inner_vars, direction + weight * (node * f_lambda + sigma * g_lambda)

        add_nodes = framework.fold(add_node)

        def at_zero(inner_var, args):
            arrays, outer_var, rho, sigma, (inner_batches, _) = args
            inner_var = sgd(inner_var, inner_batches[:-1], (arrays, outer_var, rho))
            g_lambda = oracle.inner_lambda_grad(arrays, inner_var, outer_var, inner_batches[-1])
            return inner_var, (weight_at_zero * sigma) * g_lambda

        def nothing(inner_var, args):
            _, outer_var, _, _, _ = args
            return inner_var, xp.zeros_like(outer_var)

        def at_zero_of(inner_var, inner_vars):
            return inner_var

        def mean_of(inner_var, inner_vars):
            return xp.sum(inner_vars.reshape((n_nodes, -1)), axis=0) / n_nodes

        begin, end = (nothing, mean_of) if others.all() else (at_zero, at_zero_of)

        def as_it_is(direction):
            return direction

        scaled = make_unit(xp) if self.normalised else as_it_is

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma, sigma = step_sizes
            inner_var, outer_var, inner_vars = state
            args = arrays, outer_var, rho, sigma, (inner_batches, outer_batches)
            inner_var, direction = begin(inner_var, args)
            inner_vars, direction = add_nodes((inner_vars, direction), table, args)
            outer_var = oracle.project(arrays, outer_var - gamma * scaled(direction))
            return State(end(inner_var, inner_vars), outer_var, inner_vars)

        return step


def stencil(order):
    """The nodes k and weights c_k of a finite difference of the first derivative.

    Parameters
    ----------
    order : int

    Returns
    -------
    nodes, weights : array, (order + 1,)
        The difference is exact for polynomials up to the degree ``order``. The weight of node 0
        is 0, and left out, if the order is even.
    """
    nodes = np.arange(-((order - 1) // 2), order // 2 + order % 2 + 1)
    if order % 2 == 0:
        nodes = np.setdiff1d(np.arange(-order // 2, order // 2 + 1), [0])
    powers = np.vander(nodes, increasing=True).T.astype(float)
    derivative = np.zeros(len(nodes))
    derivative[1] = 1
    return nodes, np.linalg.solve(powers, derivative)
