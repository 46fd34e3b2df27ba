#include "chat/analyze/holds.h"

#include "chat/core/intervals.h"

#include <algorithm>

namespace chat::analyze {

namespace {

struct Sound {
    HoldSound sound;
    int channel = 0;
};

/// The sound that fills most of `piece`.
Hold describe(const Interval& piece, std::span<const Sound> sounds) {
    Hold hold{piece.start, piece.end};
    Seconds most{0};
    for (const Sound& candidate : sounds) {
        const Seconds shared = overlap(piece, candidate.sound.where);
        if (shared > most) {
            most = shared;
            hold.kind = candidate.sound.kind;
            hold.tonality = candidate.sound.tonality;
            hold.party = candidate.channel;
        }
    }
    return hold;
}

}  // namespace

std::vector<Hold> findHolds(std::span<const ChannelActivity> activity, Seconds duration) {
    std::vector<Sound> sounds;
    std::vector<Intervals> speech;
    Intervals filled;
    for (std::size_t channel = 0; channel < activity.size(); ++channel) {
        speech.push_back(activity[channel].speech);
        for (const HoldSound& sound : activity[channel].holds) {
            sounds.push_back({sound, static_cast<int>(channel)});
            filled.push_back(sound.where);
        }
    }
    std::vector<Hold> holds;
    if (sounds.empty()) {
        return holds;
    }
    const Intervals quiet = complement(unite(speech, duration), duration);
    for (const Interval& piece : intersect(unite(std::span(&filled, 1), duration), quiet)) {
        if (reaches(piece.length(), kShortestHold)) {
            holds.push_back(describe(piece, sounds));
        }
    }
    return holds;
}

}  // namespace chat::analyze
