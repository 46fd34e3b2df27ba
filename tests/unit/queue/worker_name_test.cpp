#include "chat/queue/worker_name.h"

#include <gtest/gtest.h>

namespace chat::queue {
namespace {

TEST(WorkerName, SaysWhichProcessOfWhichMachine) {
    EXPECT_EQ((WorkerName{"call-center-3", 4711, 2}.text()), "call-center-3-4711-2");
    const auto name = workerNamed("call-center-3-4711-2");
    ASSERT_TRUE(name);
    EXPECT_EQ(name->host, "call-center-3");
    EXPECT_EQ(name->process, 4711);
    EXPECT_EQ(name->number, 2);
}

TEST(WorkerName, WhatIsNoneIsNone) {
    for (const char* text : {"",
                             "host",
                             "host-1",
                             "-1-1",
                             "host-1-x",
                             "host-x-1",
                             "host-0-1",
                             "host-99999999999999-1"}) {
        EXPECT_FALSE(workerNamed(text)) << text;
    }
}

}  // namespace
}  // namespace chat::queue
