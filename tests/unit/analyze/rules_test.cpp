#include "chat/analyze/rules.h"

#include <gmock/gmock.h>

namespace chat::analyze {
namespace {

TEST(ShippedRules, AreProvenByTheirExamples) {
    const auto rules = parseRules(defaultRulesText(), "rules.toml");
    ASSERT_TRUE(rules) << rules.error().what;
}

}  // namespace
}  // namespace chat::analyze
