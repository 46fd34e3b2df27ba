#include "chat/analyze/rules.h"

#include "chat/analyze/rules_loader.h"
#include "chat/analyze/rules_proof.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

// Names that chat_embed makes.
extern "C" {
extern const char chat_rules_begin[];
extern const char chat_rules_end[];
}

namespace chat::analyze {

namespace {

/// What `load` makes of the parsed file; its errors with line and column.
template <typename Load>
auto loaded(std::string_view text, std::string_view name, Load load) {
    return loadToml(text, name, kLongestRulesFile, ErrorCode::CfgFmtRules, load);
}

}  // namespace

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

Result<RulesTest> testRules(std::string_view text, std::string_view name) {
    return loaded(text, name, [](const toml::table& file) {
        Rules rules(loadRules(file));
        RulesProof proof = proveRules(file, rules.set());
        return RulesTest{std::move(rules), proof.examples, std::move(proof.failed)};
    });
}

Result<Rules> parseRules(std::string_view text, std::string_view name) {
    auto tested = testRules(text, name);
    if (!tested) {
        return tl::unexpected(tested.error());
    }
    if (!tested->failed.empty()) {
        const FailedExample& first = tested->failed.front();
        return tl::unexpected(
            tomlError(ErrorCode::CfgFmtRules,
                      name,
                      first.line,
                      first.column,
                      fmt::format("this example {} \"{}\", against what is written",
                                  first.expected ? "does not get" : "gets",
                                  first.rule)));
    }
    return std::move(tested->rules);
}

const Rules& defaultRules() {
    static const Rules rules = [] {
        // Not proved at every start: the tests prove what ships.
        auto parsed = loaded(defaultRulesText(), "rules.toml", [](const toml::table& file) {
            return Rules(loadRules(file, true));
        });
        if (!parsed) {
            throw std::logic_error(parsed.error().what);  // a build that ships this fails its tests
        }
        return std::move(*parsed);
    }();
    return rules;
}

}  // namespace chat::analyze
