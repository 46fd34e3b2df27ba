#include "analysis_options.h"

#include "chat/core/files.h"

namespace chat::cli {

void addAnalysisOptions(CLI::App& command, AnalysisOptions& options) {
    std::vector<std::string> profiles;
    for (const std::string_view name : analyze::silenceProfileNames()) {
        profiles.emplace_back(name);
    }
    command
        .add_option(
            "--profile",
            options.profile,
            "What counts as a silence: default (from 1 s, medium 3, long 8), non-talk (3, 5, 10), "
            "pause (5, 10, 20) or dead-air (10, 20, 30)")
        ->check(CLI::IsMember(profiles))
        ->capture_default_str();
    command
        .add_option(
            "--min-silence", options.minSilence, "Shortest silence; in place of the profile's")
        ->type_name("SECONDS");
    command.add_option("--medium-from", options.mediumFrom, "Silences from here on are medium")
        ->type_name("SECONDS");
    command.add_option("--long-from", options.longFrom, "Silences from here on are long")
        ->type_name("SECONDS");
    command.add_option("--long-hold", options.longHold, "Holds from here on are long (120)")
        ->type_name("SECONDS");
    command.add_option("--context", options.context, "Words shown before and after a silence")
        ->type_name("SECONDS")
        ->capture_default_str();
    command
        .add_option("--agent-channel",
                    options.agentChannel,
                    "Which channel is the agent; auto: the one whose words are an agent's")
        ->check(CLI::IsMember({"left", "right", "auto"}))
        ->capture_default_str();
    command.add_option("--rules", options.rules, "TOML file of patterns and keyword rules")
        ->type_name("FILE");
}

Status readAnalysisOptions(const AnalysisOptions& options, pipeline::RunSettings& settings) {
    analyze::SilenceSettings& silence = settings.analysis.silence;
    silence = analyze::silenceProfile(options.profile).value_or(silence);
    const auto take = [](const std::optional<double>& given, Seconds& value) {
        if (given) {
            value = Seconds{*given};
        }
    };
    take(options.minSilence, silence.minSilence);
    take(options.mediumFrom, silence.mediumFrom);
    take(options.longFrom, silence.longFrom);
    take(options.longHold, silence.longHold);
    silence.context = Seconds{options.context};
    settings.analysis.agentChannel = options.agentChannel == "left" ? analyze::AgentChannel::Left
                                     : options.agentChannel == "right"
                                         ? analyze::AgentChannel::Right
                                         : analyze::AgentChannel::Auto;
    if (auto valid = settings.analysis.validate(); !valid) {
        return valid;
    }
    if (options.rules.empty()) {
        return {};
    }
    auto text = readFile(options.rules, analyze::kLongestRulesFile, ErrorCode::CfgFmtRules);
    if (!text) {
        return tl::unexpected(text.error());
    }
    auto rules = analyze::parseRules(*text, options.rules);
    if (!rules) {
        return tl::unexpected(rules.error());
    }
    settings.rules = std::move(*rules);
    settings.rulesText = std::move(*text);
    return {};
}

}  // namespace chat::cli
