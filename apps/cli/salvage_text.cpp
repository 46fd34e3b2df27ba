#include "salvage_text.h"

#include "chat/core/clock.h"
#include "chat/core/text.h"

#include <fmt/format.h>

#include "terminal.h"

namespace chat::cli {

namespace {

/// More lost calls than this are counted only; --json names all.
constexpr std::size_t kMostCalls = 40;

/// The words for what a stage found.
std::string lostText(const store::LostCall& call) {
    std::string text;
    for (const std::string& one : call.what) {
        text += (text.empty() ? "" : ", ");
        text += one == "call"         ? "what was known of the call"
                : one == "audio"      ? "sound"
                : one == "transcribe" ? "words"
                                      : "analysis";
    }
    return text;
}

}  // namespace

std::string salvageText(const store::SalvageOutcome& outcome) {
    std::string text = "  The store was damaged. What could be read is in a new one:\n\n";
    for (const store::SalvagedTable& table : outcome.tables) {
        text += fmt::format("  {:<20}{:>9} rows\n", table.name, table.rows);
    }
    text += "\n";
    if (outcome.pagesMissing > 0) {
        text += fmt::format("  The file was cut; {} pages are missing at its end.\n",
                            outcome.pagesMissing);
    }
    if (outcome.rowsRefused > 0) {
        text += fmt::format("  {} broken rows were left out.\n", outcome.rowsRefused);
    }
    if (outcome.lost.empty()) {
        text += "  No call and no result is known to be lost.\n";
    } else {
        text += fmt::format("  Lost of {} calls:\n", outcome.lost.size());
        for (std::size_t i = 0; i < std::min(outcome.lost.size(), kMostCalls); ++i) {
            text += fmt::format(
                "    {}: {}\n", printable(outcome.lost[i].sid), lostText(outcome.lost[i]));
        }
        if (outcome.lost.size() > kMostCalls) {
            text += fmt::format("    and of {} more; --json names all\n",
                                outcome.lost.size() - kMostCalls);
        }
        text += "  Analyzing these recordings again makes it again.\n";
    }
    return text +
           fmt::format("  The damaged file is kept as {}\n", printable(outcome.damaged.string()));
}

Json salvageJson(const store::SalvageOutcome& outcome) {
    Json tables = Json::array();
    for (const store::SalvagedTable& table : outcome.tables) {
        tables.push_back({{"table", table.name}, {"rows", table.rows}});
    }
    Json lost = Json::array();
    for (const store::LostCall& call : outcome.lost) {
        lost.push_back({{"sid", call.sid}, {"lost", call.what}});
    }
    return {{"damaged", outcome.damaged.string()},
            {"tables", std::move(tables)},
            {"lost", std::move(lost)},
            {"rowsRefused", outcome.rowsRefused},
            {"pagesMissing", outcome.pagesMissing}};
}

Status makeUsable(const std::filesystem::path& store) {
    const SystemClock clock;
    return store::salvageIfDamaged(store, clock)
        .map([](const std::optional<store::SalvageOutcome>& outcome) {
            if (outcome) {
                fmt::print(stderr, "{}\n", salvageText(*outcome));
            }
        });
}

}  // namespace chat::cli
