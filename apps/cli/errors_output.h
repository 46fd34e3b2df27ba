#pragma once

#include "chat/analyze/error_analytics.h"
#include "chat/queue/recovery_strategy.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace chat::cli {

/// What `chat errors` shows of, and how much of it.
struct ErrorsView {
    std::span<const ErrorEvent> events;  ///< the oldest first
    const analyze::ErrorAnalysis& analysis;
    std::string since;      ///< as shown: "2026-11-16 00:00"
    std::string place;      ///< where they were read: a store's file, or a folder of logs
    std::size_t limit = 0;  ///< rows at most
    /// By code; empty where they were not read from a store.
    std::map<std::string, std::vector<queue::StrategyRecord>> strategies{};
};

/// What a strategy has come to against an error.
[[nodiscard]] queue::StrategyRecord strategyRecord(const ErrorsView& view,
                                                   const std::string& code,
                                                   Strategy strategy);

/// Tables on stdout, as wide as the terminal.
void printErrorList(const ErrorsView& view);
void printErrorStats(const ErrorsView& view);
void printErrorTop(const ErrorsView& view);
void printErrorTrend(const ErrorsView& view);
/// What the catalog says of a code, and what happened here with it.
void printErrorExplanation(const ErrorsView& view, const std::string& code);

/// The same as JSON on stdout.
void printErrorListJson(const ErrorsView& view);
void printErrorStatsJson(const ErrorsView& view);
void printErrorTopJson(const ErrorsView& view);
void printErrorTrendJson(const ErrorsView& view);
void printErrorExplanationJson(const ErrorsView& view, const std::string& code);

}  // namespace chat::cli
