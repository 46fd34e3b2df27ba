#pragma once

#include "chat/core/units.h"

#include <cstddef>
#include <optional>

namespace chat::pipeline {

/// What is known of a call before its stages run.
struct CallSize {
    Seconds audio{};                ///< length of the recording
    std::optional<Seconds> speech;  ///< over its channels; known once the sound stage has ended
};

/// What the stages of a call took, of one worker.
struct StageTimes {
    Seconds sound{};
    Seconds words{};  ///< 0 without a model
    Seconds analysis{};

    [[nodiscard]] Seconds total() const { return sound + words + analysis; }
};

/// A straight line through measured points (ordinary least squares) that begins as a guess.
///
/// The guess stands for two points on it, at 30 s and 300 s, of a fifth of the weight of a measured one: it decides before the
/// first call and is hardly felt after ten. Neither slope nor height at zero is ever negative, so that no time is.
class TimeLine {
  public:
    /// The guess: `fixed` seconds a call and `share` of its length.
    TimeLine(double fixed, double share);

    void add(Seconds length, Seconds took);
    [[nodiscard]] Seconds at(Seconds length) const;

  private:
    void add(double length, double took, double weight);

    double n_ = 0;
    double x_ = 0;
    double y_ = 0;
    double xx_ = 0;
    double xy_ = 0;
};

/// How far predictions were off that were made before their calls were learnt.
struct PredictionError {
    std::size_t calls = 0;
    double meanShare = 0;  ///< sum of the absolute errors / sum of the times; 0 without calls
    double bias = 0;       ///< sum of what was predicted / sum of the times; 1 without calls
};

/// Predicts how long a worker is busy with a call, learnt from those that have ended. Of one model and its settings: another
/// one begins anew. An object belongs to one thread.
class ProcessingTime {
  public:
    /// `wordsShare`: guess of the time that finding words takes, over the length of the call; 0 without a model.
    explicit ProcessingTime(double wordsShare);

    void learn(const CallSize& size, const StageTimes& took);
    [[nodiscard]] StageTimes predict(const CallSize& size) const;
    /// Of predictions from the length alone, as a plan makes them.
    [[nodiscard]] PredictionError error() const;

  private:
    TimeLine sound_;
    TimeLine wordsByAudio_;
    TimeLine wordsBySpeech_;
    TimeLine analysis_;
    bool hasWords_;
    std::size_t calls_ = 0;
    Seconds off_{};
    Seconds predicted_{};
    Seconds took_{};
};

}  // namespace chat::pipeline
