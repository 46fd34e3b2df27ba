#include "chat/pipeline/call_lengths.h"

#include "chat/core/text.h"
#include "chat/pipeline/batch_jobs.h"

namespace chat::pipeline {

namespace {

/// Of calls of which nothing is known, before the first one.
constexpr Seconds kAnyLength{150};

}  // namespace

CallLengths::Call CallLengths::of(const queue::Job& job) {
    return {job.duration,
            guessedLength(job.file, job.bytes),
            lowerAscii(job.file.extension().string())};
}

void CallLengths::learn(const Call& call, Seconds length) {
    if (length <= Seconds{0}) {
        return;
    }
    all_ += length;
    ++calls_;
    if (call.guessed > Seconds{0}) {
        Sums& sums = formats_[call.format];
        sums.guessed += call.guessed;
        sums.known += length;
    }
}

Seconds CallLengths::at(const Call& call) const {
    if (call.known > Seconds{0}) {
        return call.known;
    }
    if (call.guessed <= Seconds{0}) {
        return calls_ > 0 ? all_ / calls_ : kAnyLength;
    }
    const auto sums = formats_.find(call.format);
    return sums == formats_.end() ? call.guessed
                                  : call.guessed * (sums->second.known / sums->second.guessed);
}

}  // namespace chat::pipeline
