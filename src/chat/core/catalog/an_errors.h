#pragma once

#include "chat/core/catalog/common.h"

namespace chat::errors {

/// Errors and warnings of analysis.
inline constexpr std::array kAnErrors{
    ErrorInfo{
        .code = ErrorCode::AnValSetting,
        .name = "AN_VAL_SETTING",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "A setting of the silence analysis is out of its range.",
        .wayOut = "Use a value from the range that is named.",
        .causes =
            {"Medium is not longer than the shortest silence, or long not longer than medium.",
             "A number is negative."},
        .steps = {"See the profiles: chat analyze --help."},
        .byItself = kNothingBegun},
    ErrorInfo{
        .code = ErrorCode::AnDataChannelsSwapped,
        .name = "AN_DATA_CHANNELS_SWAPPED",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "The channel that was named as the agent's carries a customer's words, and the "
                   "other one an agent's.",
        .wayOut = "Listen to the beginning; if the channels are swapped, name the other one with "
                  "--agent-channel, or use auto.",
        .causes = {"The recorder's lines were swapped.", "The setting is from another recorder."},
        .byItself = "The setting is obeyed; the warning stands in the report."},
    ErrorInfo{
        .code = ErrorCode::AnDataNothingStored,
        .name = "AN_DATA_NOTHING_STORED",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "The store holds no call whose sound has been analyzed by this version.",
        .wayOut = "Run chat analyze on the recordings first, or name another store with --store.",
        .causes = {"Nothing was analyzed yet with this store.",
                   "All of it was analyzed by an older version."},
        .byItself = kNothingBegun},
    ErrorInfo{.code = ErrorCode::AnUnkGenericError,
              .name = "AN_UNK_GENERIC_ERROR",
              .severity = Severity::Medium,
              .retryable = false,
              .meaning = "The silence analysis failed.",
              .wayOut = "Run the same command again; if it fails again, keep this message for "
                        "whoever looks after CHAT.",
              .causes = {"A fault in CHAT."},
              .steps = {"See whether it happens with this recording only, or with all."},
              .byItself = kCallFails},
};

}  // namespace chat::errors
