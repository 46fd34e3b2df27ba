#include "chat/pipeline/stage_variance.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <utility>

namespace chat::pipeline {

namespace {

std::size_t lengthClass(Seconds audio) {
    const double minutes = audio.count() / 60;
    return minutes < 1 ? 0 : minutes < 3 ? 1 : minutes < 10 ? 2 : 3;
}

/// Sums from which mean and squares about it follow, added up without losing digits (Welford, Technometrics 4, 1962).
struct Moments {
    std::size_t calls = 0;
    double mean = 0;
    double squares = 0;

    void add(double value) {
        ++calls;
        const double off = value - mean;
        mean += off / static_cast<double>(calls);
        squares += off * (value - mean);
    }
    [[nodiscard]] double deviation() const {
        return calls < 2 ? 0 : std::sqrt(squares / static_cast<double>(calls - 1));
    }
};

StageVariance varianceOf(std::string_view stage,
                         std::span<const store::EtaStore::Timed> calls,
                         Seconds store::StageSeconds::* took) {
    Moments all;
    std::map<std::string, Moments> models;
    std::map<std::pair<std::string, std::size_t>, Moments> groups;
    for (const store::EtaStore::Timed& call : calls) {
        if (call.took.audio <= Seconds{0}) {
            continue;
        }
        const double perMinute = call.took.*took / (call.took.audio / 60);
        const std::string model =
            fmt::format("{}, {} {}",
                        call.kind.model == "none" ? "no words" : call.kind.model,
                        call.kind.workers,
                        call.kind.workers == 1 ? "worker" : "workers");
        all.add(perMinute);
        models[model].add(perMinute);
        groups[{model, lengthClass(call.took.audio)}].add(perMinute);
    }
    StageVariance variance{stage, all.calls, all.mean, all.deviation(), 0, 0, 0, {}};
    double withinModels = 0;
    double withinGroups = 0;
    for (const auto& [model, moments] : models) {
        withinModels += moments.squares;
    }
    variance.groups.reserve(groups.size());
    for (const auto& [group, moments] : groups) {
        withinGroups += moments.squares;
        variance.groups.push_back({group.first,
                                   kLengthClasses.at(group.second),
                                   moments.calls,
                                   moments.mean,
                                   moments.deviation()});
    }
    if (all.squares > 0) {
        variance.betweenModels = (all.squares - withinModels) / all.squares;
        variance.betweenLengths = (withinModels - withinGroups) / all.squares;
        variance.within = withinGroups / all.squares;
    }
    return variance;
}

}  // namespace

std::vector<StageVariance> stageVariance(std::span<const store::EtaStore::Timed> calls) {
    std::vector<StageVariance> stages{
        varianceOf("sound", calls, &store::StageSeconds::sound),
        varianceOf("words", calls, &store::StageSeconds::words),
        varianceOf("analysis", calls, &store::StageSeconds::analysis)};
    std::erase_if(stages, [](const StageVariance& stage) { return stage.mean <= 0; });
    return stages;
}

}  // namespace chat::pipeline
