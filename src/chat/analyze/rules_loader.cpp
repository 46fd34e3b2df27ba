#include "chat/analyze/examples.h"
#include "chat/analyze/rule_set.h"
#include "chat/analyze/rules.h"
#include "chat/analyze/toml_table.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
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
constexpr std::size_t kMaxExpressionBytes = 32 * 1024;  // with its lists

class Loader {
  public:
    std::shared_ptr<const RuleSet> load(const toml::table& file) {
        const Table root(file,
                         {"format",
                          "ignore",
                          "common",
                          "lists",
                          "acknowledgements",
                          "pattern",
                          "announcement",
                          "keyword",
                          "agent"});
        if (file["format"].value<std::int64_t>() != 1) {
            throw LoadError(file.source(), "the file must begin with format = 1");
        }
        loadWords(root, "ignore", rules_->ignored);
        loadWords(root, "common", rules_->common);
        loadLists(root);
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
        return std::move(rules_);
    }

  private:
    static void loadWords(const Table& root, std::string_view key, IgnoredWords& words) {
        for (const toml::node* node : root.list(key, kMaxPhrases)) {
            std::string word;
            appendNormalized(Table::textOf(*node, key), {}, word);
            word = trimmed(word);
            if (word.empty() || word.find(' ') != std::string::npos) {
                throw LoadError(node->source(), fmt::format("\"{}\" must hold single words", key));
            }
            words.insert(word);
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

    /// The expressions of each list, as one: "(?:a|b)". Lists may name other lists.
    void loadLists(const Table& root) {
        const toml::node* node = root.find("lists");
        if (node == nullptr) {
            return;
        }
        if (!node->is_table()) {
            throw LoadError(node->source(), "the lists must be written as [lists]");
        }
        const toml::table& lists = *node->as_table();
        std::vector<std::string> open;
        for (const auto& [key, value] : lists) {
            loadList(lists, std::string(key.str()), value.source(), open);
        }
    }

    /// `open`: the lists that this one is being read for.
    const std::string& loadList(const toml::table& lists,
                                const std::string& name,
                                const toml::source_region& where,
                                std::vector<std::string>& open) {
        if (const auto done = lists_.find(name); done != lists_.end()) {
            return done->second;
        }
        if (lists.get(name) == nullptr) {
            throw LoadError(where, fmt::format("there is no list \"{}\"", printable(name)));
        }
        if (std::ranges::find(open, name) != open.end()) {
            throw LoadError(where, fmt::format("the list \"{}\" holds itself", name));
        }
        open.push_back(name);
        std::string any;
        for (const toml::node* element : Table::elements(*lists.get(name), name, kMaxPhrases)) {
            const std::string text = Table::textOf(*element, name);
            const std::string full = withLists(text, [&](const std::string& inner) {
                return loadList(lists, inner, element->source(), open);
            });
            if (full.size() > kMaxExpressionBytes) {
                throw LoadError(element->source(), "the lists in it make this too long");
            }
            if (const auto why = whyInvalid(text)) {
                throw LoadError(element->source(), printable(*why));
            }
            any += (any.empty() ? "(?:" : "|") + full;
        }
        if (any.empty()) {
            throw LoadError(where, fmt::format("the list \"{}\" is empty", name));
        }
        open.pop_back();
        return lists_[name] = any + ")";
    }

    /// `text` with each {name} replaced; {2,3} is left to the expression.
    template <typename List>
    static std::string withLists(const std::string& text, List list) {
        std::string full;
        std::size_t done = 0;
        for (std::size_t at = text.find('{'); at != std::string::npos;
             at = text.find('{', at + 1)) {
            const std::size_t end = std::min(
                text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + 1), text.size());
            if (end == at + 1 || end == text.size() || text[end] != '}') {
                continue;
            }
            full.append(text, done, at - done).append(list(text.substr(at + 1, end - at - 1)));
            done = end + 1;
        }
        return full.append(text, done);
    }

    /// With a word for each list: the lists are proven by themselves.
    static std::optional<std::string> whyInvalid(const std::string& text) {
        return WordPattern::whyInvalid(
            withLists(text, [](const std::string&) -> std::string { return "x"; }));
    }

    [[nodiscard]] std::vector<std::string> regexes(const Table& table, std::string_view key) const {
        std::vector<std::string> regexes;
        for (const toml::node* node : table.list(key, kMaxRegexes)) {
            regexes.push_back(
                withLists(Table::textOf(*node, key), [&](const std::string& name) -> std::string {
                    const auto list = lists_.find(name);
                    if (list == lists_.end()) {
                        throw LoadError(node->source(),
                                        fmt::format("there is no list \"{}\"", printable(name)));
                    }
                    return list->second;
                }));
            if (regexes.back().size() > kMaxExpressionBytes) {
                throw LoadError(node->source(), "the lists in it make this too long");
            }
            if (const auto why = whyInvalid(Table::textOf(*node, key))) {
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
                           "role_known",
                           "next_speaker",
                           "within_seconds",
                           "position",
                           "min_silence",
                           "max_silence",
                           "confidence",
                           "skip_acknowledgements",
                           "repeats",
                           "phrases",
                           "regexes",
                           "not_phrases",
                           "not_regexes",
                           "then_regexes"});
        Clause clause;
        clause.where =
            table.choice<Side>("where", {{"before", Side::Before}, {"after", Side::After}});
        clause.scope = table.choice<Scope>("scope",
                                           {{"sentence", Scope::Sentence},
                                            {"turn", Scope::Turn},
                                            {"window", Scope::Window},
                                            {"opening", Scope::Opening}});
        if (clause.scope == Scope::Opening && clause.where == Side::After) {
            throw LoadError(table.source(), "an \"opening\" is what was said \"before\"");
        }
        clause.next = table.choice<NextSpeaker>("next_speaker",
                                                {{"any", NextSpeaker::Any},
                                                 {"same", NextSpeaker::Same},
                                                 {"other", NextSpeaker::Other}});
        clause.role = role(table);
        clause.roleKnown = table.flag("role_known");
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
        clause.repeats = static_cast<std::size_t>(table.number("repeats", 0, 1, 20));
        clause.wanted = wanted(table);
        clause.unwanted = unwanted(table);
        clause.then = compiled(table, {}, regexes(table, "then_regexes"));
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
        const Table table(node, {"id", "name", "description", "announces", "when", "examples"});
        RuleInfo head = info(table, rules_->patternInfos);
        PatternRule rule;
        rule.announces = table.flag("announces");
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
        agent.says = table.choice<Role>(
            "says",
            {{"agent", Role::Agent}, {"customer", Role::Customer}, {"neither", Role::Unknown}});
        using Where = AgentClause::Where;
        agent.where = table.choice<Where>("where",
                                          {{"anywhere", Where::Anywhere},
                                           {"opening", Where::Opening},
                                           {"first", Where::First},
                                           {"reply", Where::Reply}});
        agent.weight = table.number("weight", agent.weight, 0.01, 10);
        agent.wanted = wanted(table);
        agent.unwanted = unwanted(table);
        rules_->agents.push_back(std::move(agent));
    }

    std::map<std::string, std::string> lists_;
    std::shared_ptr<RuleSet> rules_ = std::make_shared<RuleSet>();
};

/// Runs all examples of a file whose rules are `rules`.
class Prover {
  public:
    Prover(const toml::table& file, const RuleSet& rules)
        : rules_(rules) {
        patterns(file);
        keywords(file);
    }

    [[nodiscard]] int count() const { return count_; }
    [[nodiscard]] std::vector<FailedExample>& failed() { return failed_; }

  private:
    void patterns(const toml::table& file) {
        std::size_t number = 0;
        for (const toml::table* pattern : tablesOf(file, "pattern")) {
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
        for (const toml::table* keyword : tablesOf(file, "keyword")) {
            const std::size_t rule = number++;
            const std::string& id = rules_.keywordInfos[rule].id;
            run(*keyword, id, [&](const toml::node&, const std::string& text) {
                return hearsKeyword(text, rules_, rule) ? std::vector<std::string>{id}
                                                        : std::vector<std::string>{};
            });
        }
    }

    static std::vector<const toml::table*> tablesOf(const toml::table& file, std::string_view key) {
        std::vector<const toml::table*> tables;
        if (const toml::node* node = file.get(key); node != nullptr) {
            for (const toml::node* element : Table::elements(*node, key, kMaxRules)) {
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
                ++count_;
                if ((std::ranges::find(found, id) != found.end()) != expected) {
                    const toml::source_position at = example->source().begin;
                    failed_.push_back({id, expected, text, std::move(found), at.line, at.column});
                }
            }
        }
    }

    const RuleSet& rules_;
    int count_ = 0;
    std::vector<FailedExample> failed_;
};

tl::unexpected<Error> refused(std::string_view name,
                              std::uint32_t line,
                              std::uint32_t column,
                              std::string_view why) {
    return fail(ErrorCode::CfgFmtRules,
                fmt::format("{}, line {}, column {}: {}", name, line, column, why));
}

/// What `load` makes of the parsed file; its errors with line and column.
template <typename Load>
auto loaded(std::string_view text, std::string_view name, Load load)
    -> Result<decltype(load(std::declval<const toml::table&>()))> {
    if (text.size() > kMaxFileBytes) {
        return fail(ErrorCode::CfgFmtRules,
                    fmt::format("{} is larger than {} bytes", name, kMaxFileBytes));
    }
    try {
        return load(toml::parse(text));
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

}  // namespace

Result<RulesTest> testRules(std::string_view text, std::string_view name) {
    return loaded(text, name, [](const toml::table& file) {
        Rules rules(Loader().load(file));
        Prover prover(file, rules.set());
        return RulesTest{std::move(rules), prover.count(), std::move(prover.failed())};
    });
}

Result<Rules> parseRules(std::string_view text, std::string_view name) {
    auto tested = testRules(text, name);
    if (!tested) {
        return tl::unexpected(tested.error());
    }
    if (!tested->failed.empty()) {
        const FailedExample& first = tested->failed.front();
        return refused(name,
                       first.line,
                       first.column,
                       fmt::format("this example {} \"{}\", against what is written",
                                   first.expected ? "does not get" : "gets",
                                   first.rule));
    }
    return std::move(tested->rules);
}

const Rules& defaultRules() {
    static const Rules rules = [] {
        // Not proved at every start: the tests prove the examples of what ships.
        auto parsed = loaded(defaultRulesText(), "rules.toml", [](const toml::table& file) {
            return Rules(Loader().load(file));
        });
        if (!parsed) {
            throw std::logic_error(parsed.error().what);  // a build that ships this fails its tests
        }
        return std::move(*parsed);
    }();
    return rules;
}

}  // namespace chat::analyze
