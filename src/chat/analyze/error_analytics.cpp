#include "chat/analyze/error_analytics.h"

#include "chat/analyze/error_sentences.h"
#include "chat/core/audio_names.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

namespace chat::analyze {

namespace {

using std::chrono::duration;
constexpr std::chrono::minutes kWindow{10};
constexpr std::size_t kFewestInBurst = 5;
constexpr std::size_t kFewestInCommon = 3;
constexpr double kUnlikely = 0.01;

/// One call, or one error where its call is not known.
using CallKey = std::tuple<std::int64_t, std::string, std::size_t>;

CallKey keyOf(const ErrorRecord& record, std::size_t index) {
    if (record.job != 0) {
        return {record.job, "", 0};
    }
    return record.call.empty() ? CallKey{0, "", index} : CallKey{0, record.call, 0};
}

/// Errors of one code, call by call.
struct Group {
    std::map<CallKey, const ErrorEvent*> calls;  ///< the last error of each
    std::vector<const ErrorEvent*> events;       ///< in the order of time
};

ErrorImpact impactOf(const std::map<CallKey, const ErrorEvent*>& calls) {
    ErrorImpact impact;
    impact.calls = calls.size();
    for (const auto& [key, event] : calls) {
        if (event->lost) {
            ++impact.lost;
            impact.lostSound += event->duration;
            impact.unknownLength += event->duration.count() > 0 ? 0U : 1U;
        }
    }
    return impact;
}

std::string valueOf(const ErrorEvent& event, Trait trait) {
    switch (trait) {
        case Trait::Host:
            return event.record.host;
        case Trait::Store:
            return event.store;
        case Trait::FileType:
            // As the calls are counted that it is compared with.
            return event.path.empty() ? event.record.fileType
                                      : std::string(audioEnding(event.path));
        case Trait::Hour:
            return hourOf(event.record.time);
        case Trait::Version:
            return event.record.version;
    }
    return {};
}

class Analysis {
  public:
    Analysis(std::span<const ErrorEvent> events, const CallCounts& calls, Moment from, Moment to)
        : calls_(calls) {
        result_.from = from;
        result_.to = to;
        result_.errors = events.size();
        if (!events.empty()) {
            result_.from = std::max(from, events.front().record.time);
        }
        for (std::size_t i = 0; i < events.size(); ++i) {
            const CallKey key = keyOf(events[i].record, i);
            Group& group = groups_[events[i].record.code];
            group.calls.insert_or_assign(key, &events[i]);
            group.events.push_back(&events[i]);
            all_.insert_or_assign(key, &events[i]);
        }
    }

    ErrorAnalysis take() {
        result_.impact = impactOf(all_);
        for (const auto& [code, group] : groups_) {
            result_.codes.push_back({code,
                                     group.events.back()->record.severity,
                                     group.events.size(),
                                     impactOf(group.calls),
                                     group.events.front()->record.time,
                                     group.events.back()->record.time});
            findBursts(code, group);
            findCorrelations(code, group);
        }
        findTogether();
        std::ranges::stable_sort(result_.codes, std::ranges::greater(), &ErrorsOfCode::errors);
        std::ranges::stable_sort(result_.bursts, std::ranges::greater(), &ErrorBurst::calls);
        keepUnlikely(result_.correlations, correlationsTried_);
        keepUnlikely(result_.together, pairsTried_);
        result_.causes = commonCauses(result_, calls_.times.size());
        return std::move(result_);
    }

  private:
    template <typename T>
    static void keepUnlikely(std::vector<T>& found, std::size_t tried) {
        for (T& one : found) {
            one.chance = std::min(1.0, one.chance * static_cast<double>(tried));
        }
        std::erase_if(found, [](const T& one) { return one.chance >= kUnlikely; });
        std::ranges::stable_sort(found, {}, &T::chance);
    }

    void findBursts(const std::string& code, const Group& group) {
        // A call that is tried three times in a row is no burst: its first error stands for it.
        std::vector<Moment> times;
        std::set<CallKey> seen;
        for (std::size_t i = 0; i < group.events.size(); ++i) {
            if (seen.insert(keyOf(group.events[i]->record, i)).second) {
                times.push_back(group.events[i]->record.time);
            }
        }
        for (auto begin = times.begin(); begin != times.end();) {
            auto end = std::upper_bound(begin, times.end(), *begin + kWindow);
            const auto count = static_cast<std::size_t>(end - begin);
            if (count < kFewestInBurst ||
                chanceOfBurst(count, times.size(), *begin, *begin + kWindow) >= kUnlikely) {
                ++begin;
                continue;
            }
            while (end != times.end() && *end - *std::prev(end) <= kWindow / 2) {
                ++end;
            }
            const Moment last = *std::prev(end);
            result_.bursts.push_back(
                {code, *begin, last, static_cast<std::size_t>(end - begin), worked(*begin, last)});
            begin = end;
        }
    }

    [[nodiscard]] std::size_t worked(Moment begin, Moment end) const {
        const auto first = std::ranges::lower_bound(calls_.times, begin);
        return static_cast<std::size_t>(std::upper_bound(first, calls_.times.end(), end) - first);
    }

    /// That so many of a code's calls fall into one window, times the number of windows.
    [[nodiscard]] double chanceOfBurst(std::size_t count,
                                       std::size_t all,
                                       Moment begin,
                                       Moment end) const {
        const double windows = std::max(1.0, duration<double>(result_.to - result_.from) / kWindow);
        if (calls_.times.empty()) {
            return windows * chanceOfCount(count, static_cast<double>(all - count) / windows);
        }
        const std::size_t inside = std::max(count, worked(begin, end));
        const std::size_t outside =
            std::max(all - count, calls_.times.size() - std::min(calls_.times.size(), inside));
        return windows * chanceOfOverlap(count, all, inside, inside + outside);
    }

    void findCorrelations(const std::string& code, const Group& group) {
        for (const Trait trait : kTraits) {
            const auto known = calls_.of.find(trait);
            const bool amongErrors = known == calls_.of.end();
            // Only calls of the queue are counted there.
            std::map<std::string, std::size_t> with;
            std::size_t calls = 0;
            for (const auto& [key, event] : group.calls) {
                if ((amongErrors || event->record.job != 0) && !valueOf(*event, trait).empty()) {
                    ++with[valueOf(*event, trait)];
                    ++calls;
                }
            }
            std::map<std::string, std::size_t> compared;
            if (amongErrors) {
                for (const auto& [key, event] : all_) {
                    ++compared[valueOf(*event, trait)];
                }
                compared.erase("");
            } else {
                compared = known->second;
            }
            std::size_t all = 0;
            for (const auto& [value, count] : compared) {
                all += count;
            }
            for (const auto& [value, count] : with) {
                const std::size_t allWith = compared.contains(value) ? compared.at(value) : 0;
                // Where every call has it, or the queue has forgotten calls, there is nothing to compare with.
                if (compared.size() < 2 || count > allWith || calls > all) {
                    continue;
                }
                ++correlationsTried_;
                if (count >= kFewestInCommon) {
                    result_.correlations.push_back({code,
                                                    trait,
                                                    value,
                                                    count,
                                                    calls,
                                                    allWith,
                                                    all,
                                                    amongErrors,
                                                    chanceOfOverlap(count, calls, allWith, all)});
                }
            }
        }
    }

    void findTogether() {
        for (auto first = groups_.begin(); first != groups_.end(); ++first) {
            for (auto second = std::next(first); second != groups_.end(); ++second) {
                const bool swap = second->second.calls.size() < first->second.calls.size();
                const auto& [code, rarer] = swap ? *second : *first;
                const auto& [other, commoner] = swap ? *first : *second;
                const auto& among = commoner.calls;
                const auto both = static_cast<std::size_t>(std::ranges::count_if(
                    rarer.calls, [&](const auto& call) { return among.contains(call.first); }));
                ++pairsTried_;
                if (both >= kFewestInCommon) {
                    result_.together.push_back(
                        {code,
                         other,
                         both,
                         rarer.calls.size(),
                         chanceOfOverlap(both, rarer.calls.size(), among.size(), all_.size())});
                }
            }
        }
    }

    const CallCounts& calls_;
    ErrorAnalysis result_;
    std::map<std::string, Group> groups_;
    std::map<CallKey, const ErrorEvent*> all_;
    std::size_t correlationsTried_ = 0;
    std::size_t pairsTried_ = 0;
};

double logFactorial(std::size_t n) {
    int sign = 0;  // std::lgamma writes it to a variable that all threads share
    return ::lgamma_r(static_cast<double>(n) + 1, &sign);
}

double logChoose(std::size_t n, std::size_t k) {
    return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

}  // namespace

double chanceOfOverlap(std::size_t hits, std::size_t draws, std::size_t marked, std::size_t all) {
    double chance = 0;
    for (std::size_t k = hits; k <= std::min(draws, marked); ++k) {
        if (draws - k <= all - marked) {
            chance += std::exp(logChoose(marked, k) + logChoose(all - marked, draws - k) -
                               logChoose(all, draws));
        }
    }
    return std::min(1.0, chance);
}

double chanceOfCount(std::size_t count, double expected) {
    if (count == 0) {
        return 1;
    }
    if (expected <= 0) {
        return 0;
    }
    const auto term = [&](std::size_t k) {
        return std::exp(static_cast<double>(k) * std::log(expected) - expected - logFactorial(k));
    };
    double sum = 0;
    if (expected > static_cast<double>(count)) {
        for (std::size_t k = 0; k < count; ++k) {
            sum += term(k);
        }
        return std::max(0.0, 1 - sum);
    }
    // The tail itself: one minus the rest would be rounded away where it is small.
    for (std::size_t k = count; term(k) > sum * 1e-12; ++k) {
        sum += term(k);
    }
    return std::min(1.0, sum);
}

ErrorAnalysis analyzeErrors(std::span<const ErrorEvent> events,
                            const CallCounts& calls,
                            Moment from,
                            Moment to) {
    return Analysis(events, calls, from, to).take();
}

}  // namespace chat::analyze
