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
constexpr Index kHalf = 128;
constexpr Index kBins = 129;
constexpr Index kHidden = 128;
constexpr Index kInputs[] = {129, 128, 64, 64};
constexpr Index kOutputs[] = {128, 64, 64, 128};

/// A convolution three wide as one matrix: its taps side by side, outputs x (3 * inputs), so that it
/// multiplies columns in which the steps of one frame lie below each other.
Matrix taps(const float* weight, Index outputs, Index inputs) {
    Matrix result(outputs, 3 * inputs);
    for (Index o = 0; o < outputs; ++o) {
        for (Index i = 0; i < inputs; ++i) {
            for (Index tap = 0; tap < 3; ++tap) {
                result(o, tap * inputs + i) = weight[(o * inputs + i) * 3 + tap];
            }
        }
    }
    return result;
}

class Network final : public SileroNetwork {
  public:
    explicit Network(const SileroWeights& w)
        : cosines_(kHalf, kHalf)
        , sines_(kHalf, kHalf)
        , highest_(kHalf)
        , inputToGates_(Eigen::Map<const RowMajor>(w.inputToGates.data(), 4 * kHidden, kHidden))
        , stateToGates_(Eigen::Map<const RowMajor>(w.stateToGates.data(), 4 * kHidden, kHidden))
        , gateBias_(Eigen::Map<const Vector>(w.gateBias.data(), 4 * kHidden))
        , output_(Eigen::Map<const Vector>(w.output.data(), kHidden))
        , outputBias_(w.outputBias)
        , even_(kHalf, kSteps * kMaxFrames)
        , odd_(kHalf, kSteps * kMaxFrames)
        , real_(kHalf, kSteps * kMaxFrames)
        , imaginary_(kHalf, kSteps * kMaxFrames)
        , spectrum_(kBins * kSteps, kMaxFrames)
        , hidden0_(kOutputs[0] * 4, kMaxFrames)
        , hidden1_(kOutputs[1] * 2, kMaxFrames)
        , hidden2_(kOutputs[2], kMaxFrames)
        , hidden3_(kOutputs[3], kMaxFrames)
        , gates_(4 * kHidden, kMaxFrames)
        , state_(Vector::Zero(kHidden))
        , cell_(Vector::Zero(kHidden))
        , gate_(4 * kHidden) {
        // The window is symmetric, so sample n and sample 256 - n meet the same cosine and opposite
        // sines, and sample 0 meets zero: half the products suffice (row n - 1 is sample n).
        for (Index bin = 0; bin < kHalf; ++bin) {
            for (Index n = 1; n <= kHalf; ++n) {
                cosines_(bin, n - 1) = w.basis[static_cast<std::size_t>(bin * kWindow + n)];
                sines_(bin, n - 1) = w.basis[static_cast<std::size_t>((kBins + bin) * kWindow + n)];
            }
        }
        for (Index n = 1; n <= kHalf; ++n) {
            highest_(n - 1) = w.basis[static_cast<std::size_t>(kHalf * kWindow + n)];
        }
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
        transform(samples, frames);
        encode(frames);
        for (Index i = 0; i < frames; ++i) {
            probabilities[i] = recur(i);
        }
    }

  private:
    /// Magnitudes of the short-time transform; the end of each frame is continued by its mirror.
    void transform(const float* samples, Index frames) {
        for (Index frame = 0; frame < frames; ++frame) {
            const float* x = samples + frame * kFrame;
            for (Index step = 0; step < kSteps; ++step) {
                float* even = even_.col(frame * kSteps + step).data();
                float* odd = odd_.col(frame * kSteps + step).data();
                const float* from = x + step * kHop;
                const Index known =
                    kContextFrames + kFrame - step * kHop;  // samples before the mirror
                const auto at = [&](Index n) { return from[n < known ? n : 2 * (known - 1) - n]; };
                for (Index n = 1; n < kHalf; ++n) {
                    const float mirrored = at(kWindow - n);
                    even[n - 1] = from[n] + mirrored;
                    odd[n - 1] = from[n] - mirrored;
                }
                even[kHalf - 1] = from[kHalf];
                odd[kHalf - 1] = 0;
            }
        }
        const Index columns = frames * kSteps;
        real_.leftCols(columns).noalias() = cosines_ * even_.leftCols(columns);
        imaginary_.leftCols(columns).noalias() = sines_ * odd_.leftCols(columns);
        Eigen::Map<Matrix> spectrum(spectrum_.data(), kBins, columns);
        spectrum.topRows(kHalf) = (real_.leftCols(columns).array().square() +
                                   imaginary_.leftCols(columns).array().square())
                                      .sqrt();
        spectrum.row(kHalf).noalias() = highest_.transpose() * even_.leftCols(columns);
        spectrum.row(kHalf) = spectrum.row(kHalf).cwiseAbs();
    }

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

    Matrix cosines_;
    Matrix sines_;
    Vector highest_;
    Matrix convolution_[4];
    Vector bias_[4];
    Matrix inputToGates_;
    Matrix stateToGates_;
    Vector gateBias_;
    Vector output_;
    float outputBias_;

    Matrix even_;
    Matrix odd_;
    Matrix real_;
    Matrix imaginary_;
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
