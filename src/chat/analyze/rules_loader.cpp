#include "chat/analyze/examples.h"
#include "chat/analyze/rule_set.h"
#include "chat/analyze/rules.h"
#include "chat/analyze/toml_table.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace chat::analyze {

namespace {

constexpr std::size_t kMaxFileBytes = 256 * 1024;
constexpr std::size_t kMaxRules = 100;   // of patterns and keywords, each
constexpr std::size_t kMaxClauses = 20;  // per pattern; announcements too
constexpr std::size_t kMaxAgentClauses = 60;
constexpr std::size_t kMaxPhrases = 200;
constexpr std::size_t kMaxRegexes = 50;
constexpr std::size_t kMaxExamples = 200;

class Loader {
  public:
    std::shared_ptr<const RuleSet> load(const toml::table& file) {
        const Table root(file,
                         {"format",
                          "ignore",
                          "acknowledgements",
                          "pattern",
                          "announcement",
                          "keyword",
                          "agent"});
        if (file["format"].value<std::int64_t>() != 1) {
            throw LoadError(file.source(), "the file must begin with format = 1");
        }
        loadIgnored(root);
        rules_->acknowledgements = compiled(root, phrases(root, "acknowledgements"), {});
        for (const toml::table* table : root.tables("announcement", kMaxClauses)) {
            rules_->announcements.push_back(clause(*table));
        }
        for (const toml::table* table : root.tables("agent", kMaxAgentClauses)) {
            loadAgent(*table);
        }
        for (const toml::table* table : root.tables("pattern", kMaxRules)) {
            loadPattern(*table);
        }
        for (const toml::table* table : root.tables("keyword", kMaxRules)) {
            loadKeyword(*table);
        }
        proveExamples(root);
        return std::move(rules_);
    }

  private:
    void loadIgnored(const Table& root) {
        for (const toml::node* node : root.list("ignore", kMaxPhrases)) {
            std::string word;
            appendNormalized(Table::textOf(*node, "ignore"), {}, word);
            word = trimmed(word);
            if (word.empty() || word.find(' ') != std::string::npos) {
                throw LoadError(node->source(), "\"ignore\" must hold single words");
            }
            rules_->ignored.insert(word);
        }
    }

    [[nodiscard]] std::vector<std::string> phrases(const Table& table, std::string_view key) const {
        std::vector<std::string> phrases;
        for (const toml::node* node : table.list(key, kMaxPhrases)) {
            phrases.push_back(Table::textOf(*node, key));
            std::string kept;
            std::string all;
            appendNormalized(phrases.back(), rules_->ignored, kept);
            appendNormalized(phrases.back(), {}, all);
            if (all.empty()) {
                throw LoadError(node->source(), "this phrase holds no word");
            }
            if (kept != all) {
                throw LoadError(node->source(),
                                "this phrase holds a word that \"ignore\" leaves out");
            }
        }
        return phrases;
    }

    static std::vector<std::string> regexes(const Table& table, std::string_view key) {
        std::vector<std::string> regexes;
        for (const toml::node* node : table.list(key, kMaxRegexes)) {
            regexes.push_back(Table::textOf(*node, key));
            if (const auto why = WordPattern::whyInvalid(regexes.back())) {
                throw LoadError(node->source(), printable(*why));
            }
        }
        return regexes;
    }

    static WordPattern compiled(const Table& table,
                                const std::vector<std::string>& phrases,
                                const std::vector<std::string>& regexes) {
        auto pattern = WordPattern::compile(phrases, regexes);
        if (!pattern) {
            throw LoadError(table.source(), printable(pattern.error()));
        }
        return std::move(*pattern);
    }

    [[nodiscard]] WordPattern wanted(const Table& table) const {
        WordPattern pattern = compiled(table, phrases(table, "phrases"), regexes(table, "regexes"));
        if (pattern.empty()) {
            throw LoadError(table.source(), "there must be \"phrases\" or \"regexes\"");
        }
        return pattern;
    }

    [[nodiscard]] WordPattern unwanted(const Table& table) const {
        return compiled(table, phrases(table, "not_phrases"), regexes(table, "not_regexes"));
    }

    static std::optional<Role> role(const Table& table) {
        return table.choice<std::optional<Role>>(
            "role", {{"any", std::nullopt}, {"agent", Role::Agent}, {"customer", Role::Customer}});
    }

    Clause clause(const toml::table& node) {
        const Table table(node,
                          {"where",
                           "scope",
                           "role",
                           "within_seconds",
                           "position",
                           "min_silence",
                           "max_silence",
                           "confidence",
                           "skip_acknowledgements",
                           "phrases",
                           "regexes",
                           "not_phrases",
                           "not_regexes"});
        Clause clause;
        clause.where =
            table.choice<Side>("where", {{"before", Side::Before}, {"after", Side::After}});
        clause.scope = table.choice<Scope>(
            "scope",
            {{"sentence", Scope::Sentence}, {"turn", Scope::Turn}, {"window", Scope::Window}});
        clause.role = role(table);
        clause.within = Seconds{table.number("within_seconds", clause.within.count(), 0.1, 60)};
        if (table.find("position") != nullptr) {
            clause.positions = {};
            for (const toml::node* place : table.list("position", 3)) {
                clause.positions[Table::chosen<std::size_t>(
                    *place, "position", {{"start", 0}, {"middle", 1}, {"end", 2}})] = true;
            }
        }
        clause.minSilence =
            Seconds{table.number("min_silence", clause.minSilence.count(), 0, 86400)};
        clause.maxSilence =
            Seconds{table.number("max_silence", clause.maxSilence.count(), 0, 86400)};
        clause.confidence = table.number("confidence", clause.confidence, 0.01, 1);
        clause.skipAcknowledgements = table.flag("skip_acknowledgements");
        clause.wanted = wanted(table);
        clause.unwanted = unwanted(table);
        return clause;
    }

    RuleInfo info(const Table& table, const std::vector<RuleInfo>& others) {
        RuleInfo info{table.text("id"), table.text("name"), table.text("description")};
        const auto allowed = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        };
        const toml::source_region& where = table.find("id")->source();
        if (!std::ranges::all_of(info.id, allowed) || info.id.size() > 60) {
            throw LoadError(where, "an id holds at most 60 of a-z, 0-9 and _");
        }
        if (info.id == "unexplained") {
            throw LoadError(where, "the id \"unexplained\" stands for silences without a pattern");
        }
        if (std::ranges::find(others, info.id, &RuleInfo::id) != others.end()) {
            throw LoadError(where, fmt::format("the id \"{}\" is used twice", info.id));
        }
        return info;
    }

    void loadPattern(const toml::table& node) {
        const Table table(node, {"id", "name", "description", "when", "examples"});
        RuleInfo head = info(table, rules_->patternInfos);
        PatternRule rule;
        for (const toml::table* when : table.tables("when", kMaxClauses)) {
            rule.when.push_back(clause(*when));
        }
        if (rule.when.empty()) {
            throw LoadError(table.source(), "a pattern needs at least one [[pattern.when]]");
        }
        rules_->patternInfos.push_back(std::move(head));
        rules_->patterns.push_back(std::move(rule));
    }

    void loadKeyword(const toml::table& node) {
        const Table table(node,
                          {"id",
                           "name",
                           "description",
                           "role",
                           "phrases",
                           "regexes",
                           "not_phrases",
                           "not_regexes",
                           "examples"});
        RuleInfo head = info(table, rules_->keywordInfos);
        rules_->keywords.push_back({role(table), wanted(table), unwanted(table)});
        rules_->keywordInfos.push_back(std::move(head));
    }

    void loadAgent(const toml::table& node) {
        const Table table(
            node, {"says", "where", "weight", "phrases", "regexes", "not_phrases", "not_regexes"});
        AgentClause agent;
        agent.says =
            table.choice<Role>("says", {{"agent", Role::Agent}, {"customer", Role::Customer}});
        using Where = AgentClause::Where;
        agent.where = table.choice<Where>(
            "where",
            {{"anywhere", Where::Anywhere}, {"opening", Where::Opening}, {"first", Where::First}});
        agent.weight = table.number("weight", agent.weight, 0.01, 10);
        agent.wanted = wanted(table);
        agent.unwanted = unwanted(table);
        rules_->agents.push_back(std::move(agent));
    }

    void proveExamples(const Table& root) {
        const auto patterns = root.tables("pattern", kMaxRules);
        for (std::size_t i = 0; i < patterns.size(); ++i) {
            prove(*patterns[i],
                  rules_->patternInfos[i].id,
                  [&](const toml::node& node, const std::string& text) {
                      const auto example = parseExample(text);
                      if (!example) {
                          throw LoadError(node.source(), "this example " + example.error());
                      }
                      const Silence silence = labelExample(*example, *rules_);
                      return std::ranges::find(silence.patterns,
                                               rules_->patternInfos[i].id,
                                               &PatternMatch::id) != silence.patterns.end();
                  });
        }
        const auto keywords = root.tables("keyword", kMaxRules);
        for (std::size_t i = 0; i < keywords.size(); ++i) {
            prove(*keywords[i],
                  rules_->keywordInfos[i].id,
                  [&](const toml::node&, const std::string& text) {
                      return hearsKeyword(text, *rules_, i);
                  });
        }
    }

    template <typename Labels>
    static void prove(const toml::table& rule, const std::string& id, Labels labels) {
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
                if (labels(*example, Table::textOf(*example, key)) != expected) {
                    throw LoadError(example->source(),
                                    fmt::format("this example {} \"{}\", against what is written",
                                                expected ? "does not get" : "gets",
                                                id));
                }
            }
        }
    }

    std::shared_ptr<RuleSet> rules_ = std::make_shared<RuleSet>();
};

tl::unexpected<Error> refused(std::string_view name,
                              toml::source_index line,
                              toml::source_index column,
                              std::string_view why) {
    return fail(ErrorCode::CfgFmtRules,
                fmt::format("{}, line {}, column {}: {}", name, line, column, why));
}

}  // namespace

Result<Rules> parseRules(std::string_view text, std::string_view name) {
    if (text.size() > kMaxFileBytes) {
        return fail(ErrorCode::CfgFmtRules,
                    fmt::format("{} is larger than {} bytes", name, kMaxFileBytes));
    }
    try {
        const toml::table file = toml::parse(text);
        return Rules(Loader().load(file));
    } catch (const LoadError& error) {
        return refused(name, error.line, error.column, error.what());
    } catch (const toml::parse_error& error) {
        const toml::source_position at = error.source().begin;
        return refused(name, at.line, at.column, printable(error.description()));
    } catch (const std::exception& error) {
        return fail(
            ErrorCode::CfgFmtRules, fmt::format("{} could not be read", name), error.what());
    }
}

const Rules& defaultRules() {
    static const Rules rules = [] {
        auto parsed = parseRules(defaultRulesText(), "rules.toml");
        if (!parsed) {
            throw std::logic_error(parsed.error().what);  // a build that ships this fails its tests
        }
        return std::move(*parsed);
    }();
    return rules;
}

}  // namespace chat::analyze
