#include "chat/report/report_writer.h"

#include "chat/core/files.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes/temporary_folder.h"
#include "sample_call.h"

namespace chat::report {
namespace {

namespace fs = std::filesystem;

class ReportWriterTest : public testing::Test {
  protected:
    std::unique_ptr<ReportWriter> begin() {
        auto writer = ReportWriter::begin(target_, tests::sampleSettings());
        EXPECT_TRUE(writer) << writer.error().what;
        return std::move(*writer);
    }
    void write(const std::vector<ReportCall>& calls) {
        auto writer = begin();
        for (const ReportCall& call : calls) {
            ASSERT_TRUE(writer->add(call));
        }
        ASSERT_TRUE(writer->finish(tests::sampleRun()));
    }
    [[nodiscard]] std::string content(const fs::path& name) const {
        return readFile(target_ / name, 1 << 26, ErrorCode::SysUnkGenericError).value();
    }
    [[nodiscard]] std::size_t entries(const fs::path& folder) const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
    }

    chat::tests::TemporaryFolder folder_;
    fs::path target_ = folder_.path() / "report";
};

TEST_F(ReportWriterTest, WritesEveryPartForTheOwnerAlone) {
    write({tests::sampleCall(), tests::failedCall()});
    const auto report = nlohmann::json::parse(content("report.json"));
    EXPECT_EQ(report["calls"].size(), 2U);
    EXPECT_EQ(report["summary"]["total"], 2);
    EXPECT_EQ(report["run"]["model"], "base");
    EXPECT_NE(content("calls.csv").find("\r\n,,,"), std::string::npos);
    EXPECT_NE(content("silences.csv").find("post_question"), std::string::npos);
    for (const auto& entry : fs::recursive_directory_iterator(target_)) {
        const auto expected = entry.is_directory() ? fs::perms::owner_all
                                                   : fs::perms::owner_read | fs::perms::owner_write;
        EXPECT_EQ(entry.status().permissions(), expected) << entry.path();
    }
    EXPECT_EQ(entries(folder_.path()), 1U) << "nothing is left beside the report";
}

TEST_F(ReportWriterTest, ACallFileIsOneCallWithOneLiteral) {
    ReportCall call = tests::sampleCall();
    call.attributes.agent = "</script><script>alert(1)</script>\xE2\x80\xA8\"'\\";
    write({call});
    const std::string script = content(fs::path("calls") / (detailName(call) + ".js"));
    ASSERT_TRUE(script.starts_with("chatCall(\"") && script.ends_with("\");\n"));
    EXPECT_EQ(script.find('<'), std::string::npos);
    const std::string literal = script.substr(9, script.size() - 12);
    const auto detail = nlohmann::json::parse(nlohmann::json::parse(literal).get<std::string>());
    EXPECT_EQ(detail["call"]["agent"], call.attributes.agent);
    EXPECT_EQ(detail["peaks"]["channels"][1][2], 255);
}

TEST_F(ReportWriterTest, ThePageHoldsItsIndexAsSafeText) {
    ReportCall call = tests::sampleCall();
    call.attributes.store = "</script><b>";
    write({call});
    const std::string page = content("index.html");
    EXPECT_EQ(page.find("__CHAT_INDEX__"), std::string::npos);
    EXPECT_EQ(page.find("</script><b>"), std::string::npos);
    EXPECT_NE(page.find("\\u003c/script\\u003e\\u003cb\\u003e"), std::string::npos);
}

TEST_F(ReportWriterTest, EqualCallsGiveEqualBytes) {
    write({tests::sampleCall()});
    const std::string first = content("report.json") + content("index.html") + content("calls.csv");
    write({tests::sampleCall()});
    EXPECT_EQ(content("report.json") + content("index.html") + content("calls.csv"), first);
}

TEST_F(ReportWriterTest, ReplacesAnEarlierReportAndNothingElse) {
    write({tests::sampleCall(), tests::failedCall()});
    write({tests::failedCall()});
    EXPECT_EQ(entries(target_ / "calls"), 1U) << "no file of the earlier report stays";

    const fs::path foreign = folder_.file("foreign/thesis.doc", "years of work").parent_path();
    EXPECT_EQ(ReportWriter::begin(foreign, {}).error().code, ErrorCode::RpStateFolderNotEmpty);
    EXPECT_EQ(ReportWriter::begin(foreign / "thesis.doc", {}).error().code,
              ErrorCode::RpStateFolderNotEmpty);
    EXPECT_TRUE(fs::exists(foreign / "thesis.doc"));
}

TEST_F(ReportWriterTest, AnUnfinishedReportLeavesTheEarlierOne) {
    write({tests::sampleCall()});
    const std::string before = content("report.json");
    {
        auto writer = begin();
        ASSERT_TRUE(writer->add(tests::failedCall()));
    }
    EXPECT_EQ(content("report.json"), before);
    EXPECT_EQ(entries(folder_.path()), 1U);
}

TEST_F(ReportWriterTest, WhatAKilledRunLeftGoesWhenTheNextBegins) {
    const pid_t killed = ::fork();
    if (killed == 0) {
        const auto writer = begin();
        ::_exit(writer->add(tests::sampleCall()) ? 0 : 1);  // without its end
    }
    int status = 0;
    ::waitpid(killed, &status, 0);
    ASSERT_EQ(status, 0);
    ASSERT_EQ(entries(folder_.path()), 1U);

    const auto first = begin();
    EXPECT_EQ(entries(folder_.path()), 1U) << "its own, in the place of what was left";
    const auto second = begin();
    EXPECT_EQ(entries(folder_.path()), 2U) << "what another run gathers stays";
    EXPECT_TRUE(first->add(tests::sampleCall()));
}

TEST_F(ReportWriterTest, AReportThatWasAsideWhenTheRunWasKilledComesBack) {
    write({tests::sampleCall()});
    const std::string before = content("report.json");
    fs::rename(target_, folder_.path() / ".report.part-abcdef-old");
    EXPECT_TRUE(begin());
    EXPECT_EQ(content("report.json"), before);
}

TEST_F(ReportWriterTest, SaysThatTheFolderCannotBeWritten) {
    EXPECT_EQ(ReportWriter::begin("/proc/report", {}).error().code,
              ErrorCode::RpPermFolderUnwritable);
    const fs::path locked = folder_.path() / "locked";
    fs::create_directory(locked);
    fs::permissions(locked, fs::perms::owner_read | fs::perms::owner_exec);
    // Root may write everywhere; the case is tried as a user who may not.
    const pid_t child = ::fork();
    if (child == 0) {
        fs::permissions(folder_.path(), fs::perms::all);
        fs::permissions(locked,
                        fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
        if (::geteuid() == 0 && ::seteuid(65534) != 0) {
            ::_exit(2);
        }
        const auto writer = ReportWriter::begin(locked / "report", {});
        ::_exit(!writer && writer.error().code == ErrorCode::RpPermFolderUnwritable ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace chat::report
