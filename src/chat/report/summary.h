#pragma once

#include "chat/report/report_model.h"

#include <map>
#include <string>
#include <vector>

namespace chat::report {

struct SilenceGroup {
    std::string id;
    int count = 0;
    Seconds length{};
};

/// The figures of a whole report (specification 9.6), gathered call by call.
class Summary {
  public:
    void add(const ReportCall& call);

    int total = 0;
    int processed = 0;
    int failed = 0;
    int callsWithSilence = 0;
    int silences = 0;
    Seconds duration{};
    Seconds silence{};
    Seconds deadAir{};
    Seconds talk{};

    [[nodiscard]] int callsWithKeyword(const std::string& rule) const;
    /// short, medium, long.
    [[nodiscard]] std::vector<SilenceGroup> byCategory() const;
    /// By each silence's best pattern, most seconds first; `unexplained` for none.
    [[nodiscard]] std::vector<SilenceGroup> byPattern() const;

  private:
    std::map<std::string, int> keywordCalls_;
    std::vector<SilenceGroup> categories_{{name(SilenceCategory::Short)},
                                          {name(SilenceCategory::Medium)},
                                          {name(SilenceCategory::Long)}};
    std::map<std::string, SilenceGroup> patterns_;
};

}  // namespace chat::report
