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
    v_start: Array  # (p,), v at the last restart
    krylov: Krylov
    identity: Array  # (m, m)


class Solver(StochasticSolver):
    """LancBiO, Lanczos-aided Bilevel Optimizer: one more Lanczos vector for v in each iteration.

    With H = hessian_theta,theta G, whose theta moves from one vector to the next. Every m-th
    iteration empties W and T, and sets v_start <- v with ``linear_start="warm"``, or 0 with
    ``"zero"``. Each iteration then takes

        theta  <- theta - rho grad_theta G_b                              ``n_inner_steps`` times
        r      =  grad_theta F_j - H v_start,    and q = r / ||r|| if W is empty
        u      =  H q - a q - b q_previous       with a = q^T H q
        W, T   <- with the column q, and with a on T's diagonal and b beside it
        b, q   <- ||u||, u / ||u||
        v      <- v_start + W T^-1 W^T r
        lambda <- lambda - gamma (grad_lambda F_j - hessian_lambda,theta G_i v)

    with rho = ``step_size``, gamma = ``outer_step_size``, m = ``subspace_size`` but at most p. Each
    product has a minibatch of its own. The authors' code keeps H v_start of the restart in r, one
    product less; ours follows theta. Batches are full and the start is warm by default, as in the
    paper's theorem. With minibatches T is that of no Hessian, and need not be positive definite: a
    warm start then adds up its errors, and the paper's code starts from 0.
    """

    name = "LancBiO"
    references = [
        "Y. Yang, B. Gao, Y. Yuan, 'LancBiO: dynamic Lanczos-aided bilevel optimization via Krylov "
        "subspace', ICLR 2025 (Algorithm 2)."
    ]
    auto_inner_step, auto_outer_step = 0.72, 0.0082
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "n_inner_steps": [1],
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

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + 3

    @property
    def size(self):
        """The number m of Lanczos vectors."""
        return min(self.subspace_size, self.problem.inner_dim)

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0)]

    def draw(self, rng, t):
        # Row k of the identity is the place of the vector that is found: the first at a restart.
        return np.eye(self.size, dtype=self.precision)[(t - 1) % self.size]

    def init(self, arrays, inner_var, outer_var):
        zeros, identity = np.zeros_like(inner_var), np.eye(self.size, dtype=inner_var.dtype)
        basis = np.zeros((self.size, zeros.size), zeros.dtype)
        krylov = Krylov(basis, identity, zeros, zeros.dtype.type(0))
        return State(inner_var, outer_var, zeros, zeros, krylov, identity)

    def make_step(self, framework, oracle):
        xp, sgd = framework.np, framework.sgd(oracle.inner_grad)
        norm, unit = make_norm(xp), make_unit(xp)
        kept = 1 if self.linear_start == "warm" else 0

        def extended(krylov, place, h_q):
            """W, T and the next vector once q, with the product H q, has its place."""
            basis, matrix, q, length = krylov
            # The place before; for the first, whose length is 0, it does not matter.
            before = xp.concatenate((place[1:], place[:1]))
            a = xp.dot(q, h_q)
            u = h_q - a * q - length * (before @ basis)
            # A vector of zeros leaves the identity as it was.
            diagonal = a - xp.dot(q, q)
            beside = length * xp.outer(place, before)
            matrix = matrix + diagonal * xp.outer(place, place) + beside + beside.T
            found = xp.where(norm(u) > LEAST * norm(h_q), norm(u), 0 * norm(u))
            next_q = (found / (norm(u) + TINY)) * unit(u)
            return Krylov(basis + xp.outer(place, q), matrix, next_q, found)

        def step(state, arrays, inner_batches, outer_batches, step_sizes, place):
            rho, gamma = step_sizes
            inner_var, outer_var, v, v_start, krylov, identity = state
            basis, matrix, q, length = krylov
            inner_var = sgd(inner_var, inner_batches[:-3], (arrays, outer_var, rho))
            f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, outer_batches[0])
            # 1 at a restart, and else 0.
            new, old = place[0], 1 - place[0]
            v_start = old * v_start + (new * kept) * v
            hvp = oracle.hvp(arrays, inner_var, outer_var, v_start, inner_batches[-3])
            residual = f_theta - hvp
            q = old * q + new * unit(residual)
            matrix = old * matrix + new * identity
            h_q = oracle.hvp(arrays, inner_var, outer_var, q, inner_batches[-2])
            krylov = extended(Krylov(old * basis, matrix, q, old * length), place, h_q)
            coefficients = xp.linalg.solve(krylov.matrix, krylov.basis @ residual)
            v = v_start + coefficients @ krylov.basis
            cross = oracle.cross(arrays, inner_var, outer_var, v, inner_batches[-1])
            outer_var = oracle.project(arrays, outer_var - gamma * (f_lambda - cross))
            return State(inner_var, outer_var, v, v_start, krylov, identity)

        return step
