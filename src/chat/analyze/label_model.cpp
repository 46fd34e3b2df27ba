#include "chat/analyze/label_model.h"

#include "chat/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

// Names that chat_embed makes.
extern "C" {
extern const char chat_label_model_begin[];
extern const char chat_label_model_end[];
}

namespace chat::analyze {

namespace {

/// How much one sentence speaks for each label.
struct Weighed {
    Passage sentence;
    std::vector<double> sums;
};

Weighed& weighedOf(std::vector<Weighed>& all, const Passage& sentence, std::size_t models) {
    const auto same = [&](const Weighed& each) {
        return each.sentence.turn == sentence.turn && each.sentence.first == sentence.first;
    };
    const auto known = std::ranges::find_if(all, same);
    return known != all.end() ? *known : all.emplace_back(sentence, std::vector<double>(models));
}

}  // namespace

const LabelModels& LabelModels::shipped() {
    static const LabelModels models = [] {
        auto parsed =
            parse({chat_label_model_begin,
                   static_cast<std::size_t>(chat_label_model_end - chat_label_model_begin)});
        if (!parsed) {
            throw std::logic_error(parsed.error());  // a build that ships this fails its tests
        }
        return std::move(*parsed);
    }();
    return models;
}

tl::expected<LabelModels, std::string> LabelModels::parse(std::string_view text) {
    LabelModels models;
    struct Weight {
        std::size_t cue;
        std::size_t model;
        float value;
    };
    std::vector<Weight> weights;
    std::size_t lineNumber = 0;
    for (const std::string_view line : split(text, '\n')) {
        ++lineNumber;
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const auto bad = [&] {
            return tl::unexpected(fmt::format("line {} is no weight and no model", lineNumber));
        };
        if (line.starts_with("model ")) {
            const auto parts = split(line, ' ');
            const auto bias = parts.size() == 4 ? wholeNumber<double>(parts[2]) : std::nullopt;
            const auto least = parts.size() == 4 ? wholeNumber<double>(parts[3]) : std::nullopt;
            if (!bias || !least) {
                return bad();
            }
            models.names_.emplace_back(parts[1]);
            models.bias_.push_back(*bias);
            models.least_.push_back(*least);
            continue;
        }
        const auto weight = weightLine(line);
        if (!weight || models.names_.empty()) {
            return bad();
        }
        weights.push_back({models.cues_.add(cueHash(weight->cue)),
                           models.names_.size() - 1,
                           static_cast<float>(weight->weight)});
    }
    models.weights_.resize(models.cues_.size() * models.names_.size());
    for (const Weight& weight : weights) {
        models.weights_[weight.cue * models.names_.size() + weight.model] = weight.value;
    }
    return models;
}

std::vector<LabelVerdict> LabelModels::judge(const Surroundings& around) const {
    const std::size_t count = names_.size();
    std::vector<double> sums = bias_;
    std::vector<bool> seen(cues_.size());
    std::vector<Weighed> sentences;
    forEachCue(around, CueNames::Hashes, [&](const Cue& named) {
        const auto cue = cues_.find(named.hash);
        if (!cue || seen[*cue]) {
            return;
        }
        seen[*cue] = true;
        Weighed* weighed =
            named.sentence != nullptr ? &weighedOf(sentences, *named.sentence, count) : nullptr;
        for (std::size_t model = 0; model < count; ++model) {
            const double weight = weights_[*cue * count + model];
            sums[model] += weight;
            if (weighed != nullptr) {
                weighed->sums[model] += weight;
            }
        }
    });
    std::vector<LabelVerdict> verdicts(count);
    for (std::size_t model = 0; model < count; ++model) {
        LabelVerdict& verdict = verdicts[model];
        verdict.probability = 1 / (1 + std::exp(-sums[model]));
        const auto most = std::ranges::max_element(
            sentences, {}, [&](const Weighed& each) { return each.sums[model]; });
        if (most != sentences.end()) {
            verdict.evidence = most->sentence;
            verdict.given = verdict.probability >= least_[model];
        }
    }
    return verdicts;
}

}  // namespace chat::analyze
