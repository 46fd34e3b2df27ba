#pragma once

#include "chat/core/units.h"
#include "chat/pipeline/processing_time.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace chat::pipeline {

enum class CallStage : std::uint8_t { Sound, Words, Analysis };

/// A call that a worker is at.
struct CallInHand {
    Seconds audio{};
    CallStage stage = CallStage::Sound;
    Seconds elapsed{};  ///< since that stage began
};

struct WorkLeft {
    std::vector<CallInHand> inHand;
    std::vector<Seconds>
        waiting;  ///< lengths of the calls that no worker has, in the order in which they will be begun
    int workers = 1;
    /// The words of a call are found in pieces by all workers at once, and the other stages run beside that; `elapsed` of the words is then
    /// the sum of the workers' times.
    bool inPieces = false;
};

/// What an estimate's interval promises.
inline constexpr double kEtaConfidence = 0.95;

/// When the work that is left will have ended, from now. With probability kEtaConfidence between `lower` and `upper`.
struct Eta {
    Seconds remaining{};  ///< as likely too long as too short
    Seconds lower{};
    Seconds upper{};
    std::size_t sample = 0;  ///< calls of the window that the speed is learnt from
    double widened = 1;      ///< by what earlier estimates were found to need
};

/// Estimates when calls will have ended that differ in length, with several workers at once.
///
/// The work that is left is played through, 200 times for up to 2,000 calls: each time with other speeds of the stages, as
/// StageSpeed finds them possible, and calls that deviate from the expected as earlier ones of about that length did
/// (hot-deck: Andridge & Little, International Statistical Review 78, 2010), all stages of a call as those of one earlier
/// one. A worker takes the next call, or piece of one, when it is free. A call in hand is only played with deviations that outlast what its
/// stage already took. Attempts fail as often as they did and go to the end. The interval is from the 2.5 to the 97.5 %
/// quantile of the ends, the logarithms of its halves stretched by what would have sufficed for 95 % of the estimates that
/// were settled (conformal prediction: Lei et al., "Distribution-Free Predictive Inference for Regression", 2018).
///
/// What is kept from earlier runs is kept as what came: learn and settle it again, oldest first. Of one model and its settings
/// on one machine. The same estimate for the same work: nothing is random between two calls. An object belongs to one thread.
class EtaCalculator {
  public:
    static constexpr std::size_t kWindow = 20;

    /// `guess`: believed before the first call. `window`: the last calls, which tell how fast it goes now; from 2.
    explicit EtaCalculator(const ProcessingTime& guess, std::size_t window = kWindow);

    /// A call has ended. Times that are negative or not finite are not learnt.
    void learn(Seconds audio, const StageTimes& took);
    /// An attempt has failed in a way that may pass: the call went to the end of those that wait.
    void learnFailure();
    /// What an estimate should have been. Not of stretches in which a person paused the run or added calls.
    void settle(const Eta& made, Seconds came);

    /// All zero without work. Fewer than one worker counts as one. 0 <= lower <= remaining <= upper, all finite.
    [[nodiscard]] Eta estimate(const WorkLeft& left) const;

  private:
    struct Ended {
        Seconds audio;
        StageTimes took;
    };

    StageTimes guessShort_;
    StageTimes guessLong_;
    std::size_t window_;
    std::deque<Ended> ended_;
    std::deque<double>
        needed_;  ///< by which each settled estimate's interval would just have held what came
    double attempts_ = 0;  ///< old ones count less and less
    double failures_ = 0;
};

}  // namespace chat::pipeline
