// Asterisk's call detail records, as its makers document them (tests/data/README.md), and the names of FreePBX's recordings.

#include "chat/core/files.h"
#include "chat/source/asterisk/asterisk_recordings.h"
#include "chat/source/asterisk/cdr_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "fakes/temporary_folder.h"

namespace chat::source {
namespace {

using testing::HasSubstr;

std::string masterCsv() {
    return readFile(CHAT_SOURCE_DIR "/tests/data/telephony/Master.csv",
                    1 << 20,
                    ErrorCode::SysUnkGenericError)
        .value();
}

/// A machine's files: its records, and recordings below `monitor`.
class Asterisk : public testing::Test {
  protected:
    void record(const std::string& name) {
        static_cast<void>(folder_.file("monitor/" + name, "sound"));
    }
    [[nodiscard]] Result<SourceListing> list(const std::string& records,
                                             const NumberPlan& numbers = {}) const {
        const AsteriskSettings settings{folder_.file("Master.csv", records),
                                        folder_.path() / "monitor"};
        return listAsteriskRecordings(settings, numbers);
    }

    tests::TemporaryFolder folder_;
};

TEST_F(Asterisk, GivesTheDocumentedCallThatTwoPhonesWereTriedFor) {
    // ${ARG2}-${ARG3}-${FROMEXTEN}-${TIMESTR}-${UNIQUEID} below ${YEAR}/${MONTH}/${DAY}: FreePBX, callrecording/functions.inc.php.
    record("2013/03/04/internal-200-100-20130304-131118-Asterisk-01-1362424276.2.wav");
    const auto listing = list(masterCsv());
    ASSERT_TRUE(listing) << listing.error().what;
    ASSERT_EQ(listing->recordings.size(), 1U) << "four records, of two calls, one of them recorded";
    const SourceRecording& call = listing->recordings.front();
    EXPECT_EQ(call.attributes.sid, "Asterisk-01-1362424276.2");
    EXPECT_EQ(call.attributes.startedAt, "2013-03-04T13:11:18");
    EXPECT_EQ(call.attributes.phone, "100");
    EXPECT_EQ(call.attributes.agent, "bob") << "the phone that answered, IAX2/bob-00000000";
    EXPECT_EQ(call.attributes.chain, "");
    EXPECT_EQ(call.telId, "500") << "what was dialled first";
    EXPECT_THAT(call.path.native(), HasSubstr("/monitor/2013/03/04/internal-200-100"));
}

TEST_F(Asterisk, KnowsWhoseANumberIsByThePlan) {
    record("Asterisk-01-1362424276.2.wav");
    record("Asterisk-01-1362424280.1.gsm");
    const auto listing =
        list(masterCsv(), {{"500", {"Pizza Roma", "Harbor"}}, {"200", {"Pizza Roma", "North"}}});
    ASSERT_TRUE(listing);
    ASSERT_EQ(listing->recordings.size(), 2U);
    EXPECT_EQ(listing->recordings[0].attributes.chain, "Pizza Roma");
    EXPECT_EQ(listing->recordings[0].attributes.store, "Harbor");
    const SourceRecording& outgoing = listing->recordings[1];
    EXPECT_EQ(outgoing.attributes.store, "North") << "the caller's number is the call center's";
    EXPECT_EQ(outgoing.attributes.phone, "300");
    EXPECT_EQ(outgoing.attributes.agent, "bob") << "who made the call, SIP/bob-00000001";
    EXPECT_EQ(outgoing.telId, "200");
}

TEST_F(Asterisk, FindsARecordingByFreePbxsColumn) {
    record("2020/02/22/out-15550100-200-20200222-161829-1582406309.760.wav");
    const auto listing = list(
        "calldate,src,dst,channel,dstchannel,disposition,uniqueid,did,recordingfile\n"
        "2020-02-22 "
        "16:18:29,200,15550100,PJSIP/200-000000ff,SIP/main-0000008a,ANSWERED,1582406309.760,,"
        "../../out-15550100-200-20200222-161829-1582406309.760.wav");
    ASSERT_TRUE(listing) << listing.error().what;
    const SourceRecording& call = listing->recordings.at(0);
    EXPECT_EQ(call.attributes.agent, "200") << "out- says that the call center called";
    EXPECT_EQ(call.attributes.phone, "15550100");
    EXPECT_THAT(call.path.native(), HasSubstr("/monitor/2020/02/22/"))
        << "the name counts, no path";
}

TEST_F(Asterisk, DoesNotTakeOneCallsRecordingForAnothers) {
    record("2013/03/04/internal-200-100-20130304-131118-Asterisk-01-91362424276.2.wav");
    record("2013/03/04/internal-200-100-20130304-131118-Asterisk-02-1362424276.2.wav");
    const auto listing = list(masterCsv());
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, ErrorCode::SysDataNoRecordings);
}

TEST_F(Asterisk, DoesNotFollowLinks) {
    record("other.wav");
    std::filesystem::create_symlink(folder_.file("secret", "key"),
                                    folder_.path() / "monitor/Asterisk-01-1362424276.2.wav");
    EXPECT_FALSE(list(masterCsv()));
}

TEST(CdrRecords, LeaveAloneWhatIsStillBeingWritten) {
    const std::string text = masterCsv();
    const auto whole = parseCdr(text, "Master.csv");
    ASSERT_TRUE(whole);
    ASSERT_EQ(whole->size(), 4U);
    const std::size_t lastLine = text.rfind('\n', text.size() - 2) + 1;
    for (std::size_t end = lastLine; end + 1 < text.size(); ++end) {
        const auto cut = parseCdr(text.substr(0, end), "Master.csv");
        ASSERT_TRUE(cut) << cut.error().what;
        ASSERT_EQ(cut->size(), 3U);
    }
}

TEST(CdrRecords, KnowTheLaterColumns) {
    // newcdrcolumns without loguserfield: peeraccount, linkedid, sequence behind uniqueid.
    std::string line = masterCsv();
    line = line.substr(0, line.find(",\"\"\n")) + ",\"Bob\",\"Asterisk-01-1362424276.2\",\"101\"\n";
    const auto records = parseCdr(line, "Master.csv");
    ASSERT_TRUE(records);
    EXPECT_EQ(records->at(0).uniqueId, "Asterisk-01-1362424276.2");
    EXPECT_EQ(records->at(0).userField, "");
}

TEST(CdrRecords, SayWhatAsteriskMustWrite) {
    const std::string text = masterCsv();
    const std::string without = text.substr(0, text.find(",\"Asterisk-01")) + "\n";
    const auto records = parseCdr(without, "Master.csv");
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().code, ErrorCode::CfgFmtManifest);
    EXPECT_THAT(records.error().what, HasSubstr("loguniqueid = yes"));
}

}  // namespace
}  // namespace chat::source
