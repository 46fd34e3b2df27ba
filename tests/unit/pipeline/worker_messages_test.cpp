#include "chat/pipeline/worker_messages.h"

#include <gtest/gtest.h>

#include <limits>

namespace chat::pipeline {
namespace {

template <typename Message>
Message sent(const WorkerEvent& event) {
    std::string line = lineOf(event);
    EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
    line.pop_back();
    const auto read = eventOf(line);
    EXPECT_TRUE(read) << line;
    return std::get<Message>(read.value());
}

template <typename Message>
Message ordered(const WorkerOrder& order) {
    std::string line = lineOf(order);
    line.pop_back();
    const auto read = orderOf(line);
    EXPECT_TRUE(read) << line;
    return std::get<Message>(read.value());
}

TEST(WorkerMessages, ACallThatEndedArrivesAsItWas) {
    CallEnded ended;
    ended.job = 7;
    ended.outcome.status = report::CallStatus::Failed;
    ended.outcome.error = Error{ErrorCode::AuFmtUnsupported, "a\nb\xff.wav is \"no\" sound", "why"};
    ended.outcome.duration = Seconds{12.5};
    ended.outcome.silences = 3;
    ended.outcome.silence = Seconds{4};
    ended.outcome.longest = Seconds{2};
    ended.outcome.warnings = 1;
    ended.outcome.reused = true;
    ended.outcome.took = {Seconds{0.25}, Seconds{2}, Seconds{0.5}};
    ended.outcome.timedWith = "tiny.en, beam 1";
    const auto read = sent<CallEnded>(ended);
    EXPECT_EQ(read.job, 7);
    EXPECT_EQ(read.outcome.status, report::CallStatus::Failed);
    EXPECT_EQ(read.outcome.error.value().code, ErrorCode::AuFmtUnsupported);
    EXPECT_EQ(read.outcome.error.value().what, "a\nb\xEF\xBF\xBD.wav is \"no\" sound");
    EXPECT_EQ(read.outcome.error.value().cause, "why");
    EXPECT_EQ(read.outcome.duration, Seconds{12.5});
    EXPECT_EQ(read.outcome.silences, 3);
    EXPECT_EQ(read.outcome.silence, Seconds{4});
    EXPECT_EQ(read.outcome.longest, Seconds{2});
    EXPECT_EQ(read.outcome.warnings, 1);
    EXPECT_TRUE(read.outcome.reused);
    EXPECT_EQ(read.outcome.took.sound, Seconds{0.25});
    EXPECT_EQ(read.outcome.took.words, Seconds{2});
    EXPECT_EQ(read.outcome.took.analysis, Seconds{0.5});
    EXPECT_EQ(read.outcome.timedWith, "tiny.en, beam 1");
    EXPECT_EQ(read.outcome.processing, Seconds{2.75});
}

TEST(WorkerMessages, WhatAWorkerSaysOfItselfArrives) {
    EXPECT_EQ(sent<WorkerBegan>(WorkerBegan{"host-1-2"}).worker, "host-1-2");
    const auto working = sent<CallWorking>(CallWorking{5, "words", 0.75});
    EXPECT_EQ(working.job, 5);
    EXPECT_EQ(working.stage, "words");
    EXPECT_EQ(working.share, 0.75);
    EXPECT_EQ(sent<CallWaits>(CallWaits{6}).job, 6);
    const std::chrono::steady_clock::time_point began(std::chrono::nanoseconds(12'345));
    const auto took = sent<StagesTook>(StagesTook{
        3,
        {{"audio", Seconds{1.5}, 2, 1}},
        std::vector<StageSpan>(kMostSpans, {"audio", 7, 42, "chat-prepare", began, Seconds{0.5}})});
    EXPECT_EQ(took.batch, 3);
    ASSERT_EQ(took.timings.size(), 1U);
    EXPECT_EQ(took.timings[0].stage, "audio");
    EXPECT_EQ(took.timings[0].wall, Seconds{1.5});
    EXPECT_EQ(took.timings[0].calls, 2);
    EXPECT_EQ(took.timings[0].reused, 1);
    ASSERT_EQ(took.spans.size(), kMostSpans);
    EXPECT_EQ(took.spans[0].stage, "audio");
    EXPECT_EQ(took.spans[0].job, 7);
    EXPECT_EQ(took.spans[0].thread, 42);
    EXPECT_EQ(took.spans[0].threadName, "chat-prepare");
    EXPECT_EQ(took.spans[0].began, began);
    EXPECT_EQ(took.spans[0].took, Seconds{0.5});
    const auto state = sent<WorkerState>(WorkerState{2, 3, 1, 1'000'000, true});
    EXPECT_EQ(state.workers, 2);
    EXPECT_EQ(state.windows, 3U);
    EXPECT_EQ(state.ready, 1U);
    EXPECT_EQ(state.memory, 1'000'000U);
    EXPECT_TRUE(state.memoryShort);
    (void)sent<CopyingSound>(CopyingSound{});
    const auto over = sent<WorkerOver>(
        WorkerOver{Error{ErrorCode::DbDataDamaged, "The store is damaged", ""}, true});
    EXPECT_EQ(over.error.value().code, ErrorCode::DbDataDamaged);
    EXPECT_TRUE(over.stopped);
}

TEST(WorkerMessages, TheSettingsOfARunArriveAsTheyWereResolved) {
    BeginWork begin;
    begin.settings.storeFile = "/calls/st\xff\xc3\xa4re.sqlite";
    begin.settings.logFolder = "/log";
    begin.settings.errorsKept = std::chrono::days(3);
    begin.settings.workers = 4;
    begin.settings.mostMemory = 0.5;
    begin.settings.force = true;
    begin.settings.maxAttempts = 2;
    begin.settings.version = "1.2.3";
    begin.plan.batches[9];
    begin.plan.only = 11;
    const auto read = ordered<BeginWork>(begin);
    EXPECT_EQ(read.settings.storeFile, begin.settings.storeFile) << "whatever bytes it has";
    EXPECT_EQ(read.settings.logFolder, "/log");
    EXPECT_EQ(read.settings.errorsKept, std::chrono::days(3));
    EXPECT_EQ(read.settings.workers, 4);
    EXPECT_EQ(read.settings.mostMemory, 0.5);
    EXPECT_TRUE(read.settings.force);
    EXPECT_EQ(read.settings.maxAttempts, 2);
    EXPECT_EQ(read.settings.version, "1.2.3");
    EXPECT_EQ(read.plan.only, 11);
}

TEST(WorkerMessages, EachBatchArrivesWithItsOwnSettings) {
    CallSettings settings;
    settings.analysis.silence = analyze::silenceProfile("dead-air").value();
    settings.analysis.agentChannel = analyze::AgentChannel::Right;
    SpeechModel model;
    model.name = "base";
    model.folder = "/models/base";
    model.fingerprint = "0123";
    model.bytes = 145'000'000;
    model.beam = 1;
    model.language = "auto";
    model.vocabulary = {"Häagen", "Ölmühle"};
    settings.model = model;
    BeginWork begin;
    begin.plan.batches[9] = {settings, "/report/audio"};
    begin.plan.batches[7] = {};
    const WorkPlan plan = ordered<BeginWork>(begin).plan;
    EXPECT_EQ(plan.ids(), (std::vector<queue::BatchId>{7, 9}));
    EXPECT_EQ(plan.only, std::nullopt);
    EXPECT_FALSE(plan.batches.at(7).settings.model);
    EXPECT_EQ(plan.batches.at(7).copies, "");
    EXPECT_EQ(plan.batches.at(9).copies, "/report/audio");
    const CallSettings& read = plan.batches.at(9).settings;
    EXPECT_EQ(read.analysis.silence.profile, "dead-air");
    EXPECT_EQ(read.analysis.silence.minSilence, Seconds{10});
    EXPECT_EQ(read.analysis.silence.longFrom, settings.analysis.silence.longFrom);
    EXPECT_EQ(read.analysis.agentChannel, analyze::AgentChannel::Right);
    EXPECT_FALSE(read.rules) << "those that ship need not be sent";
    EXPECT_EQ(read.rulesText, settings.rulesText);
    ASSERT_TRUE(read.model);
    EXPECT_EQ(read.model->name, "base");
    EXPECT_EQ(read.model->folder, "/models/base");
    EXPECT_EQ(read.model->fingerprint, "0123");
    EXPECT_EQ(read.model->bytes, 145'000'000U);
    EXPECT_EQ(read.model->beam, 1);
    EXPECT_EQ(read.model->language, "auto");
    EXPECT_EQ(read.model->vocabulary, model.vocabulary);
}

TEST(WorkerMessages, RulesOfAPersonsOwnAreSentWithTheirText) {
    BeginWork begin;
    CallSettings& settings = begin.plan.batches[1].settings;
    settings.rulesText = "# mine\n" + std::string(analyze::defaultRulesText());
    settings.rules = analyze::parseRules(settings.rulesText, "mine").value();
    const WorkPlan plan = ordered<BeginWork>(begin).plan;
    const CallSettings& read = plan.batches.at(1).settings;
    EXPECT_EQ(read.rulesText, settings.rulesText);
    ASSERT_TRUE(read.rules);
    EXPECT_EQ(read.rules->patterns().size(), settings.rules->patterns().size());
    EXPECT_LT(lineOf(begin).size(), kLongestOrder);
}

TEST(WorkerMessages, OrdersArrive) {
    EXPECT_FALSE(ordered<StopWork>(StopWork{}).now);
    EXPECT_TRUE(ordered<StopWork>(StopWork{true}).now);
    EXPECT_EQ(ordered<SetWorkers>(SetWorkers{3}).workers, 3);
    TryModel trial;
    trial.model.folder = "models/base";
    trial.workers = 2;
    EXPECT_EQ(ordered<TryModel>(trial).model.folder, "models/base");
    EXPECT_EQ(ordered<TryModel>(trial).workers, 2);
}

TEST(WorkerMessages, WhatNoWorkerSaysIsNothing) {
    for (
        const char* line : {
            "",
            "null",
            "hello",
            "{",
            "[]",
            "{}",
            R"({"began":{"worker":"a"},"over":{}})",
            R"({"unknown":{}})",
            R"({"began":{"worker":7}})",
            R"({"began":{}})",
            R"({"working":{"job":0,"stage":"words","share":0.5}})",
            R"({"working":{"job":-3,"stage":"words","share":0.5}})",
            R"({"working":{"job":1.5,"stage":"words","share":0.5}})",
            R"({"working":{"job":18446744073709551615,"stage":"words","share":0.5}})",
            R"({"working":{"job":1,"stage":"words","share":1.5}})",
            R"({"working":{"job":1,"stage":"words","share":null}})",
            R"({"working":{"job":1,"stage":"words","share":1e999}})",
            R"({"stages":{"stage":"audio"}})",
            R"({"stages":{"batch":1,"timings":[{"stage":"audio","seconds":-1,"calls":1,"reused":0}],"spans":[]}})",
            R"({"stages":{"batch":0,"timings":[],"spans":[]}})",
            R"({"stages":{"batch":1,"timings":[]}})",
            R"({"stages":{"batch":1,"timings":[],"spans":[{"stage":"a","job":1,"thread":-1,"name":"","began":0,"seconds":1}]}})",
            R"({"state":{"workers":0,"windows":0,"ready":0,"memory":0,"memoryShort":false}})",
            R"({"state":{"workers":1,"windows":-1,"ready":0,"memory":0,"memoryShort":false}})",
            R"({"over":{"error":{"code":"NO_SUCH_CODE","what":"","cause":""},"stopped":false}})",
            R"({"over":{"error":null,"stopped":1}})",
            R"({"took":{"peakBytes":1,"cost":-1}})",
        }) {
        EXPECT_FALSE(eventOf(line)) << line;
    }
    EXPECT_FALSE(eventOf(R"({"began":{"worker":")" + std::string(300, 'x') + R"("}})"));
}

TEST(WorkerMessages, WhatNoSupervisorSaysIsNothing) {
    BeginWork begin;
    begin.plan.batches[1];
    std::string line = lineOf(begin);
    line.pop_back();
    ASSERT_TRUE(orderOf(line));
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string changed = line;
        changed.replace(changed.find(from), from.size(), to);
        return changed;
    };
    EXPECT_FALSE(orderOf(with(R"("workers":2)", R"("workers":65)")));
    EXPECT_FALSE(orderOf(with(R"("minSilence":1.0)", R"("minSilence":9000.0)")));
    EXPECT_FALSE(orderOf(with(R"("agentChannel":0)", R"("agentChannel":3)")));
    EXPECT_FALSE(orderOf(with(R"("rules":null)", R"("rules":"no rules")")));
    EXPECT_FALSE(orderOf(R"({"workers":0})"));
    EXPECT_FALSE(orderOf(R"({"stop":{}})"));
    EXPECT_FALSE(orderOf(R"({"try":{"model":null,"workers":2}})"));
}

TEST(LineBuffer, GivesWholeLinesHoweverTheyArrive) {
    LineBuffer lines(10);
    ASSERT_TRUE(lines.add("on"));
    EXPECT_FALSE(lines.next());
    EXPECT_FALSE(lines.ready());
    ASSERT_TRUE(lines.add("e\ntwo\nth"));
    EXPECT_TRUE(lines.ready());
    EXPECT_EQ(lines.next(), "one");
    EXPECT_EQ(lines.next(), "two");
    EXPECT_FALSE(lines.next());
    ASSERT_TRUE(lines.add("ree\n\n"));
    EXPECT_EQ(lines.next(), "three");
    EXPECT_EQ(lines.next(), "");
    EXPECT_FALSE(lines.next());
}

TEST(LineBuffer, ALineThatIsTooLongEndsEverything) {
    EXPECT_FALSE(LineBuffer(10).add("01234567890"));
    EXPECT_FALSE(LineBuffer(10).add("01234567890\n1\n"));
    EXPECT_FALSE(LineBuffer(10).add("1\n01234567890"));
    EXPECT_TRUE(LineBuffer(10).add("0123456789\n0123456789"));
}

}  // namespace
}  // namespace chat::pipeline
