"""Logistic regression with a squared penalty, for the scripts that fit models."""
import numpy as np

STEPS = 400


def descend(times, back, width, error_of, penalty):
    """The weights, by Nesterov's accelerated gradient (Y. Nesterov, 1983).

    `times(weights)` and `back(numbers)` multiply with the matrix of the lines and with its transpose; `error_of(scores)` is
    the loss's derivative by each line's score, which must not grow faster than a quarter of the score."""
    probe = np.ones(width)
    for _ in range(20):  # the largest eigenvalue bounds the step
        probe = back(times(probe))
        size = np.linalg.norm(probe)
        probe /= size
    step = 1 / (size / 4 + penalty)
    weights = ahead = np.zeros(width)
    for number in range(STEPS):
        new = ahead - step * (back(error_of(times(ahead))) + penalty * ahead)
        ahead = new + number / (number + 3) * (new - weights)
        weights = new
    return weights
