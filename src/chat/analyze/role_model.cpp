#include "chat/analyze/role_model.h"

#include "chat/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>

// Names that chat_embed makes.
extern "C" {
extern const char chat_role_model_begin[];
extern const char chat_role_model_end[];
}

namespace chat::analyze {

namespace {

constexpr std::size_t kLongestRun = 3;

/// Turns are told apart by length in steps of about a half.
std::size_t lengthStep(std::size_t words) {
    constexpr std::array<std::size_t, 8> kSteps{1, 2, 3, 5, 8, 13, 21, 34};
    return *std::prev(std::ranges::upper_bound(kSteps, std::max<std::size_t>(words, 1)));
}

}  // namespace

void forEachRoleCue(const Dialogue& dialogue,
                    CueNames names,
                    const std::function<void()>& turn,
                    const TakeRoleCue& take) {
    std::array<bool, 2> spoken{};
    for (const Turn& said : dialogue.turns()) {
        turn();
        const auto party = static_cast<std::size_t>(said.party);
        const bool opens = !spoken.at(party);
        const bool first = opens && !spoken.at(1 - party);
        spoken.at(party) = true;
        const auto form = [&](std::string_view name) { take(party, cueHash(name), name); };
        const std::string length = fmt::format("turn of {}", lengthStep(said.words.size()));
        form(length);
        if (opens) {
            form("opening " + length);
        }
        if (first) {
            form("begins");
            form("first " + length);
        }
        for (std::size_t i = 0; i < said.sentences.size(); ++i) {
            const MarkedSentence sentence = markedSentence(sentenceOf(said, i));
            const auto name = [&](std::string_view place) {
                forEachRun(
                    place,
                    sentence,
                    kLongestRun,
                    names,
                    [&](std::uint64_t hash, std::string_view run) { take(party, hash, run); });
            };
            name("W");
            if (opens) {
                name("O");
            }
            if (first) {
                name("F");
            }
        }
    }
}

const RoleModel& RoleModel::shipped() {
    static const RoleModel model = [] {
        auto parsed =
            parse({chat_role_model_begin,
                   static_cast<std::size_t>(chat_role_model_end - chat_role_model_begin)});
        if (!parsed) {
            throw std::logic_error(parsed.error());  // a build that ships this fails its tests
        }
        return std::move(*parsed);
    }();
    return model;
}

tl::expected<RoleModel, std::string> RoleModel::parse(std::string_view text) {
    RoleModel model;
    std::size_t lineNumber = 0;
    for (const std::string_view line : split(text, '\n')) {
        ++lineNumber;
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const auto weight = weightLine(line);
        if (!weight) {
            return tl::unexpected(fmt::format("line {} is no weight and a cue", lineNumber));
        }
        if (weight->cue == "rules") {
            model.rules_ = weight->weight;
            continue;
        }
        if (model.cues_.add(cueHash(weight->cue)) == model.weights_.size()) {
            model.weights_.push_back(weight->weight);
        }
    }
    return model;
}

double RoleModel::logOdds(const Dialogue& dialogue, double byRules) const {
    struct Count {
        std::array<int, 2> turns{};
        int lastTurn = 0;
    };
    std::vector<Count> counts(weights_.size());
    int turn = 0;
    forEachRoleCue(
        dialogue,
        CueNames::Hashes,
        [&] { ++turn; },
        [&](std::size_t party, std::uint64_t hash, std::string_view) {
            const auto cue = cues_.find(hash);
            if (cue && counts[*cue].lastTurn != turn) {
                counts[*cue].lastTurn = turn;
                ++counts[*cue].turns.at(party);
            }
        });
    double sum = rules_ * byRules;
    for (std::size_t cue = 0; cue < counts.size(); ++cue) {
        const auto& [first, second] = counts[cue].turns;
        if (first != second) {
            sum += weights_[cue] * (std::sqrt(first) - std::sqrt(second));
        }
    }
    return sum;
}

}  // namespace chat::analyze
