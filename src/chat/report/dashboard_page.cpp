#include "chat/report/dashboard_page.h"

#include <nlohmann/json.hpp>

#include <string_view>
#include <utility>

extern "C" {
extern const char chat_dashboard_begin[];
extern const char chat_dashboard_end[];
}

namespace chat::report {

namespace {
constexpr std::string_view kPlaceholder = "__CHAT_INDEX__";
}

std::string dashboardPage(const Json& summary,
                          const Json& run,
                          const std::string& rows,
                          const ReportSettings& settings) {
    Json patterns = Json::array();
    for (const PatternName& pattern : settings.patterns) {
        patterns.push_back(
            {{"id", pattern.id}, {"name", pattern.name}, {"description", pattern.description}});
    }
    const std::string index = "{\"title\":\"Call analysis\",\"summary\":" + jsonText(summary) +
                              ",\"run\":" + jsonText(run) + ",\"patterns\":" + jsonText(patterns) +
                              ",\"keywordRules\":" + jsonText(Json(settings.keywordRules)) +
                              ",\"calls\":[" + rows + "]}";
    std::string page(chat_dashboard_begin,
                     static_cast<std::size_t>(chat_dashboard_end - chat_dashboard_begin));
    const auto at = page.find(kPlaceholder);
    return page.replace(at, kPlaceholder.size(), scriptSafe(index));
}

std::string callScript(std::string detail) {
    // The literal of a JSON text is itself JSON: a string. JavaScript reads it as the same string.
    // A long call's text is large: no more than two copies of it live at once.
    const std::string literal = jsonText(Json(std::move(detail)));
    return "chatCall(" + scriptSafe(literal) + ");\n";
}

}  // namespace chat::report
