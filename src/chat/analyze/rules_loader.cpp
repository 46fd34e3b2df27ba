#include "chat/analyze/rules_loader.h"

#include "chat/analyze/label_model.h"
#include "chat/analyze/word_lists.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace chat::analyze {

namespace {

constexpr std::size_t kMaxRules = 100;   // of patterns and keywords, each
constexpr std::size_t kMaxClauses = 20;  // per pattern; announcements too
constexpr std::size_t kMaxAgentClauses = 60;

class Loader {
  public:
    explicit Loader(bool proven)
        : proven_(proven)
        , lists_(proven) {}

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
        lists_.load(root);
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

    [[nodiscard]] WordPattern compiled(const Table& table,
                                       const std::vector<std::string>& phrases,
                                       const std::vector<std::string>& regexes) const {
        if (proven_) {
            return WordPattern::proven(phrases, regexes);
        }
        auto pattern = WordPattern::compile(phrases, regexes);
        if (!pattern) {
            throw LoadError(table.source(), printable(pattern.error()));
        }
        return std::move(*pattern);
    }

    [[nodiscard]] WordPattern wanted(const Table& table) const {
        WordPattern pattern =
            compiled(table, phrases(table, "phrases"), lists_.expressions(table, "regexes"));
        if (pattern.empty()) {
            throw LoadError(table.source(), "there must be \"phrases\" or \"regexes\"");
        }
        return pattern;
    }

    [[nodiscard]] WordPattern unwanted(const Table& table) const {
        return compiled(
            table, phrases(table, "not_phrases"), lists_.expressions(table, "not_regexes"));
    }

    static std::optional<Role> role(const Table& table) {
        return table.choice<std::optional<Role>>(
            "role", {{"any", std::nullopt}, {"agent", Role::Agent}, {"customer", Role::Customer}});
    }

    static NextSpeaker nextSpeaker(const Table& table, std::string_view key) {
        return table.choice<NextSpeaker>(key,
                                         {{"any", NextSpeaker::Any},
                                          {"same", NextSpeaker::Same},
                                          {"other", NextSpeaker::Other}});
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
        clause.next = nextSpeaker(table, "next_speaker");
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
        clause.then = compiled(table, {}, lists_.expressions(table, "then_regexes"));
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

    static std::size_t model(const toml::node& node) {
        const std::vector<std::string>& names = LabelModels::shipped().names();
        const auto model = std::ranges::find(names, Table::textOf(node, "model"));
        if (model == names.end()) {
            throw LoadError(
                node.source(),
                fmt::format("\"model\" must be one of \"{}\"", fmt::join(names, "\", \"")));
        }
        return static_cast<std::size_t>(model - names.begin());
    }

    void loadPattern(const toml::table& node) {
        const Table table(
            node,
            {"id", "name", "description", "announces", "expects", "model", "when", "examples"});
        RuleInfo head = info(table, rules_->patternInfos);
        PatternRule rule;
        rule.announces = table.flag("announces");
        rule.expects = nextSpeaker(table, "expects");
        if (const toml::node* name = table.find("model"); name != nullptr) {
            rule.model = model(*name);
            rules_->usesModels = true;
        }
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

    bool proven_;
    WordLists lists_;
    std::shared_ptr<RuleSet> rules_ = std::make_shared<RuleSet>();
};

}  // namespace

std::shared_ptr<const RuleSet> loadRules(const toml::table& file, bool proven) {
    return Loader(proven).load(file);
}

}  // namespace chat::analyze
