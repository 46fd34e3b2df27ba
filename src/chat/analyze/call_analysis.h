#pragma once

#include "chat/analyze/roles.h"
#include "chat/analyze/rules.h"
#include "chat/analyze/silence_analyzer.h"
#include "chat/core/analysis.h"
#include "chat/core/recording.h"
#include "chat/core/transcript.h"

namespace chat::analyze {

/// Changes whenever the same input, settings and rules may give another result.
inline constexpr int kAnalysisVersion = 10;

struct AnalysisSettings {
    SilenceSettings silence;
    AgentChannel agentChannel = AgentChannel::Auto;

    /// Errors: AN_VAL_SETTING.
    [[nodiscard]] Status validate() const { return silence.validate(); }
};

/// The analysis stage: silences, why they came about, keywords and figures of one recording.
///
/// A recording whose two channels carry the same sound is one party. `transcript` may be null: then
/// everything that sound alone can tell is filled and a TR_STATE_NO_WORDS warning says so. The settings
/// must be valid. Pure and deterministic; any thread.
[[nodiscard]] CallAnalysis analyzeCall(const AcousticResult& acoustic,
                                       const Transcript* transcript,
                                       const AnalysisSettings& settings,
                                       const Rules& rules);

}  // namespace chat::analyze
