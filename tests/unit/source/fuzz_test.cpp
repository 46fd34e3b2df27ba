#include "chat/core/text.h"
#include "chat/source/asterisk/cdr_records.h"
#include "chat/source/csv.h"
#include "chat/source/file_pattern.h"
#include "chat/source/manifest.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

// Mutations of good inputs by a generator with a fixed seed: a failure is the same at every run. What
// the sanitizers see counts as much as what is asserted.
namespace chat::source {
namespace {

constexpr int kRounds = 20'000;

class Mutator {
  public:
    std::string mutated(std::string text) {
        for (std::size_t n = 1 + random_() % 6; n > 0; --n) {
            const std::size_t at = text.empty() ? 0 : random_() % text.size();
            switch (random_() % 5) {
                case 0:
                    text.insert(at, 1, interesting());
                    break;
                case 1:
                    text.erase(at, 1 + random_() % 4);
                    break;
                case 2:
                    text.insert(at, text.substr(at, random_() % 20));
                    break;
                case 3:
                    text.resize(at);
                    break;
                default:
                    if (!text.empty()) {
                        text[at] = interesting();
                    }
            }
        }
        return text;
    }
    std::size_t below(std::size_t bound) { return random_() % bound; }

  private:
    char interesting() {
        constexpr std::string_view kBytes("\",;\t\r\n\0[]{}:\\u/.*-_0159eE+\xFF\xC3\xA9 aZ", 32);
        return random_() % 4 == 0 ? static_cast<char>(random_())
                                  : kBytes[random_() % kBytes.size()];
    }
    std::mt19937 random_{4711};  // NOLINT(cert-msc51-cpp): fixed on purpose
};

constexpr std::array<std::string_view, 3> kCsv{
    "file,sid,order_id,call_time\na.wav,1,2,2026-11-12T09:41:00\n\"b\n\"\"c.wav\",3,,\n",
    "\xEF\xBB\xBFpath;store;agent\r\nx/y.mp3;N;\"A;nn\"\r\n",
    "recording\tphone\n../z.wav\t+49\n"};
constexpr std::array<std::string_view, 3> kJson{
    R"([{"file": "a.wav", "sid": 1, "call_time": "2026-11-12T09:41:00"}, {"file": "b\u00e9.wav"}])",
    R"({"x": [[1, {"calls": 2}]], "calls": [{"path": "a", "agent": ["b", {"c": null}], "n": -1.5e3}]})",
    R"([])"};
constexpr std::array<std::string_view, 4> kPatterns{"{chain}_{store}_{agent}_{date}_{time}_{sid}",
                                                    "{date}{time}",
                                                    "{*}/{order}-{phone}",
                                                    "[({sid})]"};
constexpr std::array<std::string_view, 4> kPaths{
    "/c/roma_north_ann_20261112_094107_CA1.wav", "20261112094107", "/x/4711-030.mp3", "[(7)].a.b"};

void expectSound(const Result<Manifest>& manifest, const std::string& input) {
    if (!manifest) {
        ASSERT_EQ(manifest.error().code, ErrorCode::CfgFmtManifest) << input;
        ASSERT_NE(manifest.error().what.find(", line "), std::string::npos) << input;
        return;
    }
    for (const ManifestEntry& entry : manifest->entries) {
        ASSERT_FALSE(entry.file.empty()) << input;
        ASSERT_EQ(entry.file.find('\0'), std::string::npos) << input;
        ASSERT_GE(entry.line, 1) << input;
        ASSERT_EQ(validUtf8(entry.attributes.agent), entry.attributes.agent) << input;
        const std::size_t time = entry.attributes.startedAt.size();
        ASSERT_TRUE(time == 0 || time == 19 || time == 20 || time == 25) << input;
    }
}

TEST(Fuzz, CsvNeverDoesMoreThanSayNo) {
    Mutator mutator;
    for (int round = 0; round < kRounds; ++round) {
        const std::string input = mutator.mutated(std::string(kCsv[mutator.below(kCsv.size())]));
        expectSound(parseManifest(input, "calls"), input);
        const auto rows = parseCsv(input, "calls");
        if (!rows) {
            ASSERT_EQ(rows.error().code, ErrorCode::CfgFmtManifest) << input;
        }
    }
}

TEST(Fuzz, CallRecordsNeverDoMoreThanSayNo) {
    constexpr std::array<std::string_view, 2> kRecords{
        "\"\",\"100\",\"200\",\"default\",\"\"\"Alice "
        "<100>\"\"\",\"SIP/alice-0\",\"SIP/bob-1\",\"Dial\",\"\","
        "\"2013-03-04 13:11:18\",,,70,60,\"ANSWERED\",\"DOCUMENTATION\",\"A-1362424276.2\",\"\"\n",
        "calldate,src,dst,uniqueid,recordingfile\n2020-02-22 "
        "16:18:29,200,1,1582406309.760,a/b.wav\n"};
    Mutator mutator;
    for (int round = 0; round < kRounds; ++round) {
        const std::string input =
            mutator.mutated(std::string(kRecords[mutator.below(kRecords.size())]));
        const auto records = parseCdr(input, "Master.csv");
        if (!records) {
            ASSERT_EQ(records.error().code, ErrorCode::CfgFmtManifest) << input;
            continue;
        }
        for (const CdrRecord& record : *records) {
            ASSERT_FALSE(record.uniqueId.empty()) << input;
        }
    }
}

TEST(Fuzz, JsonNeverDoesMoreThanSayNo) {
    Mutator mutator;
    for (int round = 0; round < kRounds; ++round) {
        const std::string input = mutator.mutated(std::string(kJson[mutator.below(kJson.size())]));
        expectSound(parseManifest(input, "calls"), input);
    }
}

TEST(Fuzz, PatternsNeverDoMoreThanSayNo) {
    Mutator mutator;
    int accepted = 0;
    for (int round = 0; round < kRounds / 4; ++round) {
        std::string text(kPatterns[mutator.below(kPatterns.size())]);
        text = round % 2 == 0 ? text : mutator.mutated(text);
        const auto pattern = FilePattern::parse(text);
        if (!pattern) {
            ASSERT_EQ(pattern.error().code, ErrorCode::CfgValSetting) << text;
            continue;
        }
        ++accepted;
        const std::string path = mutator.mutated(std::string(kPaths[mutator.below(kPaths.size())]));
        if (const auto call = pattern->match(path)) {
            ASSERT_TRUE(call->startedAt.empty() || call->startedAt.size() == 19U) << path;
        }
    }
    EXPECT_GT(accepted, kRounds / 8);
}

}  // namespace
}  // namespace chat::source
