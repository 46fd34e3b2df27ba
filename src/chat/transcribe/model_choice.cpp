#include "chat/transcribe/model_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

namespace chat::transcribe {

namespace {

using Candidates = std::vector<const ModelCandidate*>;

/// Sizes of one model differ by a little between its English and its other form.
int sizeClass(const ModelCandidate& model) {
    return static_cast<int>(std::lround(4 * std::log2(static_cast<double>(model.bytes) + 1)));
}

/// Those that know the language, the most accurate first.
Candidates byAccuracy(std::span<const ModelCandidate> installed, const std::string& language) {
    Candidates models;
    for (const ModelCandidate& model : installed) {
        if (!model.englishOnly || language == "en") {
            models.push_back(&model);
        }
    }
    std::ranges::stable_sort(models, std::greater{}, [](const ModelCandidate* model) {
        return std::tuple(sizeClass(*model), model->englishOnly);
    });
    return models;
}

/// A larger model takes longer: where the measurements say otherwise, the smaller one's was made beside other work, and
/// the larger one's would take as long there at least.
std::vector<ModelCandidate> comparable(std::span<const ModelCandidate> installed) {
    std::vector<ModelCandidate> models(installed.begin(), installed.end());
    std::ranges::stable_sort(models, {}, &ModelCandidate::bytes);
    for (std::size_t i = 1; i < models.size(); ++i) {
        models[i].cost = std::max(models[i].cost, models[i - 1].cost);
    }
    return models;
}

Seconds expected(const ModelCandidate& model, const ModelDemand& demand) {
    return demand.sound * model.cost / std::max(1, demand.workers);
}

std::string minutes(Seconds time) {
    return time < Seconds{90} ? fmt::format("{:.0f} s", time.count())
                              : fmt::format("{:.0f} min", time.count() / 60);
}

std::string facts(const ModelCandidate& model, const ModelDemand& demand) {
    constexpr double kMiB = 1024.0 * 1024.0;
    std::string text = fmt::format("It takes {:.0f} MiB of {:.0f} MiB that are free",
                                   static_cast<double>(model.peakBytes) / kMiB,
                                   static_cast<double>(demand.freeBytes) / kMiB);
    if (demand.untilDeadline) {
        text += fmt::format(" and about {} of the {} until the deadline",
                            minutes(expected(model, demand)),
                            minutes(*demand.untilDeadline));
    }
    return text + ", as measured on this machine.";
}

ModelChoice chosen(const ModelCandidate& model,
                   const ModelDemand& demand,
                   std::string_view reason) {
    return {model.name, fmt::format("Model {}, {}. {}", model.name, reason, facts(model, demand))};
}

}  // namespace

std::optional<ModelChoice> chooseModel(std::span<const ModelCandidate> installed,
                                       const ModelDemand& demand) {
    const std::vector<ModelCandidate> candidates = comparable(installed);
    const Candidates models = byAccuracy(candidates, demand.language);
    if (models.empty()) {
        return std::nullopt;
    }
    Candidates fitting;
    std::ranges::copy_if(models, std::back_inserter(fitting), [&](const ModelCandidate* model) {
        return static_cast<double>(model->peakBytes) <=
               kMemoryShare * static_cast<double>(demand.freeBytes);
    });
    if (fitting.empty()) {
        return chosen(**std::ranges::min_element(models, {}, &ModelCandidate::peakBytes),
                      demand,
                      "which takes least: no installed model fits the free memory");
    }
    Candidates timely;
    std::ranges::copy_if(fitting, std::back_inserter(timely), [&](const ModelCandidate* model) {
        return !demand.untilDeadline || expected(*model, demand) <= *demand.untilDeadline;
    });
    if (timely.empty()) {
        const auto quickest =
            std::ranges::min_element(fitting, {}, [](const ModelCandidate* model) {
                return std::tuple(model->cost, sizeClass(*model));
            });
        return chosen(
            **quickest, demand, "the quickest that fits: none is expected to meet the deadline");
    }
    const auto smaller = std::ranges::find_if(timely, [&](const ModelCandidate* model) {
        return sizeClass(*model) < sizeClass(*timely.front());
    });
    if (demand.load > kBusyLoad && smaller != timely.end()) {
        return chosen(**smaller, demand, "one size smaller because the machine is busy");
    }
    return chosen(*timely.front(),
                  demand,
                  demand.untilDeadline
                      ? "the most accurate installed one that fits the memory and the deadline"
                      : "the most accurate installed one that fits the memory");
}

std::string delayText(const ModelCandidate& model, const ModelDemand& demand) {
    if (!demand.untilDeadline || expected(model, demand) <= *demand.untilDeadline) {
        return {};
    }
    const std::string takes =
        fmt::format("With model {} about {} of work are left, as measured on this machine",
                    model.name,
                    minutes(expected(model, demand)));
    return *demand.untilDeadline > Seconds{0}
               ? fmt::format("{}, but only {} until the time to finish by.",
                             takes,
                             minutes(*demand.untilDeadline))
               : takes + ", and the time to finish by is over.";
}

}  // namespace chat::transcribe
