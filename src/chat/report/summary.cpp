#include "chat/report/summary.h"

#include <algorithm>
#include <set>

namespace chat::report {

void Summary::add(const ReportCall& call) {
    ++total;
    if (call.status == CallStatus::Failed) {
        ++failed;
    }
    if (call.status != CallStatus::Analyzed) {
        return;
    }
    ++processed;
    const auto& found = call.analysis.silences;
    callsWithSilence += found.empty() ? 0 : 1;
    silences += static_cast<int>(found.size());
    duration += call.sound.duration;
    silence += call.analysis.metrics.silence;
    deadAir += call.analysis.metrics.deadAir;
    talk += call.analysis.metrics.talk;
    for (const Silence& one : found) {
        SilenceGroup& category = categories_[static_cast<std::size_t>(one.category)];
        ++category.count;
        category.length += one.length();
        const std::string id = one.patterns.empty() ? "unexplained" : one.patterns.front().id;
        SilenceGroup& pattern = patterns_.try_emplace(id, SilenceGroup{id}).first->second;
        ++pattern.count;
        pattern.length += one.length();
    }
    std::set<std::string> rules;
    for (const KeywordHit& hit : call.analysis.keywords) {
        rules.insert(hit.rule);
    }
    for (const std::string& rule : rules) {
        ++keywordCalls_[rule];
    }
}

int Summary::callsWithKeyword(const std::string& rule) const {
    const auto found = keywordCalls_.find(rule);
    return found == keywordCalls_.end() ? 0 : found->second;
}

std::vector<SilenceGroup> Summary::byCategory() const {
    return categories_;
}

std::vector<SilenceGroup> Summary::byPattern() const {
    std::vector<SilenceGroup> groups;
    groups.reserve(patterns_.size());
    for (const auto& [id, group] : patterns_) {
        groups.push_back(group);
    }
    std::ranges::stable_sort(groups, std::ranges::greater{}, &SilenceGroup::length);
    return groups;
}

}  // namespace chat::report
