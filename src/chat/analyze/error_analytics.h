#pragma once

#include "chat/core/error_event.h"

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace chat::analyze {

using Moment = std::chrono::system_clock::time_point;

/// What errors cost. A call that met several counts once.
struct ErrorImpact {
    std::size_t calls = 0;          ///< that met an error
    std::size_t lost = 0;           ///< of these: without a result now
    Seconds lostSound{};            ///< length of the lost ones, as far as it is known
    std::size_t unknownLength = 0;  ///< lost ones whose length is not known
};

/// All errors of one code.
struct ErrorsOfCode {
    std::string code;
    Severity severity = Severity::Medium;
    std::size_t errors = 0;
    ErrorImpact impact;
    Moment first;
    Moment last;
};

/// Calls with one code that came closer together than chance makes likely.
struct ErrorBurst {
    std::string code;
    Moment begin;
    Moment end;
    std::size_t calls = 0;
    std::size_t worked =
        0;  ///< calls worked on in that time, with and without errors; 0: not known
};

/// Two codes that meet in the same calls more often than chance makes likely.
struct ErrorsTogether {
    std::string code;
    std::string other;
    std::size_t both = 0;   ///< calls with both
    std::size_t calls = 0;  ///< with `code`, which is the rarer one
    double chance = 1;
};

/// A trait that calls with a code have more often than others.
struct ErrorCorrelation {
    std::string code;
    Trait trait = Trait::Host;
    std::string value;
    std::size_t with = 0;     ///< calls with the code that have it
    std::size_t calls = 0;    ///< calls with the code
    std::size_t allWith = 0;  ///< calls of the comparison that have it
    std::size_t all = 0;      ///< calls of the comparison
    bool amongErrors =
        false;  ///< compared with calls that met an error, since the trait of others is not known
    double chance = 1;
};

/// What is likely behind most errors of a code, and where to look, in sentences.
struct CommonCause {
    std::string code;
    std::string sentence;
};

struct ErrorAnalysis {
    Moment from;
    Moment to;
    std::size_t errors = 0;
    ErrorImpact impact;
    std::vector<ErrorsOfCode> codes;  ///< most errors first
    std::vector<ErrorBurst> bursts;
    std::vector<ErrorsTogether> together;
    std::vector<ErrorCorrelation> correlations;
    std::vector<CommonCause> causes;
};

/// Looks at the errors of the time from `from` to `to`. A pure function.
///
/// What it names is held against chance. Bursts (10 minutes and more with at least five calls): against the calls that
/// were worked on in that time, so that a busy hour is none; where these are not known, against Poisson's distribution at
/// the code's own rate outside that time. Codes together and traits (at least three calls): against the other calls. But
/// for Poisson it is the hypergeometric distribution, which is Fisher's exact test to one side. `chance` is the
/// probability of as much or more, times the number of comparisons made (Bonferroni); only what stays below 1 in 100 is
/// named. A correlation is not yet a cause; the sentences say where to look.
[[nodiscard]] ErrorAnalysis analyzeErrors(std::span<const ErrorEvent> events,
                                          const CallCounts& calls,
                                          Moment from,
                                          Moment to);

/// What a trait is called in a sentence: "store 12", "wav files".
[[nodiscard]] std::string traitText(Trait trait, const std::string& value);

/// Probability that of `draws` calls out of `all`, of which `marked` have a trait, at least `hits` have it.
[[nodiscard]] double chanceOfOverlap(std::size_t hits,
                                     std::size_t draws,
                                     std::size_t marked,
                                     std::size_t all);
/// Probability of at least `count` where `expected` come on average (Poisson).
[[nodiscard]] double chanceOfCount(std::size_t count, double expected);

}  // namespace chat::analyze
