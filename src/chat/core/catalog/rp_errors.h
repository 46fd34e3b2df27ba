#pragma once

#include "chat/core/catalog/common.h"

namespace chat::errors {

/// Errors and warnings of reports.
inline constexpr std::array kRpErrors{
    ErrorInfo{
        .code = ErrorCode::RpPermFolderUnwritable,
        .name = "RP_PERM_FOLDER_UNWRITABLE",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "The report's folder cannot be written.",
        .wayOut = "Choose another folder with --out.",
        .causes = {"The folder belongs to another user, or the disk is mounted read-only."},
        .steps = {"See who may write there: namei -l PATH."},
        .byItself = "Nothing of the folder is changed; what was analyzed is kept in the store."},
    ErrorInfo{.code = ErrorCode::RpStateFolderNotEmpty,
              .name = "RP_STATE_FOLDER_NOT_EMPTY",
              .severity = Severity::Medium,
              .retryable = false,
              .meaning = "The report's folder already holds something that is not a CHAT report.",
              .wayOut = "Choose another folder with --out.",
              .causes = {"The folder was named by mistake."},
              .byItself = "Nothing of the folder is changed."},
    ErrorInfo{
        .code = ErrorCode::RpResDiskFull,
        .name = "RP_RES_DISK_FULL",
        .severity = Severity::High,
        .retryable = true,
        .meaning = "The disk that holds the report's folder is full.",
        .wayOut = "Make room, or choose another folder with --out, and run the same command again: "
                  "finished calls are kept.",
        .causes = {"Copies of the sound are large: about 7 MB an hour and channel.",
                   "Another program fills the disk."},
        .steps = {"Leave the sound out with --audio link or --audio none."},
        .byItself = "An earlier report stays as it is; what was analyzed is kept in the store."},
    ErrorInfo{
        .code = ErrorCode::RpUnkGenericError,
        .name = "RP_UNK_GENERIC_ERROR",
        .severity = Severity::High,
        .retryable = false,
        .meaning = "The report could not be written.",
        .wayOut = "Run the same command again; if it fails again, keep this message for whoever "
                  "looks after CHAT.",
        .causes = {"The system reported an error that seldom occurs, such as a failing disk or "
                   "network drive."},
        .steps = {"Write the report to another disk."},
        .byItself = "An earlier report stays as it is; what was analyzed is kept in the store."},
};

}  // namespace chat::errors
