#pragma once

// Written by benchmarks/accuracy/difficulty.py from 24 composed calls, 1653 words, model base.

namespace chat::analyze {

/// Log-odds of a wrong word: the first by itself, the others times what `difficulty` says.
struct DifficultyFit {
    double constant = -4.732;
    double noise = 1.037;
    double loudNoise = 1.748;
    double clipped = 0.588;
};

}  // namespace chat::analyze
