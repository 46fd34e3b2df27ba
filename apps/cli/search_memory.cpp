#include "search_memory.h"

#include "chat/core/files.h"
#include "chat/core/text.h"

#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "json_output.h"
#include "terminal.h"

namespace chat::cli {

namespace {

using source::SavedSearch;
using source::SavedSearches;
using source::SearchFilter;

constexpr const char* kLast = "last";

SavedSearches searches() {
    return SavedSearches(dataFolder() / "searches.json");
}

/// Takes fields from the recalled search, unless one of them was given.
void fill(SearchFilter& given,
          const SearchFilter& recalled,
          std::initializer_list<std::string SearchFilter::*> fields) {
    for (const auto field : fields) {
        if (!(given.*field).empty()) {
            return;
        }
    }
    for (const auto field : fields) {
        given.*field = recalled.*field;
    }
}

int failed(const Error& error) {
    printError(error);
    return error.code == ErrorCode::CfgValSetting ? kExitWrongUse : kExitNothingDone;
}

Json fieldsJson(const SavedSearch& search) {
    Json fields = Json::object();
    for (const source::FilterField& field : source::filterFields()) {
        if (const std::string& value = search.filter.*field.value; !value.empty()) {
            fields[std::string(field.name)] = value;
        }
    }
    return fields;
}

int show(bool json) {
    const auto all = searches().all();
    if (!all) {
        return failed(all.error());
    }
    Json list = Json::array();
    for (const auto& [name, search] : *all) {
        const Json fields = fieldsJson(search);
        list.push_back({{"name", name}, {"anyDay", search.anyDay}, {"fields", fields}});
        std::string words = search.anyDay ? " any day" : "";
        for (const auto& [field, value] : fields.items()) {
            words += fmt::format(" {}={}", field, value.get<std::string>());
        }
        if (!json) {
            fmt::print("  {}:{}\n", printable(name), printable(words.empty() ? " today" : words));
        }
    }
    if (json) {
        printJson({{"searches", list}});
    }
    return kExitDone;
}

}  // namespace

void addSearchMemory(CLI::App& command, SearchMemory& memory) {
    command.add_option("--save", memory.save, "Keep this search by a name")->type_name("NAME");
    command
        .add_option("--saved",
                    memory.saved,
                    "Begin from a kept search, or from the last one: last. What is given beside it "
                    "takes its place")
        ->type_name("NAME");
}

Status recallSearch(const SearchMemory& memory, SavedSearch& given) {
    if (memory.saved.empty()) {
        return {};
    }
    return searches().find(memory.saved).map([&](const SavedSearch& recalled) {
        if (!given.anyDay && given.filter.fromDate.empty() && given.filter.toDate.empty()) {
            given.anyDay = recalled.anyDay;
            given.filter.fromDate = recalled.filter.fromDate;
            given.filter.toDate = recalled.filter.toDate;
        }
        fill(given.filter, recalled.filter, {&SearchFilter::fromTime, &SearchFilter::toTime});
        fill(given.filter,
             recalled.filter,
             {&SearchFilter::chainId, &SearchFilter::storeId, &SearchFilter::agentId});
        for (const auto field : {&SearchFilter::orderId,
                                 &SearchFilter::callSid,
                                 &SearchFilter::telId,
                                 &SearchFilter::custId}) {
            fill(given.filter, recalled.filter, {field});
        }
    });
}

Status rememberSearch(const SearchMemory& memory, const SavedSearch& search) {
    // A search that cannot be recalled has been shown all the same.
    static_cast<void>(searches().save(kLast, search));
    return memory.save.empty() ? Status{} : searches().save(memory.save, search);
}

void addSearches(CLI::App& app, Action& action) {
    CLI::App* command = app.add_subcommand("searches", "Searches that were kept by a name");
    auto forget = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    command->add_option("--forget", *forget, "Forget one")->type_name("NAME");
    command->add_flag("--json", *json, "As JSON");
    command->footer(
        "They are kept with: chat search --save NAME. The last one is called last.\n"
        "Examples:\n  chat searches\n  chat searches --forget 'late calls'");
    command->final_callback([&action, forget, json] {
        action = [forget, json] {
            if (!forget->empty()) {
                const auto forgotten = searches().forget(*forget);
                return forgotten ? static_cast<int>(kExitDone) : failed(forgotten.error());
            }
            return show(*json);
        };
    });
}

}  // namespace chat::cli
