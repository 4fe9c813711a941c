from benchmark_utils.algorithms.recursive_directions import RecursiveDirectionsSolver
from benchmark_utils.validation import any_of, fraction, one_of


class Solver(RecursiveDirectionsSolver):
    """SPABA, Stochastic ProbAbilistic Bilevel Algorithm: SOBA with PAGE's variance reduction.

    With D(theta, lambda, v) the three directions of SOBA, on all samples at the first iteration and
    then with probability p, and otherwise on one inner and one outer minibatch,

        d <- D(now)                                    on all samples
        d <- D(now) - D(previous iteration) + d        on a minibatch
        theta, v  <- theta - rho d_theta, v - rho d_v,     lambda <- lambda - gamma d_lambda

    with rho = ``step_size``, gamma = ``outer_step_size``, p = ``probability``: by default
    (``auto``) one over the number of inner and outer minibatches in the data, the order of the
    paper's theorem. It is SRBA with a coin in the place of its period. The paper projects v onto a
    ball whose radius depends on constants of the problem, to bound it in proofs; we do not.
    """

    name = "SPABA"
    references = [
        "T. Chu, D. Xu, W. Yao, J. Zhang, 'SPABA: a single-loop and probabilistic stochastic "
        "bilevel algorithm achieving optimal sample complexity', ICML 2024 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 0.7, 0.012
    parameters = {
        **RecursiveDirectionsSolver.parameters,
        "probability": ["auto"],
    }
    allowed = {
        **RecursiveDirectionsSolver.allowed,
        "probability": any_of(fraction, one_of("auto")),
    }

    def draw(self, rng, t):
        probability = 1 / self.n_blocks if self.probability == "auto" else self.probability
        return (rng.random(len(t)) < probability) | (t == 1)
