#include "chat/pipeline/error_journal.h"

namespace chat::pipeline {

ErrorJournal::ErrorJournal(JournalSettings settings, const Clock& clock)
    : settings_(std::move(settings))
    , clock_(clock)
    , log_(settings_.logFolder) {}

void ErrorJournal::note(const Error& error, const ErrorContext& context) {
    const ErrorRecord record = errorRecord(error,
                                           context,
                                           settings_.version,
                                           systemState(settings_.storeFile.parent_path()),
                                           clock_.now());
    const std::scoped_lock lock(mutex_);
    for (const Status& written : {log_.append(record), keep(record)}) {
        if (!written && !trouble_) {
            trouble_ = written.error();
        }
    }
}

Status ErrorJournal::keep(const ErrorRecord& record) {
    if (!store_) {
        auto opened = store::ErrorStore::open(settings_.storeFile, clock_);
        if (!opened) {
            return tl::unexpected(opened.error());
        }
        store_ = std::move(*opened);
        if (auto removed = store_->removeOld(settings_.kept); !removed) {
            return tl::unexpected(removed.error());
        }
    }
    return store_->add(record);
}

std::optional<Error> ErrorJournal::trouble() const {
    const std::scoped_lock lock(mutex_);
    return trouble_;
}

ErrorContext contextOf(const queue::Job& job) {
    ErrorContext context;
    context.sid = job.call.sid;
    context.file = job.path;
    context.job = job.id;
    context.batch = job.batch;
    return context;
}

void noteUnread(std::span<const queue::Job> added, ErrorJournal& journal) {
    for (const queue::Job& job : added) {
        if (job.error) {
            ErrorContext context = contextOf(job);
            context.operation = "list";
            journal.note(*job.error, context);
        }
    }
}

}  // namespace chat::pipeline
