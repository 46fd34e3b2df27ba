// Compiled twice, see CMakeLists.txt: CHAT_SILERO_VARIANT is Baseline or Avx2. Everything that this file
// instantiates must be its own, because the linker merges equal templates of different files, whatever
// instructions they were compiled to: so Eigen's namespace gets a name for each variant, and nothing of
// the standard library is used but what is inlined.
#define CHAT_JOIN2(a, b) a##b
#define CHAT_JOIN(a, b) CHAT_JOIN2(a, b)
#define Eigen CHAT_JOIN(Eigen, CHAT_SILERO_VARIANT)
#define EIGEN_DONT_PARALLELIZE

#include "chat/audio/silero_network.h"

#include <Eigen/Core>

namespace chat::audio {

namespace {

using Index = Eigen::Index;
using Matrix = Eigen::MatrixXf;
using Vector = Eigen::VectorXf;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr Index kFrame = 512;
constexpr Index kContextFrames = SileroNetwork::kContext;
constexpr Index kMaxFrames = SileroNetwork::kBatch;
constexpr Index kWindow = 256;  // of the short-time transform
constexpr Index kHop = 128;
constexpr Index kSteps = 4;  // transforms in one frame
constexpr Index kHalf = kWindow / 2;
constexpr Index kQuarter = kWindow / 4;
constexpr Index kBins = 129;
constexpr Index kHidden = 128;
constexpr Index kInputs[] = {129, 128, 64, 64};
constexpr Index kOutputs[] = {128, 64, 64, 128};

/// Place of a frequency among the inputs of the first convolution: the even ones, the odd ones, the last.
constexpr Index placeOf(Index bin) {
    return bin == kHalf ? kHalf : bin % 2 * kQuarter + bin / 2;
}

/// A convolution three wide as one matrix: its taps side by side, outputs x (3 * inputs), so that it
/// multiplies columns in which the steps of one frame lie below each other.
Matrix taps(const float* weight, Index outputs, Index inputs) {
    Matrix result(outputs, 3 * inputs);
    for (Index o = 0; o < outputs; ++o) {
        for (Index i = 0; i < inputs; ++i) {
            const Index place = inputs == kBins ? placeOf(i) : i;
            for (Index tap = 0; tap < 3; ++tap) {
                result(o, tap * inputs + place) = weight[(o * inputs + i) * 3 + tap];
            }
        }
    }
    return result;
}

/// The short-time transform's magnitudes. A window that is symmetric lets sample n and sample 256 - n
/// share a product, and cosines and sines that repeat let n and 128 - n: a quarter of the products.
class Transform {
  public:
    explicit Transform(const float* basis)
        : evenCosines_(kQuarter, kQuarter + 1)
        , oddCosines_(kQuarter, kQuarter)
        , evenSines_(kQuarter, kQuarter)
        , oddSines_(kQuarter, kQuarter + 1)
        , lastCosines_(kQuarter + 1)
        , window_(kHalf + 1)
        , evenCosineIn_(kQuarter + 1, kSteps * kMaxFrames)
        , oddCosineIn_(kQuarter, kSteps * kMaxFrames)
        , evenSineIn_(kQuarter, kSteps * kMaxFrames)
        , oddSineIn_(kQuarter + 1, kSteps * kMaxFrames)
        , real_(kQuarter, kSteps * kMaxFrames)
        , imaginary_(kQuarter, kSteps * kMaxFrames) {
        const auto cosine = [&](Index bin, Index n) { return basis[bin * kWindow + n]; };
        const auto sine = [&](Index bin, Index n) { return basis[(kBins + bin) * kWindow + n]; };
        for (Index n = 0; n <= kHalf; ++n) {
            window_[n] = cosine(0, n);  // times the cosine of zero
        }
        // At n = 0 the window is zero; its partner 128 has the cosine 1 or -1, as n = 0 would.
        const auto unwindowed = [&](float value, Index n) {
            return n == 0 ? 1.0F : value / window_[n];
        };
        for (Index row = 0; row < kQuarter; ++row) {
            for (Index n = 0; n <= kQuarter; ++n) {
                evenCosines_(row, n) = unwindowed(cosine(2 * row, n), n);
                oddSines_(row, n) = n == 0 ? 0.0F : unwindowed(sine(2 * row + 1, n), n);
                if (n < kQuarter) {
                    oddCosines_(row, n) = unwindowed(cosine(2 * row + 1, n), n);
                    evenSines_(row, n) = n == 0 ? 0.0F : unwindowed(sine(2 * row, n), n);
                }
            }
        }
        for (Index n = 0; n <= kQuarter; ++n) {
            lastCosines_[n] = unwindowed(cosine(kHalf, n), n);
        }
    }

    /// `spectrum`: (kBins * kSteps) x kMaxFrames. The end of each frame is continued by its mirror.
    void run(const float* samples, Index frames, Matrix& spectrum) {
        for (Index frame = 0; frame < frames; ++frame) {
            for (Index step = 0; step < kSteps; ++step) {
                fold(samples + frame * kFrame + step * kHop,
                     kContextFrames + kFrame - step * kHop,
                     frame * kSteps + step);
            }
        }
        const Index columns = frames * kSteps;
        Eigen::Map<Matrix> out(spectrum.data(), kBins, columns);
        magnitudes(evenCosines_, evenCosineIn_, evenSines_, evenSineIn_, columns);
        out.topRows(kQuarter) = (real_.leftCols(columns).array().square() +
                                 imaginary_.leftCols(columns).array().square())
                                    .sqrt();
        magnitudes(oddCosines_, oddCosineIn_, oddSines_, oddSineIn_, columns);
        out.middleRows(kQuarter, kQuarter) = (real_.leftCols(columns).array().square() +
                                              imaginary_.leftCols(columns).array().square())
                                                 .sqrt();
        out.row(kHalf).noalias() = lastCosines_.transpose() * evenCosineIn_.leftCols(columns);
        out.row(kHalf) = out.row(kHalf).cwiseAbs();
    }

  private:
    void magnitudes(const Matrix& cosines,
                    const Matrix& cosineIn,
                    const Matrix& sines,
                    const Matrix& sineIn,
                    Index columns) {
        real_.leftCols(columns).noalias() = cosines * cosineIn.leftCols(columns);
        imaginary_.leftCols(columns).noalias() = sines * sineIn.leftCols(columns);
    }

    /// `known`: samples from `x` on before the mirror begins.
    void fold(const float* x, Index known, Index column) {
        float even[kHalf + 1];
        float odd[kHalf + 1];
        even[0] = odd[0] = odd[kHalf] = 0;
        for (Index n = 1; n < kHalf; ++n) {
            const Index partner = kWindow - n;
            const float mirrored = x[partner < known ? partner : 2 * (known - 1) - partner];
            even[n] = (x[n] + mirrored) * window_[n];
            odd[n] = (x[n] - mirrored) * window_[n];
        }
        even[kHalf] = x[kHalf] * window_[kHalf];
        float* evenCosine = evenCosineIn_.col(column).data();
        float* oddCosine = oddCosineIn_.col(column).data();
        float* evenSine = evenSineIn_.col(column).data();
        float* oddSine = oddSineIn_.col(column).data();
        for (Index n = 0; n < kQuarter; ++n) {
            evenCosine[n] = even[n] + even[kHalf - n];
            oddCosine[n] = even[n] - even[kHalf - n];
            evenSine[n] = odd[n] - odd[kHalf - n];
            oddSine[n] = odd[n] + odd[kHalf - n];
        }
        evenCosine[kQuarter] = even[kQuarter];
        oddSine[kQuarter] = odd[kQuarter];
    }

    Matrix evenCosines_;
    Matrix oddCosines_;
    Matrix evenSines_;
    Matrix oddSines_;
    Vector lastCosines_;
    Vector window_;
    Matrix evenCosineIn_;
    Matrix oddCosineIn_;
    Matrix evenSineIn_;
    Matrix oddSineIn_;
    Matrix real_;
    Matrix imaginary_;
};

class Network final : public SileroNetwork {
  public:
    explicit Network(const SileroWeights& w)
        : transform_(w.basis.data())
        , inputToGates_(Eigen::Map<const RowMajor>(w.inputToGates.data(), 4 * kHidden, kHidden))
        , stateToGates_(Eigen::Map<const RowMajor>(w.stateToGates.data(), 4 * kHidden, kHidden))
        , gateBias_(Eigen::Map<const Vector>(w.gateBias.data(), 4 * kHidden))
        , output_(Eigen::Map<const Vector>(w.output.data(), kHidden))
        , outputBias_(w.outputBias)
        , spectrum_(kBins * kSteps, kMaxFrames)
        , hidden0_(kOutputs[0] * 4, kMaxFrames)
        , hidden1_(kOutputs[1] * 2, kMaxFrames)
        , hidden2_(kOutputs[2], kMaxFrames)
        , hidden3_(kOutputs[3], kMaxFrames)
        , gates_(4 * kHidden, kMaxFrames)
        , state_(Vector::Zero(kHidden))
        , cell_(Vector::Zero(kHidden))
        , gate_(4 * kHidden) {
        for (int layer = 0; layer < 4; ++layer) {
            convolution_[layer] =
                taps(w.convolution[layer].data(), kOutputs[layer], kInputs[layer]);
            bias_[layer] =
                Eigen::Map<const Vector>(w.convolutionBias[layer].data(), kOutputs[layer]);
        }
    }

    void reset() override {
        state_.setZero();
        cell_.setZero();
    }

    void run(const float* samples, std::size_t frameCount, float* probabilities) override {
        const auto frames = static_cast<Index>(frameCount);
        transform_.run(samples, frames, spectrum_);
        encode(frames);
        for (Index i = 0; i < frames; ++i) {
            probabilities[i] = recur(i);
        }
    }

  private:
    /// One output step of a convolution: `first` and `count` in taps, `row` in input steps.
    template <typename Input>
    void convolve(int layer,
                  Index first,
                  Index count,
                  const Input& input,
                  Index row,
                  Matrix& out,
                  Index outRow) {
        const Index in = kInputs[layer];
        auto target = out.block(outRow * kOutputs[layer], 0, kOutputs[layer], input.cols());
        target.noalias() = convolution_[layer].middleCols(first * in, count * in) *
                           input.middleRows(row * in, count * in);
        target = (target.colwise() + bias_[layer]).cwiseMax(0.0F);
    }

    /// Four convolutions (strides 1 2 2 1); a tap that would meet the zeros around a frame is left out.
    void encode(Index frames) {
        const auto spectrum = spectrum_.leftCols(frames);
        convolve(0, 1, 2, spectrum, 0, hidden0_, 0);
        convolve(0, 0, 3, spectrum, 0, hidden0_, 1);
        convolve(0, 0, 3, spectrum, 1, hidden0_, 2);
        convolve(0, 0, 2, spectrum, 2, hidden0_, 3);
        convolve(1, 1, 2, hidden0_.leftCols(frames), 0, hidden1_, 0);
        convolve(1, 0, 3, hidden0_.leftCols(frames), 1, hidden1_, 1);
        convolve(2, 1, 2, hidden1_.leftCols(frames), 0, hidden2_, 0);
        convolve(3, 1, 1, hidden2_.leftCols(frames), 0, hidden3_, 0);
        gates_.leftCols(frames).noalias() = inputToGates_ * hidden3_.leftCols(frames);
        gates_.leftCols(frames).colwise() += gateBias_;
    }

    [[nodiscard]] float recur(Index frame) {
        gate_ = gates_.col(frame);
        gate_.noalias() += stateToGates_ * state_;
        const auto sigmoid = [](const auto& x) { return 1.0F / (1.0F + (-x).exp()); };
        const auto in = gate_.segment(0, kHidden).array();
        const auto forget = gate_.segment(kHidden, kHidden).array();
        const auto candidate = gate_.segment(2 * kHidden, kHidden).array();
        const auto out = gate_.segment(3 * kHidden, kHidden).array();
        cell_ = sigmoid(forget) * cell_.array() + sigmoid(in) * candidate.tanh();
        state_ = sigmoid(out) * cell_.array().tanh();
        const float sum = state_.cwiseMax(0.0F).dot(output_) + outputBias_;
        return 1.0F / (1.0F + Eigen::numext::exp(-sum));
    }

    Transform transform_;
    Matrix convolution_[4];
    Vector bias_[4];
    Matrix inputToGates_;
    Matrix stateToGates_;
    Vector gateBias_;
    Vector output_;
    float outputBias_;

    Matrix spectrum_;
    Matrix hidden0_;
    Matrix hidden1_;
    Matrix hidden2_;
    Matrix hidden3_;
    Matrix gates_;
    Vector state_;
    Vector cell_;
    Vector gate_;
};

}  // namespace

SileroNetwork* CHAT_JOIN(makeSileroNetwork, CHAT_SILERO_VARIANT)(const SileroWeights& weights) {
    return new Network(weights);
}

}  // namespace chat::audio
