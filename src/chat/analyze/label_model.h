#pragma once

#include "chat/analyze/cue_table.h"
#include "chat/analyze/cues.h"

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

/// What a label model says of one silence.
struct LabelVerdict {
    double probability =
        0;  ///< of the label, as often right as it says (on the lines it was fitted to)
    bool given = false;  ///< probable enough for the label
    std::optional<Passage>
        evidence;  ///< the sentence whose words speak most for it; none: nobody spoke
};

/// Logistic regressions over the cues of a silence (cues.h), one for each label: weight by weight a text file that
/// benchmarks/pattern_model.py fits to tests/data/patterns.jsonl. Immutable; any thread.
class LabelModels {
  public:
    /// The models that ship with CHAT.
    [[nodiscard]] static const LabelModels& shipped();

    /// Lines "model NAME BIAS LEAST_PROBABILITY", each followed by its "WEIGHT CUE".
    /// The error is a sentence's end.
    [[nodiscard]] static tl::expected<LabelModels, std::string> parse(std::string_view text);

    /// In the file's order.
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

    /// One verdict for each model.
    [[nodiscard]] std::vector<LabelVerdict> judge(const Surroundings& around) const;

  private:
    std::vector<std::string> names_;
    std::vector<double> bias_;
    std::vector<double> least_;
    CueTable cues_;
    std::vector<float> weights_;  // of a cue in every model, cue by cue
};

}  // namespace chat::analyze
