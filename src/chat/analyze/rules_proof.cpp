#include "chat/analyze/rules_proof.h"

#include "chat/analyze/examples.h"

#include <algorithm>
#include <string>
#include <utility>

namespace chat::analyze {

namespace {

constexpr std::size_t kMaxExamples = 200;

class Prover {
  public:
    explicit Prover(const RuleSet& rules)
        : rules_(rules) {}

    [[nodiscard]] RulesProof prove(const toml::table& file) {
        patterns(file);
        keywords(file);
        return std::move(proof_);
    }

  private:
    void patterns(const toml::table& file) {
        std::size_t number = 0;
        for (const toml::table* pattern : tablesOf(file, "pattern", rules_.patterns.size())) {
            const std::string& id = rules_.patternInfos[number++].id;
            run(*pattern, id, [&](const toml::node& node, const std::string& text) {
                const auto example = parseExample(text);
                if (!example) {
                    throw LoadError(node.source(), "this example " + example.error());
                }
                std::vector<std::string> found;
                for (const PatternMatch& match : labelExample(*example, rules_).patterns) {
                    found.push_back(match.id);
                }
                return found;
            });
        }
    }

    void keywords(const toml::table& file) {
        std::size_t number = 0;
        for (const toml::table* keyword : tablesOf(file, "keyword", rules_.keywords.size())) {
            const std::size_t rule = number++;
            const std::string& id = rules_.keywordInfos[rule].id;
            run(*keyword, id, [&](const toml::node&, const std::string& text) {
                return hearsKeyword(text, rules_, rule) ? std::vector<std::string>{id}
                                                        : std::vector<std::string>{};
            });
        }
    }

    static std::vector<const toml::table*> tablesOf(const toml::table& file,
                                                    std::string_view key,
                                                    std::size_t count) {
        std::vector<const toml::table*> tables;
        if (const toml::node* node = file.get(key); node != nullptr) {
            for (const toml::node* element : Table::elements(*node, key, count)) {
                tables.push_back(element->as_table());
            }
        }
        return tables;
    }

    template <typename Labels>
    void run(const toml::table& rule, const std::string& id, Labels labels) {
        const toml::node* node = rule.get("examples");
        if (node == nullptr) {
            return;
        }
        if (!node->is_table()) {
            throw LoadError(node->source(),
                            "\"examples\" must be a table of \"match\" and \"no_match\"");
        }
        const Table examples(*node->as_table(), {"match", "no_match"});
        for (const std::string_view key : {"match", "no_match"}) {
            for (const toml::node* example : examples.list(key, kMaxExamples)) {
                const bool expected = key == "match";
                const std::string text = Table::textOf(*example, key);
                std::vector<std::string> found = labels(*example, text);
                ++proof_.examples;
                if ((std::ranges::find(found, id) != found.end()) != expected) {
                    const toml::source_position at = example->source().begin;
                    proof_.failed.push_back(
                        {id, expected, text, std::move(found), at.line, at.column});
                }
            }
        }
    }

    const RuleSet& rules_;
    RulesProof proof_;
};

}  // namespace

RulesProof proveRules(const toml::table& file, const RuleSet& rules) {
    return Prover(rules).prove(file);
}

}  // namespace chat::analyze
