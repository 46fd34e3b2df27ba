#include "chat/core/config_keys.h"

#include "chat/core/text.h"
#include "chat/core/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <vector>

namespace chat {

namespace {

constexpr double kDay = 86'400;
constexpr std::size_t kLongestText = 1000;

constexpr std::array kKeys{
    ConfigKey{.name = "store",
              .kind = ConfigKind::File,
              .standard = "",
              .unset = "store.sqlite in the data folder",
              .meaning = "File in which finished work, the queue and errors are kept."},
    ConfigKey{.name = "models",
              .kind = ConfigKind::File,
              .standard = "",
              .unset = "models in the cache folder",
              .meaning = "Folder of speech models."},
    ConfigKey{.name = "workers",
              .kind = ConfigKind::Whole,
              .standard = "0",
              .unset = "",
              .meaning = "Calls, or windows of speech, worked on at once; 0: as many as cores.",
              .least = 0,
              .most = 64},
    ConfigKey{.name = "most-memory",
              .kind = ConfigKind::Whole,
              .standard = "80",
              .unset = "",
              .meaning = "Percent of the memory in use from which on no call is begun.",
              .least = 10,
              .most = 100},
    ConfigKey{.name = "stalled-after",
              .kind = ConfigKind::Number,
              .standard = "10",
              .unset = "",
              .meaning = "Minutes without progress after which a call is taken from its worker, "
                         "which is begun anew.",
              .least = 0.01,
              .most = 1440},
    ConfigKey{.name = "keep-errors",
              .kind = ConfigKind::Whole,
              .standard = "90",
              .unset = "",
              .meaning = "Days for which the store keeps errors.",
              .least = 1,
              .most = 36'500},
    ConfigKey{.name = "model",
              .kind = ConfigKind::Model,
              .standard = "base",
              .unset = "",
              .meaning = "Speech model; auto: the most accurate that suits this machine."},
    ConfigKey{.name = "beam",
              .kind = ConfigKind::Whole,
              .standard = "5",
              .unset = "",
              .meaning = "Width of the search for words; 1 is fastest.",
              .least = 1,
              .most = 20},
    ConfigKey{.name = "language",
              .kind = ConfigKind::Language,
              .standard = "en",
              .unset = "",
              .meaning = "Language spoken; auto: found for each call."},
    ConfigKey{.name = "vocabulary",
              .kind = ConfigKind::File,
              .standard = "",
              .unset = "no names",
              .meaning = "File of names to expect, one a line: stores, products, streets, people."},
    ConfigKey{.name = "profile",
              .kind = ConfigKind::Choice,
              .standard = "default",
              .unset = "",
              .meaning =
                  "What counts as a silence: default (from 1 s, medium 3, long 8), non-talk (3, "
                  "5, 10), pause (5, 10, 20) or dead-air (10, 20, 30).",
              .choices = "default non-talk pause dead-air"},
    ConfigKey{.name = "min-silence",
              .kind = ConfigKind::Number,
              .standard = "",
              .unset = "as the profile says",
              .meaning = "Shortest silence, in seconds.",
              .least = 0.1,
              .most = kDay},
    ConfigKey{.name = "medium-from",
              .kind = ConfigKind::Number,
              .standard = "",
              .unset = "as the profile says",
              .meaning = "Silences from here on are medium, in seconds.",
              .least = 0.1,
              .most = kDay},
    ConfigKey{.name = "long-from",
              .kind = ConfigKind::Number,
              .standard = "",
              .unset = "as the profile says",
              .meaning = "Silences from here on are long, in seconds.",
              .least = 0.1,
              .most = kDay},
    ConfigKey{.name = "long-hold",
              .kind = ConfigKind::Number,
              .standard = "120",
              .unset = "",
              .meaning = "Holds from here on are long, in seconds.",
              .least = 0.1,
              .most = kDay},
    ConfigKey{.name = "context",
              .kind = ConfigKind::Number,
              .standard = "5",
              .unset = "",
              .meaning = "Words shown before and after a silence, in seconds.",
              .least = 0,
              .most = 60},
    ConfigKey{.name = "agent-channel",
              .kind = ConfigKind::Choice,
              .standard = "auto",
              .unset = "",
              .meaning = "Which channel is the agent; auto: the one whose words are an agent's.",
              .choices = "left right auto"},
    ConfigKey{.name = "rules",
              .kind = ConfigKind::File,
              .standard = "",
              .unset = "the rules that ship",
              .meaning = "TOML file of patterns and keyword rules."},
    ConfigKey{.name = "audio",
              .kind = ConfigKind::Choice,
              .standard = "copy",
              .unset = "",
              .meaning =
                  "Sound in the report: a small copy, a link to the recording, or none. `chat "
                  "reanalyze`, which makes no copies, takes link in place of copy.",
              .choices = "copy link none"},
    ConfigKey{.name = "telephony",
              .kind = ConfigKind::File,
              .standard = "",
              .unset = "none",
              .meaning = "TOML file that says where the telephone system is and how it is asked "
                         "(docs/telephony.md)."},
    ConfigKey{.name = "time-zone",
              .kind = ConfigKind::Zone,
              .standard = "",
              .unset = "that of this machine",
              .meaning =
                  "Time zone of the call center: what today is in a search, and the times of "
                  "calls that Twilio has."},
};

/// Levenshtein's distance.
std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

template <typename T>
bool isBetween(std::string_view text, double least, double most) {
    const std::optional<T> value = wholeNumber<T>(text);
    // Written so that a value that is not a number is out of range too.
    return value && static_cast<double>(*value) >= least && static_cast<double>(*value) <= most;
}

bool isLanguage(std::string_view text) {
    return text == "auto" ||
           ((text.size() == 2 || text.size() == 3) &&
            std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; }));
}

bool isFile(std::string_view text) {
    return text.starts_with('/') || text.starts_with("~/");
}

}  // namespace

std::span<const ConfigKey> configKeys() {
    return kKeys;
}

const ConfigKey* findConfigKey(std::string_view name) {
    const auto* found = std::ranges::find(kKeys, name, &ConfigKey::name);
    return found == kKeys.end() ? nullptr : &*found;
}

std::string_view nearestConfigKey(std::string_view name) {
    // A name that long is near to none, and the distance takes the product of both lengths.
    if (name.size() > 2 * kLongestText) {
        return {};
    }
    std::string wanted = lowerAscii(name);
    std::ranges::replace(wanted, '_', '-');
    const auto distance = [&](const ConfigKey& key) { return editDistance(wanted, key.name); };
    const ConfigKey& nearest = *std::ranges::min_element(kKeys, {}, distance);
    return 3 * distance(nearest) <= nearest.name.size() + 1 ? nearest.name : std::string_view{};
}

std::string configVariable(const ConfigKey& key) {
    std::string variable = "CHAT_";
    for (const char c : key.name) {
        variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
    }
    return variable;
}

std::string allowedText(const ConfigKey& key) {
    switch (key.kind) {
        case ConfigKind::Whole:
            return fmt::format("a whole number from {} to {}", key.least, key.most);
        case ConfigKind::Number:
            return fmt::format("a number from {} to {}", key.least, key.most);
        case ConfigKind::Choice: {
            std::string words;
            for (const std::string_view word : split(key.choices, ' ')) {
                words += fmt::format("{}\"{}\"", words.empty() ? "" : ", ", word);
            }
            return "one of " + words;
        }
        case ConfigKind::Language:
            return "a code of two or three small letters, or \"auto\"";
        case ConfigKind::Model:
            return "a name of `chat models list`, \"auto\", or a path that begins with / or ~/";
        case ConfigKind::Zone:
            return "a time zone that this machine knows, such as \"Europe/Berlin\" or \"UTC\"";
        case ConfigKind::File:
            return "a path that begins with / or ~/";
    }
    return {};
}

bool isAllowed(const ConfigKey& key, std::string_view text, bool anywhere) {
    if (text.empty() || text.size() > kLongestText || printable(text) != text) {
        return false;
    }
    switch (key.kind) {
        case ConfigKind::Whole:
            return isBetween<std::int64_t>(text, key.least, key.most);
        case ConfigKind::Number:
            return isBetween<double>(text, key.least, key.most);
        case ConfigKind::Choice:
            return std::ranges::count(split(key.choices, ' '), text) > 0;
        case ConfigKind::Language:
            return isLanguage(text);
        case ConfigKind::Model:
            return anywhere || isFile(text) || text.find('/') == std::string_view::npos;
        case ConfigKind::Zone:
            return isTimeZone(text);
        case ConfigKind::File:
            return anywhere || isFile(text);
    }
    return false;
}

std::string configurationMarkdown() {
    std::string page =
        "# Configuration\n\n"
        "CHAT needs none. What is always to be other than usual can stand in one TOML file: "
        "`~/.config/chat/config.toml`\n"
        "(`$XDG_CONFIG_HOME/chat/config.toml`), or the file that `--config FILE` or `$CHAT_CONFIG` "
        "names.\n\n"
        "    # mistakes are cheap to find: chat config validate\n"
        "    model = \"small\"\n"
        "    stalled-after = 5\n"
        "    rules = \"~/rules.toml\"\n\n"
        "Each setting is named as the option that it stands for. What is said nearest to the work "
        "holds:\n\n"
        "1. an option of the command (`--model small`),\n"
        "2. the environment (`CHAT_MODEL=small`),\n"
        "3. for `chat run` and `chat worker`, what was kept with the batch "
        "(`chat batch settings NAME`): a batch\n"
        "   that was begun one way is not ended another because a file was edited,\n"
        "4. the file,\n"
        "5. what holds where nobody says.\n\n"
        "`chat config show` says what holds and why; `get`, `set`, `validate`, `import`, `export` "
        "and `path` do what\n"
        "they say. `set` keeps the file's comments. A file that cannot be used stops every command "
        "but `chat config`\n"
        "and `chat doctor`, with the line and column, what is allowed there, and the setting that "
        "was probably meant.\n"
        "No setting holds a secret or names a program that is run.\n";
    for (const ConfigKey& key : kKeys) {
        page += fmt::format(
            "\n### {}\n\n"
            "{}\n\n"
            "- Value: {}\n"
            "- Where nobody says: {}\n"
            "- Environment: `{}`\n",
            key.name,
            key.meaning,
            allowedText(key),
            key.standard.empty() ? std::string(key.unset) : fmt::format("`{}`", key.standard),
            configVariable(key));
    }
    return page;
}

}  // namespace chat
