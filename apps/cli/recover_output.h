#pragma once

#include "chat/pipeline/recovery_manager.h"

#include <string>
#include <vector>

#include "json_output.h"

namespace chat::cli {

/// `chat recover list`: at least one call, as a table.
void printRecoverable(const std::vector<pipeline::RecoverableCall>& calls);
[[nodiscard]] Json recoverableJson(const std::vector<pipeline::RecoverableCall>& calls);

/// `chat recover resume`: what was taken back, on stderr.
void printResumed(const pipeline::ResumeOutcome& outcome);
/// `commands`: what goes on with the calls, for a shell.
[[nodiscard]] Json resumedJson(const pipeline::ResumeOutcome& outcome,
                               const std::vector<std::string>& commands);

/// `chat recover discard`: what would be lost.
void printDiscardable(const std::vector<pipeline::DiscardableCall>& calls);
/// `gone`: checkpoints that were thrown away.
[[nodiscard]] Json discardJson(const std::vector<pipeline::DiscardableCall>& calls, int gone);

}  // namespace chat::cli
