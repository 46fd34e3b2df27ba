#include "chat/pipeline/processing_time.h"

#include <algorithm>
#include <cmath>

namespace chat::pipeline {

namespace {

/// Where the guess puts its points.
constexpr double kShortCall = 30;
constexpr double kLongCall = 300;
constexpr double kGuessWeight = 0.2;

/// Guesses for the stages that need no model: of the machine that docs/benchmarks.md was measured on, doubled.
constexpr double kSoundShare = 0.002;
constexpr double kAnalysisFixed = 0.001;
constexpr double kAnalysisShare = 0.00002;
/// Somebody speaks for so much of a call, over its channels.
constexpr double kSpeechShare = 0.8;
/// Whisper hears windows of 30 s, however short the speech in them.
constexpr double kWindow = 30;

}  // namespace

TimeLine::TimeLine(double fixed, double share) {
    for (const double length : {kShortCall, kLongCall}) {
        add(length, fixed + share * length, kGuessWeight);
    }
}

void TimeLine::add(Seconds length, Seconds took) {
    add(length.count(), took.count(), 1);
}

void TimeLine::add(double length, double took, double weight) {
    n_ += weight;
    x_ += weight * length;
    y_ += weight * took;
    xx_ += weight * length * length;
    xy_ += weight * length * took;
}

Seconds TimeLine::at(Seconds length) const {
    // Two points at different lengths are always there, so neither denominator is 0.
    double share = (n_ * xy_ - x_ * y_) / (n_ * xx_ - x_ * x_);
    double fixed = (y_ - share * x_) / n_;
    if (fixed < 0) {
        fixed = 0;
        share = xy_ / xx_;
    } else if (share < 0) {
        fixed = y_ / n_;
        share = 0;
    }
    return Seconds{fixed + share * length.count()};
}

ProcessingTime::ProcessingTime(double wordsShare)
    : sound_(0, kSoundShare)
    , wordsByAudio_(wordsShare * kWindow / 2, wordsShare)
    , wordsBySpeech_(wordsShare * kWindow / 2, wordsShare / kSpeechShare)
    , analysis_(kAnalysisFixed, kAnalysisShare)
    , hasWords_(wordsShare > 0) {}

void ProcessingTime::learn(const CallSize& size, const StageTimes& took) {
    const Seconds expected = predict({size.audio, std::nullopt}).total();
    ++calls_;
    off_ += Seconds{std::abs((expected - took.total()).count())};
    predicted_ += expected;
    took_ += took.total();

    sound_.add(size.audio, took.sound);
    analysis_.add(size.audio, took.analysis);
    if (hasWords_) {
        wordsByAudio_.add(size.audio, took.words);
        if (size.speech) {
            wordsBySpeech_.add(*size.speech, took.words);
        }
    }
}

StageTimes ProcessingTime::predict(const CallSize& size) const {
    StageTimes times{sound_.at(size.audio), Seconds{0}, analysis_.at(size.audio)};
    if (hasWords_) {
        times.words = size.speech ? wordsBySpeech_.at(*size.speech) : wordsByAudio_.at(size.audio);
    }
    return times;
}

PredictionError ProcessingTime::error() const {
    if (took_ <= Seconds{0}) {
        return {calls_, 0, 1};
    }
    return {calls_, off_ / took_, predicted_ / took_};
}

}  // namespace chat::pipeline
