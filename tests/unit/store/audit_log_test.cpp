#include "chat/store/audit_log.h"

#include "chat/store/backup.h"
#include "chat/store/forget.h"
#include "chat/store/salvage.h"
#include "chat/store/sqlite_connection.h"

#include <gmock/gmock.h>

#include "filled_store.h"

namespace chat::store {
namespace {

class AuditLogTest : public tests::FilledStoreTest {
  protected:
    void SetUp() override { fill(0, 3); }

    void note(const std::string& action, const std::string& call) {
        noteAction(*SqliteConnection::open(file_, clock_).value(), action, call, "a test");
    }

    std::vector<std::string> actions(const std::optional<std::string>& call = {},
                                     std::size_t limit = 100) {
        std::vector<std::string> names;
        const auto entries = auditLog(file_, call, limit, clock_).value();
        for (const AuditEntry& entry : entries) {
            names.push_back(entry.action);
        }
        return names;
    }
};

TEST_F(AuditLogTest, TellsTheNewestFirst) {
    EXPECT_TRUE(actions().empty());
    note("first", "");
    clock_.advance(std::chrono::seconds(1));
    note("second", sid(1));
    note("third", sid(2));
    EXPECT_THAT(actions(), testing::ElementsAre("third", "second", "first"));
    EXPECT_THAT(actions({}, 2), testing::ElementsAre("third", "second"));
    EXPECT_THAT(actions("ca0001"), testing::ElementsAre("second"));
    EXPECT_TRUE(actions("").empty()) << "no call has no SID";
    const auto all = auditLog(file_, {}, 9, clock_).value();
    EXPECT_EQ(all[0].time - all[2].time, std::chrono::seconds(1));
    EXPECT_FALSE(all[0].who.empty());
}

TEST_F(AuditLogTest, IsOnlyAddedTo) {
    note("first", sid(1));
    SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE);
    for (const char* change : {"DELETE FROM audit",
                               "UPDATE audit SET who = 'nobody'",
                               "UPDATE audit SET call = 'CA0002'",
                               "UPDATE audit SET call = '', why = 'no reason'"}) {
        EXPECT_THROW(database.exec(change), SQLite::Exception) << change;
    }
    EXPECT_THAT(actions(sid(1)), testing::ElementsAre("first"));
}

TEST_F(AuditLogTest, AForgottenCallIsTakenOutOfIt) {
    note("first", sid(1));
    note("second", sid(2));
    ASSERT_TRUE(forget(file_, {{sid(1)}, {}, false}, clock_));
    EXPECT_TRUE(actions(sid(1)).empty());
    EXPECT_THAT(actions(), testing::ElementsAre("forget", "second", "first"));
    EXPECT_EQ(auditLog(file_, {}, 1, clock_).value()[0].why, "1 call by SID");
}

TEST_F(AuditLogTest, KnowsWhenAStoreWasRestoredAndSalvaged) {
    const auto copy = folder_.path() / "copy.sqlite";
    note("first", "");
    ASSERT_TRUE(backUp(file_, copy, clock_));
    ASSERT_TRUE(restore(copy, file_, {1, 1, 1}, clock_));
    EXPECT_THAT(actions(), testing::ElementsAre("restore", "first"));
    ASSERT_TRUE(salvage(file_, clock_));
    EXPECT_THAT(actions(), testing::ElementsAre("salvage", "restore", "first"));
}

}  // namespace
}  // namespace chat::store
