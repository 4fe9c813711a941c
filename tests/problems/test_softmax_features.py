"""data_augmentation and representation: lambda makes the features of a softmax regression."""

import numpy as np
import pytest
from scipy.ndimage import rotate, shift
from sklearn.linear_model import LogisticRegression

from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.data_augmentation import DataAugmentation, transform, transform_all
from benchmark_utils.problems.representation import Representation, features, layers
from benchmark_utils.problems.softmax import cross_entropies
from helpers import (
    assert_blocks_average_to_the_full_batch,
    assert_derivatives,
    central_difference,
    make_solver,
    multiclass_data,
    run,
)

pytestmark = pytest.mark.slow


def augmentation(**parameters):
    parameters = dict(image_shape=(3, 2), n_draws=2, ridge=0.1, seed=0) | parameters
    return DataAugmentation(**multiclass_data(n=30, m=20, p=6), **parameters)


def representation(**parameters):
    parameters = dict(width=2, ridge=0.1, seed=0) | parameters
    return Representation(**multiclass_data(n=30, m=20), **parameters)


EACH = pytest.mark.parametrize("make", [augmentation, representation])


def point(problem):
    rng = np.random.default_rng(1)
    lam = problem.outer_var0 + 0.3 * rng.standard_normal(problem.outer_dim)
    return rng.standard_normal(problem.inner_dim), lam


@EACH
def test_derivatives_agree_with_central_differences(make):
    problem = make()
    assert_derivatives(problem, *point(problem), rtol=1e-7, atol=1e-9)


@EACH
def test_blocks_average_to_the_full_batch(make):
    problem = make()
    assert_blocks_average_to_the_full_batch(problem, *point(problem), 8)


@EACH
def test_the_inner_solution_is_scikit_learns_on_the_features(make):
    problem = make()
    _, lam = point(problem)
    rows, labels = problem.inner_rows(lam), problem.inner_samples[1]
    labels = np.repeat(labels, rows.shape[1] // len(labels))
    _, _, inner_star = value_function(problem, lam, np.zeros(problem.inner_dim))
    model = LogisticRegression(
        C=1 / (0.1 * rows.shape[1]), fit_intercept=False, tol=1e-14, solver="newton-cholesky"
    ).fit(rows.T, labels)
    np.testing.assert_allclose(inner_star, model.coef_.ravel(), rtol=1e-9)
    data = multiclass_data(n=30, m=20, p=problem.scored["val"][0].shape[1])
    score = model.score(problem.outer_rows(lam, data["X_val"]).T, data["y_val"])
    assert problem.metrics(inner_star, lam) == {"val_accuracy": score}


@EACH
def test_the_gradient_of_h_agrees_with_central_differences(make):
    problem = make()
    _, lam = point(problem)
    start = np.zeros(problem.inner_dim)
    _, gradient, _ = value_function(problem, lam, start)
    expected = central_difference(lambda x: value_function(problem, x, start)[0], lam)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-10)


@EACH
def test_smoothness_bounds_the_hessian(make):
    problem = make()
    theta, lam = point(problem)
    for scale in (0, 1):
        hessian = problem.inner_hessian(scale * theta, lam)
        assert np.linalg.eigvalsh(hessian)[-1] <= problem.inner_smoothness(lam)


@EACH
def test_the_same_seed_gives_the_same_problem(make):
    first, again, other = make(), make(), make(seed=1)
    theta, lam = point(first)
    value = first.inner_value_grad(theta, lam)[0]
    assert value == again.inner_value_grad(theta, lam)[0]
    assert (first.inner_var0 != other.inner_var0).all()


@EACH
@pytest.mark.parametrize("name", ["SOBA", "HOAG"])
def test_solvers_lower_h(make, name):
    problem = make()
    parameters = {"SOBA": dict(framework="jax", batch_size=8, eval_freq=300)}
    outer_var = run(make_solver(name, problem, **parameters.get(name, {})), 10)["outer_var"]
    start = np.zeros(problem.inner_dim)
    before = value_function(problem, problem.outer_var0, start)[0]
    assert value_function(problem, outer_var, start)[0] < before


def image():
    """A smooth image, zero near its border, which is not symmetric."""
    rows, columns = np.mgrid[:21, :21] / 20
    bump = np.sin(np.pi * rows) ** 4 * np.sin(np.pi * columns) ** 4
    return bump * (1 + rows + 2 * columns)


def change(angle=0.0, rows=0.0, columns=0.0, log_scale=0.0):
    return np.array([angle, rows, columns, log_scale])


def test_no_change_leaves_the_image_and_whole_shifts_move_it():
    np.testing.assert_allclose(transform(image(), change()), image(), atol=1e-14)
    moved = transform(image(), change(rows=2.0, columns=-1.0))
    np.testing.assert_allclose(moved, shift(image(), (2, -1), order=1), atol=1e-12)


def test_a_fraction_of_a_pixel_is_interpolated_linearly():
    half = transform(image(), change(columns=0.5))
    expected = (image()[:, 1:] + image()[:, :-1]) / 2
    np.testing.assert_allclose(half[:, 1:], expected, atol=1e-12)


def test_a_quarter_turn_takes_rows_to_columns():
    turned = transform(image(), change(angle=np.pi / 2))
    np.testing.assert_allclose(turned, np.rot90(image()), atol=1e-12)


def test_small_turns_and_scales_are_those_of_scipy():
    turned = transform(image(), change(angle=0.2))
    expected = rotate(image(), np.degrees(0.2), reshape=False, order=1)
    np.testing.assert_allclose(turned, expected, atol=1e-12)
    # Twice as large: every other pixel of the scaled image is one of the image's.
    doubled = transform(image(), change(log_scale=np.log(2.0)))
    np.testing.assert_allclose(doubled[::2, ::2], image()[5:16, 5:16], atol=1e-12)


def test_each_image_has_its_own_draws():
    images = np.stack([image(), image()[::-1]])
    draws = np.random.default_rng(0).standard_normal((2, 3, 4))
    lam = np.log([0.1, 0.5, 0.5, 0.1])
    rows = np.array(transform_all(images, lam, draws))
    assert rows.shape == (441, 6)
    expected = transform(images[1], np.exp(lam) * draws[1, 2])
    np.testing.assert_allclose(rows[:, 5], expected.ravel(), rtol=1e-12)


def test_learnt_turns_are_those_of_the_validation_images():
    rng = np.random.default_rng(0)
    shapes = [image()[::2, ::2], image().T[::2, ::2] ** 2, image()[::-2, ::2] ** 2]
    labels = np.arange(120) % 3
    upright = np.stack([shapes[k] for k in labels])
    upright = upright + 0.1 * rng.standard_normal(upright.shape)
    angles = 0.6 * rng.standard_normal((120, 1, 1))
    turn = np.pad(angles, ((0, 0), (0, 0), (0, 3)))
    turned = np.array(transform_all(upright, np.zeros(4), turn)).T.reshape(upright.shape)
    learnt = []
    for images in (upright, turned):
        problem = DataAugmentation(
            upright.reshape(120, -1), labels, images.reshape(120, -1), labels,
            image_shape=(11, 11), n_draws=3, ridge=0.01, seed=0,
        )  # fmt: skip
        # h has another local minimum near small angles.
        problem.outer_var0 = np.log([0.5, 0.1, 0.1, 0.1])
        learnt.append(np.exp(run(make_solver("Implicit", problem), 25)["outer_var"][0]))
    # Standard deviations of angles; the noise makes some turning good for upright images too.
    assert learnt[0] < 0.25
    assert learnt[1] > 1.5 * learnt[0]


def test_features_are_those_of_two_layers_written_out():
    problem = representation()
    lam = point(problem)[1]
    U, a = lam[:8].reshape(4, 2), lam[8:10]
    V, b = lam[10:14].reshape(2, 2), lam[14:]
    X = multiclass_data(n=30, m=20)["X_train"]
    hidden = np.tanh(np.tanh(X @ U + a) @ V + b)
    expected = np.concatenate([hidden, np.ones((30, 1))], axis=1).T
    np.testing.assert_allclose(features(np, lam, X), expected, rtol=1e-14)
    theta = point(problem)[0]
    losses = cross_entropies(np, expected, problem.inner_samples[1], theta)
    value = np.mean(losses) + 0.05 * np.sum(theta**2)
    assert problem.inner_value_grad(theta, lam)[0] == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize("width", [1, 2, 7, 100])
@pytest.mark.parametrize("n_features", [1, 64, 784])
def test_the_width_is_found_from_the_length_of_lambda(width, n_features):
    lam = np.zeros(width * (n_features + 1) + width * (width + 1))
    first, second = layers(lam, n_features)
    assert first.shape == (n_features + 1, width)
    assert second.shape == (width + 1, width)


def test_data_augmentation_refuses_what_is_no_image():
    data = multiclass_data(n=30, m=20, p=6)
    assert DataAugmentation.refuse(task="multiclass", **data) == (
        "data_augmentation needs images; this dataset gives no image_shape."
    )
    assert DataAugmentation.refuse(task="multiclass", image_shape=(3, 2), **data) is None
    assert DataAugmentation.refuse(task="binary", image_shape=(3, 2), **data) == (
        "data_augmentation needs the task multiclass; this dataset's task is binary."
    )
    assert Representation.refuse(task="binary", **data) == (
        "representation needs the task multiclass; this dataset's task is binary."
    )
