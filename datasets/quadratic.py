import numpy as np

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.validation import integer, non_negative, number, too_large


class Dataset(BilevelDataset):
    """Two nested linear least-squares problems with given spectra.

    A sample is a row x of ``inner_dim``, a row z of ``outer_dim`` and a number y, and its loss is
    (<x, theta> + <z, lambda> - y)^2 / 2, at both levels: see ``benchmark_utils/problems/
    quadratic.py``. Rows are Gaussian, then made orthogonal to each other and to the noise of y
    exactly, so that

    * the inner Hessian has ``inner_dim`` eigenvalues from 1 / ``inner_conditioning`` to 1, evenly
      on a logarithmic scale; so has the Hessian of the outer objective in theta;
    * theta*(lambda) moves ``coupling`` times as far as lambda in min(p, d) directions, and does not
      move in the others;
    * the Hessian of h has eigenvalues from 1 / ``outer_conditioning`` to 1.

    ``noise`` is the standard deviation of the part of y that no theta and lambda explain. The noise
    of a sample's Hessian is that of a Gaussian row, independently of ``noise``; neither vanishes at
    the solution. The linear system's solution there is not zero, and depends on lambda.
    """

    name = "quadratic"
    requirements = ["numpy"]

    parameters = {
        "n_inner_samples": [4000],
        "n_outer_samples": [2000],
        "inner_dim": [20],
        "outer_dim": [10],
        "inner_conditioning": [10],
        "outer_conditioning": [10],
        "coupling": [1.0],
        "noise": [0.1],
    }
    sizes = "n_inner_samples", "n_outer_samples", "inner_dim", "outer_dim"
    at_least_one = number(1 - 1e-12, description="a number of at least 1")
    allowed = {
        "n_inner_samples": integer(1),
        "n_outer_samples": integer(1),
        "inner_dim": integer(1),
        "outer_dim": integer(1),
        "inner_conditioning": at_least_one,
        "outer_conditioning": at_least_one,
        "coupling": non_negative,
        "noise": non_negative,
    }
    test_parameters = {
        "n_inner_samples": [60],
        "n_outer_samples": [50],
        "inner_dim": [4],
        "outer_dim": [3],
        "inner_conditioning": [3],
        "outer_conditioning": [3],
    }

    def refuse(self):
        needed = self.inner_dim + self.outer_dim + 1
        for name in self.sizes[:2]:
            if getattr(self, name) < needed:
                return (
                    f"{self.name}: {name}={getattr(self, name)} is fewer than inner_dim + "
                    f"outer_dim + 1 = {needed} directions; give at least {needed}."
                )
        n_samples = self.n_inner_samples + self.n_outer_samples
        # Orthogonal rows, and the samples made of them.
        return too_large(self, self.sizes, 3 * n_samples * needed)

    def load(self, rng):
        p, d = self.inner_dim, self.outer_dim
        # theta*(lambda) = center - jacobian lambda; the outer problem has other targets.
        center, target = rng.standard_normal((2, p))
        outer_target = rng.standard_normal(d)
        # A partial isometry, and the correlation of the outer rows that h sees with those of theta.
        isometry = orthonormal(rng, max(p, d))[:p, :d]
        mixing = 0.5 * orthonormal(rng, max(p, d))[:p, :d]

        x, u, noise = self.orthogonal_parts(rng, self.n_inner_samples)
        X = x @ square_root(rng, p, self.inner_conditioning)
        explained = self.coupling * X @ isometry
        inner = dict(
            X_train=X,
            # The second part is uncorrelated with X: it changes G in lambda, but not theta*.
            Z_train=explained + u,
            y_train=X @ center + noise,
        )

        x, u, noise = self.orthogonal_parts(rng, self.n_outer_samples)
        X = x @ square_root(rng, p, self.inner_conditioning)
        remainder = np.linalg.cholesky(np.eye(d) - mixing.T @ mixing).T
        seen = (x @ mixing + u @ remainder) @ square_root(rng, d, self.outer_conditioning)
        outer = dict(
            X_val=X,
            # h sees <x, theta*(lambda)> + <z, lambda> = <x, center> + <seen, lambda>.
            Z_val=seen + self.coupling * X @ isometry,
            y_val=X @ target + seen @ outer_target + noise,
        )
        return dict(task="quadratic", **inner, **outer)

    def orthogonal_parts(self, rng, n_samples):
        """Rows of x, u and noise whose mean outer products are exactly I, I, and noise^2."""
        p, d = self.inner_dim, self.outer_dim
        rows, _ = np.linalg.qr(rng.standard_normal((n_samples, p + d + 1)))
        rows *= np.sqrt(n_samples)
        return rows[:, :p], rows[:, p : p + d], self.noise * rows[:, -1]


def orthonormal(rng, dim):
    """A random orthonormal basis, (dim, dim)."""
    return np.linalg.qr(rng.standard_normal((dim, dim)))[0]


def square_root(rng, dim, conditioning):
    """The square root of a random matrix with eigenvalues from 1 / conditioning to 1."""
    basis = orthonormal(rng, dim)
    return (basis * np.geomspace(1, conditioning**-0.5, dim)) @ basis.T
