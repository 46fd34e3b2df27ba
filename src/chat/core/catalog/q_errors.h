#pragma once

#include "chat/core/catalog/common.h"

namespace chat::errors {

/// Errors and warnings of the queue.
inline constexpr std::array kQErrors{
    ErrorInfo{.code = ErrorCode::QValBatchExists,
              .name = "Q_VAL_BATCH_EXISTS",
              .severity = Severity::Medium,
              .retryable = false,
              .meaning = "A batch of that name exists already.",
              .wayOut = "Choose another name, or add to that batch.",
              .causes = {"The same command was run twice."},
              .steps = {"See the names: chat batch list."},
              .byItself = kNothingBegun},
    ErrorInfo{.code = ErrorCode::QDataBatchMissing,
              .name = "Q_DATA_BATCH_MISSING",
              .severity = Severity::Medium,
              .retryable = false,
              .meaning = "There is no batch of that name.",
              .wayOut = "See the names with `chat batch list`.",
              .causes = {"The name is misspelled, or belongs to another store."},
              .byItself = kNothingBegun},
    ErrorInfo{.code = ErrorCode::QDataJobMissing,
              .name = "Q_DATA_JOB_MISSING",
              .severity = Severity::Medium,
              .retryable = false,
              .meaning = "There is no such job in the queue.",
              .wayOut = "See the jobs with `chat queue list`.",
              .causes = {"The job was removed, or belongs to another store."},
              .byItself = kNothingBegun},
    ErrorInfo{
        .code = ErrorCode::QValPageMark,
        .name = "Q_VAL_PAGE_MARK",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "The mark of a page of the list cannot be used.",
        .wayOut = "Begin the list again without --after; a mark belongs to one filter and order.",
        .causes = {"The mark was taken from a list with another filter or order."},
        .byItself = kNothingBegun},
    ErrorInfo{.code = ErrorCode::QStateNothingToUndo,
              .name = "Q_STATE_NOTHING_TO_UNDO",
              .severity = Severity::Info,
              .retryable = false,
              .meaning = "There is no edit of the queue that could be taken back.",
              .wayOut = "Only the last edit can be taken back, once.",
              .causes = {"The last edit was taken back already.", "The queue was not edited yet."},
              .byItself = kNothingBegun},
    ErrorInfo{.code = ErrorCode::QUnkGenericError,
              .name = "Q_UNK_GENERIC_ERROR",
              .severity = Severity::High,
              .retryable = true,
              .meaning = "The queue failed.",
              .wayOut = "Run the same command again; if it fails again, keep this message for "
                        "whoever looks after CHAT.",
              .causes = {"The store failed in a way that has no name of its own."},
              .steps = {"Look at the store's own errors of the same minute: chat errors list."},
              .byItself = kTriedAgain},
};

}  // namespace chat::errors
