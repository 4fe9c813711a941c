from benchmark_utils.algorithms.hypergradients import make_random_hypergradient
from benchmark_utils.algorithms.random_neumann import RandomNeumannSolver, State
from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, STEP_SIZES, Choice


class Solver(RandomNeumannSolver):
    """TTSA, Two-Timescale Stochastic Approximation: one step on theta, a slower one on lambda.

    At iteration t, with fresh minibatches throughout:

        theta  <- theta - rho_t grad_theta G_i
        v      <- N eta prod_{k <= q} (I - eta H_{b_k}) grad_theta F_j,    q uniform on 0, ..., N-1
        lambda <- lambda - gamma_t (grad_lambda F_j - hessian_lambda,theta G_i' v)

    with rho_t = ``step_size`` t^(-``decay``), gamma_t = ``outer_step_size`` t^(-``outer_decay``),
    eta = ``neumann_step_size``, N = ``n_neumann_steps``. The exponents 2/5 and 3/5 are those of
    the paper for an h that is not convex; N grows with log t there, and is constant here.
    """

    name = "TTSA"
    references = [
        "M. Hong, H.-T. Wai, Z. Wang, Z. Yang, 'A two-timescale framework for bilevel "
        "optimization: complexity analysis and application to actor-critic', SIAM Journal on "
        "Optimization 2023, arXiv:2007.05170, 2020 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 1.2, 0.02
    parameters = {
        **RandomNeumannSolver.parameters,
        "decay": [0.2],
        "outer_decay": [0.3],
        "n_neumann_steps": [30],
    }
    search_space = {
        ("step_size", "neumann_step_size"): STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        ("decay", "outer_decay"): Choice((0.0, 0.0), (0.2, 0.3)),
        "n_neumann_steps": Choice(10, 30),
    }
    n_inner_steps = 1

    def make_step(self, framework, oracle):
        hypergradient = make_random_hypergradient(framework, oracle, self.n_neumann_steps)

        def step(state, arrays, inner_batches, outer_batches, step_sizes, n_factors):
            rho, gamma, eta = step_sizes
            inner_var, outer_var = state
            g_theta = oracle.inner_grad(arrays, inner_var, outer_var, inner_batches[0])
            inner_var = inner_var - rho * g_theta
            draws = inner_batches[1:], outer_batches[0], n_factors
            direction = hypergradient(arrays, inner_var, outer_var, eta, draws)
            return State(inner_var, oracle.project(arrays, outer_var - gamma * direction))

        return step
