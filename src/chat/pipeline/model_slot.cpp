#include "chat/pipeline/model_slot.h"

#include "chat/core/memory_use.h"

#include <algorithm>

namespace chat::pipeline {

namespace {

/// Whether what is loaded for one does for the other.
bool same(const SpeechModel& a, const SpeechModel& b) {
    return a.folder == b.folder && a.fingerprint == b.fingerprint && a.beam == b.beam &&
           a.language == b.language && a.vocabulary == b.vocabulary;
}

}  // namespace

Result<ModelSlot::Lent> ModelSlot::take(const SpeechModel& model,
                                        const std::stop_token& stop,
                                        const Told& told) {
    std::unique_lock lock(mutex_);
    const std::uint64_t turn = asked_++;
    waiting_.push_back(turn);
    const auto free = [&] {
        return waiting_.front() == turn && (uses_ == 0 || (model_ && same(*model_, model)));
    };
    if (!free()) {
        told.waits();
    }
    const bool ours = changed_.wait(lock, stop, free);
    std::erase(waiting_, turn);
    changed_.notify_all();
    if (!ours) {
        return fail(ErrorCode::SysStateStopped, "The run was stopped before the model was free");
    }
    return lend(model, told);
}

/// Under `mutex_`, when no call uses another model.
Result<ModelSlot::Lent> ModelSlot::lend(const SpeechModel& model, const Told& told) {
    if (!model_ || !same(*model_, model)) {
        if (const std::optional<Error> failed = failureOf(model)) {
            return tl::unexpected(*failed);
        }
        if (transcriber_) {
            model_.reset();
            transcriber_.reset();
            returnFreedMemory();
        }
        told.loads();
        auto loaded = model.load();
        if (!loaded) {
            failed_.emplace_back(model, loaded.error());
            return tl::unexpected(loaded.error());
        }
        transcriber_ = std::move(*loaded);
        model_ = model;
        told.loaded(*transcriber_);
    }
    ++uses_;
    return Lent(transcriber_.get(), [this](const transcribe::Transcriber*) { giveBack(); });
}

void ModelSlot::giveBack() {
    const std::scoped_lock lock(mutex_);
    --uses_;
    changed_.notify_all();
}

std::optional<Error> ModelSlot::failure(const SpeechModel& model) {
    const std::scoped_lock lock(mutex_);
    return failureOf(model);
}

/// Under `mutex_`.
std::optional<Error> ModelSlot::failureOf(const SpeechModel& model) const {
    const auto failed =
        std::ranges::find_if(failed_, [&](const auto& one) { return same(one.first, model); });
    return failed == failed_.end() ? std::nullopt : std::optional(failed->second);
}

}  // namespace chat::pipeline
