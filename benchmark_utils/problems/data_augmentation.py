"""Data augmentation: transformations of training images, learnt on validation images.

Each training image is rotated about its centre by an angle a, scaled by exp(s) and moved by r rows
and c columns, with (a, r, c, s) = exp(lambda) e and e drawn R times from N(0, I). With the
cross-entropy l of ``softmax.py`` and T the transformation,

    G(lambda, theta) = 1/(n R) sum_ik l(W; T(exp(lambda) e_ik) x_i, y_i) + ridge/2 ||W||^2
    F(lambda, theta) = 1/m sum_j l(W; x_j, y_j)   on the validation images, as they are.

The draws e_ik are made once (common random numbers), so that G is a function, convex in theta, and
differentiable in lambda almost everywhere: pixels are interpolated linearly, and zero outside the
image. exp(lambda) are standard deviations: of the angle in radians, of the shifts in pixels, of the
scale's logarithm.
"""

import jax.numpy as jnp
import numpy as np
from jax import jit, vmap
from jax.scipy.ndimage import map_coordinates

from benchmark_utils.problems.box import allowed_box, bounds
from benchmark_utils.problems.checks import refuse_images
from benchmark_utils.problems.softmax import cross_entropies
from benchmark_utils.problems.softmax_features import SoftmaxOnFeatures
from benchmark_utils.validation import integer, positive

# Initial value of all four standard deviations: in radians, in pixels, and in log scale.
FIRST_DEVIATION = 0.1


def transform(image, change):
    """Rotate, move and scale an image.

    Parameters
    ----------
    image : array, (height, width)
    change : array, (4,)
        Angle in radians, from the rows' axis to the columns'; rows and columns by which the image
        moves; logarithm of the scale.

    Returns
    -------
    image : array, (height, width)
    """
    angle, row_shift, column_shift, log_scale = change
    centre = [(size - 1) / 2 for size in image.shape]
    rows, columns = jnp.meshgrid(*map(jnp.arange, image.shape), indexing="ij")
    rows, columns = rows - centre[0] - row_shift, columns - centre[1] - column_shift
    # Each pixel is read where the inverse transformation takes it.
    cosine, sine = (f(angle) * jnp.exp(-log_scale) for f in (jnp.cos, jnp.sin))
    source = cosine * rows + sine * columns, cosine * columns - sine * rows
    coordinates = [x + middle for x, middle in zip(source, centre, strict=True)]
    return map_coordinates(image, coordinates, order=1, mode="constant")


@jit
def transform_all(images, outer_var, draws):
    """Transform images (b, height, width) by draws (b, R, 4), R times each, to rows (p, b R)."""
    each_draw = vmap(transform, in_axes=(None, 0))
    changed = vmap(each_draw)(images, jnp.exp(outer_var) * draws)
    return changed.reshape(-1, images[0].size).T


class DataAugmentation(SoftmaxOnFeatures):
    """Standard deviations of random rotations, shifts and scales; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        Flattened images; the last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    image_shape : tuple of int
        Height and width, whose product is p.
    n_draws : int
        R, the transformed copies of each training image.
    ridge : float
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default the logarithms of 0.001 and 2.
    seed : int
        Draws the starting point theta from N(0, I / p), and e.
    """

    parameters = {"n_draws": [4], "ridge": [0.01], "box": ["default"]}
    allowed = {"n_draws": integer(1, 10**4), "ridge": positive, "box": allowed_box}
    default_box = (np.log(1e-3), np.log(2.0))

    @staticmethod
    def refuse(task, image_shape=None, **data):
        return refuse_images("data_augmentation", task, image_shape, data)

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        *,
        image_shape,
        n_draws,
        ridge,
        box="default",
        seed,
    ):
        self.lower, self.upper = bounds(box, self.default_box)
        rng = np.random.default_rng(seed)
        n_samples, n_features = X_train.shape
        n_classes = int(y_train.max()) + 1
        images = X_train.reshape(-1, *image_shape)
        inner_var0 = rng.standard_normal(n_classes * n_features) / np.sqrt(n_features)
        draws = rng.standard_normal((n_samples, n_draws, 4))
        super().__init__(
            inner_samples=(images, y_train, draws),
            outer_samples=(X_val, y_val),
            inner_var0=inner_var0,
            outer_var0=self.project(np.full(4, np.log(FIRST_DEVIATION))),
            ridge=ridge,
            scored={"val": (X_val, y_val), "test": (X_test, y_test)},
        )

    @staticmethod
    def inner_loss(inner_var, outer_var, images, labels, draws, ridge):
        rows = transform_all(images, outer_var, draws)
        n_draws = draws.shape[1]
        losses = cross_entropies(jnp, rows, jnp.repeat(labels, n_draws), inner_var)
        return losses.reshape(-1, n_draws).mean(axis=1) + ridge * jnp.sum(inner_var**2) / 2

    @staticmethod
    def outer_loss(inner_var, outer_var, X, labels, ridge):
        return cross_entropies(jnp, X.T, labels, inner_var)

    def inner_rows(self, outer_var):
        images, _, draws = self.inner_samples
        return np.array(transform_all(images, outer_var, draws))

    def outer_rows(self, outer_var, X):
        return X.T
