"""The rows a_i = y_i x_i of a binary classification, without a copy of the data."""

import numpy as np
from scipy.sparse import csr_array, issparse
from scipy.sparse.linalg import svds

from benchmark_utils.minibatches.blocks import make_blocks
from benchmark_utils.minibatches.csr_blocks import make_csr_blocks
from benchmark_utils.minibatches.indexed_rows import LARGE, make_indexed_rows
from benchmark_utils.validation import as_real

# Up to this number of features a dense matrix of their products is small.
DENSE_DIM = 1000


class SignedRows:
    """All samples as the columns of a matrix, which oracles multiply in the same way as a block.

    Parameters
    ----------
    X : array or sparse array, (n_samples, n_features)
        Dense ones and compressed sparse rows of floats are kept as they are.
    y : array, (n_samples,)
        Labels in {-1, 1}.

    Attributes
    ----------
    shape : tuple
        (n_features, n_samples).
    is_sparse : bool
    """

    # NumPy leaves products with an array on the left to this class.
    __array_ufunc__ = None

    def __init__(self, X, y):
        self.X, self.y = as_real(csr_array(X) if issparse(X) else X), y
        self.shape = X.shape[::-1]
        self.is_sparse = issparse(X)

    def __rmatmul__(self, inner_var):
        """The margins <a_i, inner_var>, (n_samples,)."""
        return self.y * (self.X @ inner_var)

    def __matmul__(self, weights):
        """The sum of the rows with these weights, (n_features,)."""
        return self.X.T @ (self.y * weights)

    def __getitem__(self, index):
        """Some samples, as ``rows[:, samples]``."""
        _, samples = index
        return SignedRows(self.X[samples], self.y[samples])

    def __array__(self, dtype=None, copy=None):
        X = self.X.toarray() if self.is_sparse else self.X
        return np.asarray(X.T * self.y, dtype)

    def gram(self, weights):
        """The sum of the rows' outer products with these weights, (n_features, n_features)."""
        if self.is_sparse:
            return (self.X.T @ self._scaled(weights)).toarray()
        return (self.X.T * weights) @ self.X

    def squares(self, weights):
        """The sum of the rows' entrywise squares with these weights, (n_features,)."""
        if self.is_sparse:
            return self.X.power(2).T @ weights
        return np.einsum("ik,ik,i->k", self.X, self.X, weights)

    def norm(self):
        """The largest singular value."""
        if self.shape[0] <= DENSE_DIM:
            gram = self.X.T @ self.X
            return np.sqrt(np.linalg.norm(gram.toarray() if issparse(gram) else gram, 2))
        X = self.X.astype(float, copy=False)
        return svds(X, k=1, return_singular_vectors=False, rng=0)[0]

    def blocks(self, batch_size, dtype, rng):
        """Shuffled blocks of one minibatch each, and the scale of a block's sum.

        Returns what :func:`make_csr_blocks` does if the data are sparse, :func:`make_indexed_rows`
        if they are large, else :func:`make_blocks`.
        """
        if self.is_sparse:
            return make_csr_blocks(self._scaled(self.y), batch_size, dtype, rng)
        if self.is_large(dtype):
            return make_indexed_rows(self.X, self.y, batch_size, rng)
        return make_blocks(self, batch_size, dtype, rng)

    def is_large(self, dtype):
        """Whether minibatches read the rows of X instead of copies."""
        return not self.is_sparse and self.X.nbytes >= LARGE and self.X.dtype == dtype

    @property
    def layout(self):
        """Differs if minibatches may be of different types."""
        return self.is_sparse, self.is_large(self.X.dtype), self.X.dtype.str

    def _scaled(self, weights):
        """The sparse samples, each times a weight; the positions of entries are shared."""
        values = self.X.data * np.repeat(weights, np.diff(self.X.indptr))
        return csr_array((values, self.X.indices, self.X.indptr), self.X.shape)
