#pragma once

#include "chat/core/analysis.h"
#include "chat/core/call.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"
#include "chat/core/transcript.h"

#include <optional>
#include <string>
#include <vector>

namespace chat::report {

enum class CallStatus : std::uint8_t { Analyzed, Failed, Stopped };

/// The words that every format uses: "analyzed", "failed", "stopped"; "short", "medium", "long";
/// "silence", "noise".
[[nodiscard]] const char* name(CallStatus status);
[[nodiscard]] const char* name(SilenceCategory category);
[[nodiscard]] const char* name(SilenceKind kind);

/// One call as every format of the report shows it.
struct ReportCall {
    CallAttributes attributes;
    std::string recording;  ///< SHA-256 of the bytes; empty when they could not be read
    std::string path;       ///< relative, as given
    std::vector<std::string> otherPaths;  ///< further files with the same bytes
    CallStatus status = CallStatus::Analyzed;
    std::optional<Error> error;            ///< why it failed
    AcousticResult sound;                  ///< empty unless analyzed
    std::optional<Transcript> transcript;  ///< absent: there are no words
    CallAnalysis analysis;
    std::string audio;  ///< address of the sound relative to the report's folder; empty: left out
    Seconds processing{};  ///< wall time of all stages, when they were done
};

/// Plain words for a pattern.
struct PatternName {
    std::string id;
    std::string name;
    std::string description;
};

/// The settings that a reader needs to judge the figures.
struct ReportSettings {
    std::string profile = "default";
    Seconds minSilence{1};
    Seconds mediumFrom{3};
    Seconds longFrom{8};
    Seconds context{5};
    Seconds longHold{120};
    int beam = 5;
    std::string language = "en";
    std::string agentChannel = "auto";
    std::string audio = "copy";
    std::vector<PatternName> patterns;
    std::vector<std::string> keywordRules;
};

struct StageTiming {
    std::string stage;
    Seconds wall{};
    int calls = 0;   ///< on which the stage was done in this run
    int reused = 0;  ///< whose result was taken from the store
};

/// What belongs to the run and may differ between two runs that find the same.
struct RunFacts {
    std::string version;
    std::string startedAt;  ///< ISO 8601, UTC
    std::string lastUpdate;
    Seconds elapsed{};
    bool complete = true;
    std::string model;  ///< empty: nothing was transcribed
    std::string detector;
    int workers = 1;
    std::uint64_t peakMemoryBytes = 0;
    std::vector<StageTiming> timings;
    std::vector<std::string> notes;
};

/// The name under which a call's files lie in the report: from a hash, never from what a person or a
/// server wrote.
[[nodiscard]] std::string detailName(const ReportCall& call);

}  // namespace chat::report
