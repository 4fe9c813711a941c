from benchmark_utils.algorithms.recursive_directions import RecursiveDirectionsSolver
from benchmark_utils.validation import any_of, integer, one_of


class Solver(RecursiveDirectionsSolver):
    """SRBA, Stochastic Recursive Bilevel Algorithm: SOBA with SARAH's variance reduction.

    With D(theta, lambda, v) the three directions of SOBA, on all samples at iterations 1, q + 1,
    2 q + 1, ..., and between these on one inner and one outer minibatch,

        d <- D(now)                                    on all samples
        d <- D(now) - D(previous iteration) + d        on a minibatch
        theta, v  <- theta - rho d_theta, v - rho d_v,     lambda <- lambda - gamma d_lambda

    with rho = ``step_size``, gamma = ``outer_step_size``, q = ``period``: by default (``auto``) the
    number of inner and outer minibatches in the data, the order of the paper's theorem, so that
    full batches cost as much as the iterations between them. The paper projects v onto a ball whose
    radius depends on constants of the problem, to bound it in proofs; we do not.
    """

    name = "SRBA"
    references = [
        "M. Dagreou, T. Moreau, S. Vaiter, P. Ablin, 'A lower bound and a near-optimal algorithm "
        "for bilevel empirical risk minimization', AISTATS 2024 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 0.7, 0.012
    parameters = {
        **RecursiveDirectionsSolver.parameters,
        "period": ["auto"],
    }
    allowed = {
        **RecursiveDirectionsSolver.allowed,
        "period": any_of(integer(1), one_of("auto")),
    }

    def draw(self, rng, t):
        period = self.n_blocks if self.period == "auto" else self.period
        return (t - 1) % period == 0
