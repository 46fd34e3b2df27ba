#pragma once

#include "chat/core/catalog/common.h"

namespace chat::errors {

/// Errors and warnings of the store.
inline constexpr std::array kDbErrors{
    ErrorInfo{
        .code = ErrorCode::DbConnLocked,
        .name = "DB_CONN_LOCKED",
        .severity = Severity::Medium,
        .retryable = true,
        .meaning = "The store is in use by another program.",
        .wayOut = "Wait for the other program to end, or choose another --store.",
        .causes = {"A backup program or a file synchronizer holds the file.",
                   "The store lies on a network drive, where locks are slow or missing."},
        .steps = {"See who holds it: fuser STORE.", "Keep the store on a disk of this machine."},
        .byItself = "It waits up to 30 seconds in short pauses of random length; after that the "
                    "call is tried again as after other passing faults."},
    ErrorInfo{.code = ErrorCode::DbPermUnwritable,
              .name = "DB_PERM_UNWRITABLE",
              .severity = Severity::High,
              .retryable = false,
              .meaning = "The store cannot be opened for writing.",
              .wayOut = "Choose another --store, or give this user the right to write there.",
              .causes = {"The store belongs to another user.", "The disk is mounted read-only."},
              .steps = {"See who may write there: namei -l PATH."},
              .byItself = kNothingBegun},
    ErrorInfo{
        .code = ErrorCode::DbDataDamaged,
        .name = "DB_DATA_DAMAGED",
        .severity = Severity::Critical,
        .retryable = false,
        .meaning = "The store is damaged or is not a CHAT store.",
        .wayOut =
            "Save what can be read with `chat recover salvage`, or put a backup in its place with "
            "`chat recover restore FILE`.",
        .causes =
            {"The disk or its cable fails, or a power cut hit a disk that lies about writing.",
             "Another program wrote to the file, or it was copied while in use without its -wal "
             "file.",
             "The file is of another program."},
        .steps = {"Look at the disk's health: smartctl -a, and at the system's log.",
                  "See what is wrong: `chat recover verify`.",
                  "If the file is of another program, choose another --store."},
        .byItself =
            "A store that is found damaged when a command begins is salvaged, and what is lost "
            "is named; damage found later ends the work on the call."},
    ErrorInfo{
        .code = ErrorCode::DbDataCheckpoint,
        .name = "DB_DATA_CHECKPOINT",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "What the store kept of a call's stage is not what was stored.",
        .wayOut = "Analyze the call's recording again: only that stage and what follows it are "
                  "done anew.",
        .causes = {"The disk or its cable fails.", "Another program wrote to the store's file."},
        .steps = {"See which calls are concerned: `chat recover verify`.",
                  "Look at the disk's health: smartctl -a, and at the system's log."},
        .byItself = "Where the call is worked on, the stage is done anew and takes the place of "
                    "what was kept. Where only a report is written, the call counts as failed."},
    ErrorInfo{.code = ErrorCode::DbDataUnsalvageable,
              .name = "DB_DATA_UNSALVAGEABLE",
              .severity = Severity::Critical,
              .retryable = false,
              .meaning = "Nothing of a CHAT store can be read in the file.",
              .wayOut =
                  "Put a backup in its place with `chat recover restore FILE`, or move the file "
                  "away and run again; a new store is made.",
              .causes = {"The file is of another program.", "All of it was overwritten."},
              .steps = {"See where backups lie; CHAT names them when it makes one."},
              .byItself = kNothingBegun},
    ErrorInfo{
        .code = ErrorCode::DbStateTargetTaken,
        .name = "DB_STATE_TARGET_TAKEN",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "Where the copy should go, there is something that must not be overwritten.",
        .wayOut = "Name another file.",
        .causes = {"The file is a store in use, or a backup of another store.",
                   "The file is of another program, or a damaged backup."},
        .steps = {"See what it is: `chat recover verify FILE`."},
        .byItself = kNothingBegun},
    ErrorInfo{.code = ErrorCode::DbFmtTooNew,
              .name = "DB_FMT_TOO_NEW",
              .severity = Severity::High,
              .retryable = false,
              .meaning = "The store was written by a newer version of CHAT.",
              .wayOut = "Use that version, or choose another --store.",
              .causes = {"Two versions of CHAT use one store."},
              .steps = {"See the version: chat --version."},
              .byItself = kNothingBegun},
    ErrorInfo{.code = ErrorCode::DbResDiskFull,
              .name = "DB_RES_DISK_FULL",
              .severity = Severity::High,
              .retryable = true,
              .meaning = "The disk that holds the store is full.",
              .wayOut = "Make room and run the same command again: finished calls are kept.",
              .causes = {"Old reports or stores fill the disk.", "Another program fills it."},
              .steps = {"See what takes the room: df -h and du -sh FOLDER."},
              .byItself = kTriedAgain},
    ErrorInfo{
        .code = ErrorCode::DbUnkGenericError,
        .name = "DB_UNK_GENERIC_ERROR",
        .severity = Severity::High,
        .retryable = false,
        .meaning = "The store failed.",
        .wayOut = "Run the same command again; if it fails again, keep this message for whoever "
                  "looks after CHAT.",
        .causes = {"The system reported an error that seldom occurs, such as a failing disk."},
        .steps = {"Look at the system's own log for the same minute: journalctl --since."},
        .byItself = kCallFails},
};

}  // namespace chat::errors
