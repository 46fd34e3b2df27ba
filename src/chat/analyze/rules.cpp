#include "chat/analyze/rules.h"

#include "chat/analyze/rule_set.h"

#include <exception>
#include <utility>

// Names that chat_embed makes.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {
extern const char chatDefaultRules_begin[];
extern const char chatDefaultRules_end[];
}
// NOLINTEND(readability-identifier-naming)

namespace chat::analyze {

Rules::Rules(std::shared_ptr<const RuleSet> set)
    : set_(std::move(set)) {}
Rules::~Rules() = default;
Rules::Rules(const Rules&) = default;
Rules::Rules(Rules&&) noexcept = default;
Rules& Rules::operator=(const Rules&) = default;
Rules& Rules::operator=(Rules&&) noexcept = default;

const std::vector<RuleInfo>& Rules::patterns() const {
    return set_->patternInfos;
}
const std::vector<RuleInfo>& Rules::keywords() const {
    return set_->keywordInfos;
}

std::string_view defaultRulesText() {
    return {chatDefaultRules_begin,
            static_cast<std::size_t>(chatDefaultRules_end - chatDefaultRules_begin)};
}

}  // namespace chat::analyze
