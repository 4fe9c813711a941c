from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.lengths import TINY, make_norm, make_unit
from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, one_of

# A Lanczos vector that is shorter than this part of the product from which it comes is rounding.
LEAST = 1e-6


class Krylov(NamedTuple):
    basis: Array  # (m, p), the Lanczos vectors, and zeros where none is found yet
    matrix: Array  # (m, m), T, and the identity where it is not found yet
    q: Array  # (p,), the next vector
    length: Array  # b, its length before it was normalised


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system
    start: tuple  # v_start, (p,), and the product H v_start at the last restart, (p,)
    krylov: Krylov
    place: Array  # (m,), 1 where the last vector is in the basis, and else 0
    identity: Array  # (m, m)


class Solver(StochasticSolver):
    """LancBiO, Lanczos-aided Bilevel Optimizer: one more Lanczos vector for v in each iteration.

    With H = hessian_theta,theta G, whose theta moves from one vector to the next. Every m-th
    iteration restarts: after its steps on theta it empties W and T, and with
    ``linear_start="warm"`` sets v_start <- v and w <- H v, which are 0 with ``"zero"``. Each
    iteration takes

        theta  <- theta - rho grad_theta G_b                              ``n_inner_steps`` times
        r      =  grad_theta F_j - w,            and q = r / ||r|| if W is empty
        u      =  H q - a q - b q_previous       with a = q^T H q
        W, T   <- with the column q, and with a on T's diagonal and b beside it
        b, q   <- ||u||, u / ||u||
        v      <- v_start + W T^-1 W^T r
        lambda <- lambda - gamma (grad_lambda F_j - hessian_lambda,theta G_i v)

    with rho = ``step_size``, gamma = ``outer_step_size``, m = ``subspace_size`` but at most p. Each
    product has a minibatch of its own. Batches are full and the start is warm by default, as in the
    paper's theorem. With minibatches T is that of no Hessian, and need not be positive definite: a
    warm start then adds up its errors, and the paper's code starts from 0.
    """

    name = "LancBiO"
    references = [
        "Y. Yang, B. Gao, Y. Yuan, 'LancBiO: dynamic Lanczos-aided bilevel optimization via Krylov "
        "subspace', ICLR 2025 (Algorithm 2)."
    ]
    auto_inner_step, auto_outer_step = 0.56, 0.09
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "n_inner_steps": [10],
        "subspace_size": [3],
        "linear_start": ["warm"],
        **StochasticSolver.parameters,
        "batch_size": ["full"],
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "n_inner_steps": integer(1),
        "subspace_size": integer(1, 1000),
        "linear_start": one_of("warm", "zero"),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "n_inner_steps": Choice(1, 10),
    }

    draw_changes_calls = True

    @property
    def n_inner_batches(self):
        # The last but two is read only at a restart.
        return self.n_inner_steps + 3

    @property
    def size(self):
        """The number m of Lanczos vectors."""
        return min(self.subspace_size, self.problem.inner_dim)

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0)]

    def draw(self, rng, t):
        return (t - 1) % self.size == 0

    def init(self, arrays, inner_var, outer_var):
        zeros, identity = np.zeros_like(inner_var), np.eye(self.size, dtype=inner_var.dtype)
        basis = np.zeros((self.size, zeros.size), zeros.dtype)
        krylov = Krylov(basis, identity, zeros, zeros.dtype.type(0))
        return State(inner_var, outer_var, zeros, (zeros, zeros), krylov, identity[-1], identity)

    def make_step(self, framework, oracle):
        xp, sgd = framework.np, framework.sgd(oracle.inner_grad)
        norm, unit = make_norm(xp), make_unit(xp)

        def from_v(args):
            arrays, (inner_var, outer_var, v), batch, _ = args
            return v, oracle.hvp(arrays, inner_var, outer_var, v, batch)

        def as_before(args):
            _, _, _, start = args
            return start

        start_of = framework.cond(from_v if self.linear_start == "warm" else as_before, as_before)

        def extended(krylov, before, place, h_q):
            """W, T and the next vector once q, with the product H q, has its place.

            The place before the first, whose length is 0, does not matter.
            """
            basis, matrix, q, length = krylov
            a = xp.dot(q, h_q)
            u = h_q - a * q - length * (before @ basis)
            # A vector of zeros leaves the identity as it was.
            diagonal = a - xp.dot(q, q)
            beside = length * xp.outer(place, before)
            matrix = matrix + diagonal * xp.outer(place, place) + beside + beside.T
            found = xp.where(norm(u) > LEAST * norm(h_q), norm(u), 0 * norm(u))
            next_q = (found / (norm(u) + TINY)) * unit(u)
            return Krylov(basis + xp.outer(place, q), matrix, next_q, found)

        def step(state, arrays, inner_batches, outer_batches, step_sizes, restarts):
            rho, gamma = step_sizes
            inner_var, outer_var, v, start, krylov, before, identity = state
            basis, matrix, q, length = krylov
            inner_var = sgd(inner_var, inner_batches[:-3], (arrays, outer_var, rho))
            f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, outer_batches[0])
            point = inner_var, outer_var, v
            start = start_of(restarts, (arrays, point, inner_batches[-3], start))
            v_start, h_start = start
            residual = f_theta - h_start
            # The first place follows the last.
            place = xp.concatenate((before[-1:], before[:-1]))
            # 1 at a restart, and else 0.
            new, old = place[0], 1 - place[0]
            q = old * q + new * unit(residual)
            matrix = old * matrix + new * identity
            h_q = oracle.hvp(arrays, inner_var, outer_var, q, inner_batches[-2])
            krylov = extended(Krylov(old * basis, matrix, q, old * length), before, place, h_q)
            coefficients = xp.linalg.solve(krylov.matrix, krylov.basis @ residual)
            v = v_start + coefficients @ krylov.basis
            cross = oracle.cross(arrays, inner_var, outer_var, v, inner_batches[-1])
            outer_var = oracle.project(arrays, outer_var - gamma * (f_lambda - cross))
            return State(inner_var, outer_var, v, start, krylov, place, identity)

        return step
