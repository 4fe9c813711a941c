"""Pictures show what lambda is."""

import numpy as np

from benchmark_utils.problems.pictures import grey, of_atoms
from helpers import get_data, get_problem, make_dictionary_learning


def digits(problem, **parameters):
    data = get_data("digits", corruption=0.5)
    del data["task"]
    if problem != "data_cleaning":
        del data["corrupted"]
    return get_problem(problem)(**data, **parameters, seed=0), data


def test_data_cleaning_shows_the_images_of_least_and_most_weight():
    problem, data = digits("data_cleaning", ridge=0.1)
    outer_var = np.linspace(-5, 5, problem.outer_dim)[::-1]
    pictures = problem.pictures(outer_var)
    assert len(pictures) == 24
    # The last sample has the least weight, the first has the most.
    for picture, sample in ((pictures[0], -1), (pictures[-1], 0)):
        image = data["X_train"][sample].reshape(8, 8)
        np.testing.assert_allclose(picture.image, image / data["X_train"].max())
        assert ("wrong" in picture.caption) == data["corrupted"][sample]
        assert f"label {data['y_train'][sample]:.0f}" in picture.caption
    assert [one.caption[:12] for one in pictures[::23]] == ["weight 0.007", "weight 0.993"]


def test_lambda_of_each_pixel_is_an_image():
    problem, _ = digits("multinomial_logreg", reg="exp", n_reg="full")
    outer_var = np.arange(64.0) - 70
    [picture] = problem.pictures(outer_var)
    np.testing.assert_allclose(picture.image, np.arange(64).reshape(8, 8) / 63)
    assert picture.caption == "lambda of each pixel, from -70 (black) to -7 (white)"
    problem, _ = digits("multinomial_logreg", reg="exp", n_reg="class")
    assert problem.pictures(problem.outer_var0) == []


def test_a_dictionary_is_shown_beside_the_true_one():
    problem = make_dictionary_learning()
    learned, true = problem.pictures(problem.outer_var0)
    np.testing.assert_allclose(learned.image, grey(problem.atoms(problem.outer_var0)))
    np.testing.assert_allclose(true.image, grey(problem.dictionary))
    atoms = of_atoms(np.arange(18.0).reshape(9, 2), "learned")
    assert [one.image.shape for one in atoms] == [(3, 3)] * 2
    np.testing.assert_allclose(atoms[1].image.ravel(), np.linspace(0, 1, 9))


def test_an_image_without_contrast_is_grey():
    assert grey(np.ones((2, 2))).tolist() == [[0.5, 0.5]] * 2
