#include "chat/analyze/error_sentences.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <cmath>

namespace chat::analyze {

namespace {

std::string_view whereToLook(Trait trait) {
    switch (trait) {
        case Trait::Host:
            return "Look at that machine's disk, memory and network.";
        case Trait::Store:
            return "Look at that store's recorder and line.";
        case Trait::FileType:
            return "Look at the program that writes these files.";
        case Trait::Hour:
            return "Look at what else runs at that hour: backups, transfers, the recorder's own "
                   "work.";
        case Trait::Version:
            return "Look at what that version changed (CHANGELOG.md).";
    }
    return {};
}

/// More than half, so that no second cause can explain as much.
bool explainsMost(std::size_t part, std::size_t whole) {
    return 2 * part > whole;
}

/// At least twice as common as elsewhere: what nearly every call has explains nothing, however sure the difference is.
bool standsOut(const ErrorCorrelation& c) {
    return c.with * c.all >= 2 * c.allWith * c.calls;
}

std::string partOf(std::size_t part, std::size_t whole) {
    return part == whole ? fmt::format("All its {} calls", whole)
                         : fmt::format("{} of its {} calls", part, whole);
}

std::string sentenceOf(const ErrorCorrelation& c) {
    return fmt::format("{} are {}; of all {} calls{} {} are. {}",
                       partOf(c.with, c.calls),
                       traitText(c.trait, c.value),
                       c.all,
                       c.amongErrors ? " with an error" : "",
                       c.allWith,
                       whereToLook(c.trait));
}

std::string sentenceOf(const ErrorBurst& burst, const ErrorsOfCode& code, std::size_t worked) {
    const std::string when = fmt::format("{} met it between {} and {}",
                                         partOf(burst.calls, code.impact.calls),
                                         momentText(burst.begin),
                                         momentText(burst.end, false));
    return worked == 0
               ? when +
                     ". Look at what happened then, and at whether most calls were worked on then."
               : fmt::format(
                     "{}, when {} of all {} calls were worked on: an outage rather than so many "
                     "bad "
                     "recordings. Look at what happened then on this machine, its network and the "
                     "recorder.",
                     when,
                     burst.worked,
                     worked);
}

}  // namespace

std::string momentText(Moment moment, bool withDay) {
    const std::tm local = fmt::localtime(std::chrono::system_clock::to_time_t(moment));
    return withDay ? fmt::format("{:%Y-%m-%d %H:%M}", local) : fmt::format("{:%H:%M}", local);
}

std::string traitText(Trait trait, const std::string& value) {
    switch (trait) {
        case Trait::Host:
            return "of the machine " + value;
        case Trait::Store:
            return "of store " + value;
        case Trait::FileType:
            return value + " files";
        case Trait::Hour:
            return fmt::format("of the hour from {}:00", value);
        case Trait::Version:
            return "of version " + value;
    }
    return value;
}

std::vector<CommonCause> commonCauses(const ErrorAnalysis& analysis, std::size_t worked) {
    std::vector<CommonCause> causes;
    for (const ErrorsOfCode& one : analysis.codes) {
        // The correlations stand in the order of their chance. A place says more than a time; an outage more than an hour.
        const auto burst = std::ranges::find_if(analysis.bursts, [&](const ErrorBurst& b) {
            return b.code == one.code && explainsMost(b.calls, one.impact.calls);
        });
        const auto trait =
            std::ranges::find_if(analysis.correlations, [&](const ErrorCorrelation& c) {
                return c.code == one.code && explainsMost(c.with, one.impact.calls) && standsOut(c);
            });
        const bool hasTrait = trait != analysis.correlations.end();
        const bool hasBurst = burst != analysis.bursts.end();
        if (hasTrait && (trait->trait != Trait::Hour || !hasBurst)) {
            causes.push_back({one.code, sentenceOf(*trait)});
        } else if (hasBurst) {
            causes.push_back({one.code, sentenceOf(*burst, one, worked)});
        }
    }
    return causes;
}

}  // namespace chat::analyze
