#include "chat/source/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/temporary_folder.h"

namespace chat::source {
namespace {

using testing::HasSubstr;

Manifest parsed(std::string_view text) {
    auto manifest = parseManifest(text, "calls");
    EXPECT_TRUE(manifest) << manifest.error().what;
    return manifest ? std::move(*manifest) : Manifest{};
}

std::string errorOf(std::string_view text) {
    const auto manifest = parseManifest(text, "calls");
    EXPECT_FALSE(manifest);
    if (manifest) {
        return {};
    }
    EXPECT_EQ(manifest.error().code, ErrorCode::CfgFmtManifest);
    return manifest.error().what;
}

std::vector<std::string> texts(const Manifest& manifest) {
    std::vector<std::string> all;
    for (const Warning& warning : manifest.warnings) {
        EXPECT_EQ(warning.code, ErrorCode::CfgValManifestEntry);
        all.push_back(warning.text);
    }
    return all;
}

void expectTheCall(const Manifest& manifest) {
    ASSERT_EQ(manifest.entries.size(), 1U);
    EXPECT_EQ(manifest.entries[0].file, "a/b.wav");
    const CallAttributes& call = manifest.entries[0].attributes;
    EXPECT_EQ(call.sid, "CA1");
    EXPECT_EQ(call.orderId, "4711");
    EXPECT_EQ(call.chain, "Roma");
    EXPECT_EQ(call.store, "North, upper floor");
    EXPECT_EQ(call.agent, "Ann");
    EXPECT_EQ(call.startedAt, "2026-11-12T09:41:00");
    EXPECT_EQ(call.phone, "+49 30 1234");
    EXPECT_TRUE(manifest.warnings.empty());
}

TEST(Manifest, ReadsCsv) {
    expectTheCall(parsed(
        "file,sid,order_id,chain,store,agent,call_time,phone,remark\n"
        "a/b.wav,CA1,4711,Roma,\"North, upper floor\",Ann,2026-11-12 09:41,+49 30 1234,x\n"));
}

TEST(Manifest, ReadsJson) {
    const std::string entry =
        R"({"file": "a/b.wav", "sid": "CA1", "orderId": 4711, "chain": "Roma", "phone": "+49 30 1234",
            "store": "North, upper floor", "agent": "Ann", "startedAt": "2026-11-12T09:41:00",
            "tags": {"of": ["no", "interest"]}, "agent_name": null})";
    expectTheCall(parsed("[" + entry + "]"));
    expectTheCall(parsed(R"({"version": [1], "calls": [)" + entry + R"(], "x": {"calls": []}})"));
    expectTheCall(parsed("\xEF\xBB\xBF\n [" + entry + "]"));
}

TEST(Manifest, KnowsItsColumnsByManyNames) {
    expectTheCall(parsed(
        "Recording;Call SID;ORDER;Chain_Name;store name;AgentName;Started-At;customer_phone\n"
        "a/b.wav;CA1;4711;Roma;North, upper floor;Ann;2026-11-12T09:41;+49 30 1234\n"));
}

TEST(Manifest, EntriesKnowTheirLine) {
    const Manifest csv = parsed("file,agent\na.wav,\"An\nn\"\n\nb.wav,Ben\n");
    ASSERT_EQ(csv.entries.size(), 2U);
    EXPECT_EQ(csv.entries[0].line, 2);
    EXPECT_EQ(csv.entries[1].line, 5);
    const Manifest json = parsed("[\n{\"file\": \"a.wav\"},\n\n{\n\"file\": \"b.wav\"}]");
    ASSERT_EQ(json.entries.size(), 2U);
    EXPECT_EQ(json.entries[0].line, 2);
    EXPECT_EQ(json.entries[1].line, 4);
}

TEST(Manifest, NamesWhatItCannotUseAndGoesOn) {
    const Manifest manifest = parsed(
        "file,sid,call_time,agent\n"
        "a.wav,1,2026-02-30 10:00,Ann\n"
        ",2,,Ben\n"
        "c.wav,1,,Cid\n"
        "a.wav,3,,Ann\n"
        "d.wav,4,,Dee,more\n"
        "e.wav,5\n"
        "f.wav,6,,\xFF\n");
    EXPECT_THAT(texts(manifest),
                testing::ElementsAre(
                    "calls, line 2: call_time is not a date and time such as 2026-11-12T09:41:00.",
                    "calls, line 3: no file is named.",
                    "calls, line 4: the sid stands on line 2 already and is left out here.",
                    "calls, line 5: the file is named on line 2 already.",
                    HasSubstr("calls, line 6: there are 5 fields where the header has 4"),
                    HasSubstr("calls, line 8: agent is not UTF-8")));
    ASSERT_EQ(manifest.entries.size(), 4U);
    EXPECT_EQ(manifest.entries[0].attributes.agent, "Ann");
    EXPECT_EQ(manifest.entries[0].attributes.startedAt, "");
    EXPECT_EQ(manifest.entries[1].attributes.agent, "Cid");
    EXPECT_EQ(manifest.entries[1].attributes.sid, "");
    EXPECT_EQ(manifest.entries[2].attributes.sid, "5") << "a short line has empty fields";
    EXPECT_EQ(manifest.entries[3].attributes.agent, "\xEF\xBF\xBD");
}

TEST(Manifest, JsonValuesOfTheWrongKindAreLeftOut) {
    const Manifest manifest = parsed(
        "[{\"file\": \"a.wav\",\n\"sid\": true, \"agent\": [\"x\"],\n\"store\": {\"name\": "
        "\"N\"}},\n"
        "{\"file\": \"b\\u0000.wav\"}, {\"file\": \"c.wav\", \"chain\": \"\\u0000\"}]");
    EXPECT_THAT(
        texts(manifest),
        testing::ElementsAre("calls, line 2: sid is neither a text nor a number.",
                             "calls, line 2: agent is neither a text nor a number.",
                             "calls, line 3: store is neither a text nor a number.",
                             HasSubstr("line 4: the file's name is not one"),
                             "calls, line 4: no file is named.",
                             HasSubstr("line 4: chain is longer than 500 bytes or has a zero")));
    ASSERT_EQ(manifest.entries.size(), 2U);
    EXPECT_EQ(manifest.entries[0].attributes.agent, "");
    EXPECT_EQ(manifest.entries[0].attributes.store, "") << "nor is what lies inside";
}

TEST(Manifest, SaysWhereItIsBroken) {
    EXPECT_EQ(errorOf("sid,agent\n1,Ann\n"),
              "calls, line 1, column 1: the header has no column named file");
    EXPECT_THAT(errorOf(""), HasSubstr("line 1, column 1"));
    EXPECT_THAT(errorOf("file\n\"a"), HasSubstr("line 2, column 1"));
    EXPECT_EQ(errorOf("[\n {\"file\": \"a.wav\",}\n]"),
              "calls, line 2, column 19: this is not JSON from here on");
    EXPECT_THAT(errorOf("[{\"file\": \"a.wav\"}"), HasSubstr("not JSON"));
    EXPECT_THAT(errorOf("[\n\"a.wav\"]"), HasSubstr("line 2, column 7: an entry is not an object"));
    EXPECT_THAT(errorOf("[[1]]"), HasSubstr("an entry is not an object"));
    EXPECT_THAT(errorOf("{\"files\": []}"), HasSubstr("there is no array of calls"));
    EXPECT_THAT(errorOf("[{\"x\": 1e999}]"), HasSubstr("not JSON"));
}

TEST(Manifest, HasBounds) {
    EXPECT_THAT(errorOf("[{\"x\":" + std::string(100'000, '[')),
                HasSubstr("nested deeper than 16"));
    EXPECT_THAT(texts(parsed("file,agent\na.wav," + std::string(501, 'x'))),
                testing::ElementsAre(HasSubstr("longer than 500 bytes")));
    EXPECT_THAT(texts(parsed("file\n" + std::string(5'000, 'x'))),
                testing::Contains(HasSubstr("not one that a file can have")));
    std::string many = "file,call_time\n";
    for (int i = 0; i < 1'000; ++i) {
        many += std::to_string(i) + ".wav,today\n";
    }
    const Manifest manifest = parsed(many);
    EXPECT_EQ(manifest.entries.size(), 1'000U);
    ASSERT_EQ(manifest.warnings.size(), 101U);
    EXPECT_EQ(manifest.warnings.back().text, "calls: 900 further values or lines cannot be used.");
}

TEST(Manifest, IsReadFromAFile) {
    const tests::TemporaryFolder folder;
    EXPECT_EQ(readManifest(folder.file("calls.csv", "file\na.wav\n"))->entries.size(), 1U);
    EXPECT_EQ(readManifest(folder.path() / "none.csv").error().code, ErrorCode::SysDataPathMissing);
    EXPECT_EQ(readManifest(folder.path()).error().code, ErrorCode::SysFmtNotAFile);
}

}  // namespace
}  // namespace chat::source
