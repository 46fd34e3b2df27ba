#include "chat/analyze/rules.h"

#include "chat/analyze/rule_set.h"

#include <exception>
#include <utility>

// Names that chat_embed makes.
extern "C" {
extern const char chat_rules_begin[];
extern const char chat_rules_end[];
}

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
    return {chat_rules_begin, static_cast<std::size_t>(chat_rules_end - chat_rules_begin)};
}

}  // namespace chat::analyze
