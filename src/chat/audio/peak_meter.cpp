#include "chat/audio/peak_meter.h"

#include <algorithm>
#include <cmath>

namespace chat::audio {

void PeakMeter::halve(Channel& channel) {
    for (std::size_t i = 0; i < channel.steps.size() / 2; ++i) {
        channel.steps[i] = std::max(channel.steps[2 * i], channel.steps[2 * i + 1]);
    }
    if (channel.steps.size() % 2 == 1) {
        // An odd last step covers only the first half of its new, longer step: it goes on being filled.
        channel.highest = std::max(channel.highest, channel.steps.back());
        channel.inStep += channel.stepFrames;
    }
    channel.steps.resize(channel.steps.size() / 2);
    channel.stepFrames *= 2;
}

void PeakMeter::add(std::size_t channel, std::span<const float> samples) {
    Channel& c = channels_[channel];
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), c.stepFrames - c.inStep));
        for (const float sample : part) {
            c.highest = std::max(c.highest, std::abs(sample));
        }
        c.inStep += part.size();
        samples = samples.subspan(part.size());
        if (c.inStep == c.stepFrames) {
            c.steps.push_back(c.highest);
            c.inStep = 0;
            c.highest = 0;
            if (c.steps.size() == kMaxSteps) {
                halve(c);
            }
        }
    }
}

Peaks PeakMeter::peaks() const {
    auto channels = channels_;
    std::size_t coarsest = 0;
    for (const auto& channel : channels) {
        coarsest = std::max(coarsest, channel.stepFrames);
    }
    Peaks result;
    result.step = Seconds{static_cast<double>(coarsest) / kAnalysisRateHz};
    for (auto& channel : channels) {
        while (channel.stepFrames < coarsest) {
            halve(channel);
        }
        if (channel.inStep > 0) {
            channel.steps.push_back(channel.highest);
        }
        auto& bytes = result.channels.emplace_back();
        bytes.reserve(channel.steps.size());
        for (const float step : channel.steps) {
            bytes.push_back(static_cast<std::uint8_t>(std::lround(std::min(step, 1.0F) * 255)));
        }
    }
    return result;
}

}  // namespace chat::audio
