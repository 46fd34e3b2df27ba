#include "chat/report/report_json.h"

#include "chat/report/dashboard_page.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

#include "sample_call.h"

namespace chat::report {
namespace {

TEST(ScriptSafe, LeavesNothingThatEndsAScriptElement) {
    const std::string hostile =
        jsonText(Json("</script><!--&\xE2\x80\xA8\xE2\x80\xA9 caf\xC3\xA9"));
    const std::string safe = scriptSafe(hostile);
    EXPECT_EQ(safe, "\"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028\\u2029 caf\xC3\xA9\"");
    EXPECT_EQ(Json::parse(safe), Json::parse(hostile)) << "it still says the same";
}

/// A text of bytes that tend to break things, and of any others.
std::string hostileText(std::mt19937& random) {
    static const std::vector<std::string> kPieces{"</script",
                                                  "<!--",
                                                  "]]>",
                                                  "\xE2\x80\xA8",
                                                  "\xE2\x80\xA9",
                                                  "\"",
                                                  "\\",
                                                  "'",
                                                  "\n",
                                                  "\r",
                                                  std::string(1, '\0'),
                                                  "\xFF",
                                                  "\xED\xA0\x80",
                                                  "&lt;",
                                                  ");alert(1)//",
                                                  "\xF0\x9F\x98\x80",
                                                  "${x}",
                                                  "`",
                                                  "\u007F",
                                                  "a"};
    std::string text;
    for (auto left = random() % 40; left > 0; --left) {
        text += random() % 4 == 0 ? std::string(1, static_cast<char>(random() % 256))
                                  : kPieces[random() % kPieces.size()];
    }
    return text;
}

TEST(CallScript, HoldsAnyTextWithoutLettingItOut) {
    std::mt19937 random(20'261'122);
    for (int round = 0; round < 3000; ++round) {
        const std::string text = hostileText(random);
        const std::string script = callScript(jsonText({{"text", text}}));
        ASSERT_TRUE(script.starts_with("chatCall(\"") && script.ends_with("\");\n")) << round;
        const std::string literal = script.substr(9, script.size() - 12);
        for (const char c : {'<', '>', '&', '\n', '\r', '\0'}) {
            ASSERT_EQ(literal.find(c), std::string::npos) << round;
        }
        for (std::size_t at = literal.find('"', 1); at + 1 < literal.size();
             at = literal.find('"', at + 1)) {
            ASSERT_EQ(literal[at - 1], '\\')
                << "a quotation mark inside the literal is escaped, round " << round;
        }
        const Json back = Json::parse(Json::parse(literal).get<std::string>());
        ASSERT_EQ(back["text"], Json::parse(jsonText(Json(text)))) << round;
    }
}

TEST(JsonText, ReplacesBytesThatAreNotText) {
    EXPECT_EQ(jsonText(Json("a\xFF")), "\"a\xEF\xBF\xBD\"");
}

TEST(CallJson, GivesTimesToTheThousandth) {
    ReportCall call = tests::sampleCall();
    call.analysis.silences[0].start = Seconds{1.0 / 3};
    EXPECT_EQ(Json::parse(callText(call))["silences"][0]["start"], 0.333);
}

TEST(CallJson, SaysWhyACallFailed) {
    const Json json = Json::parse(callText(tests::failedCall()));
    EXPECT_EQ(json["status"], "failed");
    EXPECT_EQ(json["error"]["code"], "AU_DATA_EMPTY");
    EXPECT_FALSE(json["error"]["wayOut"].get<std::string>().empty());
    EXPECT_TRUE(json["metrics"].is_null());
}

TEST(CallJson, NamesFilesAfterHashesAlone) {
    ReportCall call = tests::failedCall();
    call.path = "../../etc/passwd";
    const std::string name = Json::parse(callText(call))["detail"];
    EXPECT_EQ(name.size(), 16U);
    EXPECT_EQ(name.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(CallRowJson, CutsTheEvidenceAtAWord) {
    ReportCall call = tests::sampleCall();
    call.analysis.silences[0].patterns.clear();
    call.analysis.silences[0].before = {
        {1, "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"}};
    EXPECT_EQ(Json::parse(callRowText(call))["silences"][0]["evidence"],
              "\xE2\x80\xA6"
              "six seven eight nine ten eleven twelve thirteen fourteen");
}

TEST(SummaryJson, GivesNoMeansOfNothing) {
    const Json json = summaryJson(Summary(), tests::sampleSettings());
    EXPECT_TRUE(json["meanSilencesPerCall"].is_null());
    EXPECT_EQ(json["callsWithKeyword"][0]["calls"], 0);
}

}  // namespace
}  // namespace chat::report
