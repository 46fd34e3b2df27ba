#pragma once

#include "chat/core/catalog/common.h"

namespace chat::errors {

/// Errors and warnings of files, memory and the run itself.
inline constexpr std::array kSysErrors{
    ErrorInfo{.code = ErrorCode::SysDataPathMissing,
              .name = "SYS_DATA_PATH_MISSING",
              .severity = Severity::Medium,
              .retryable = false,
              .meaning = "A file or folder that was named does not exist.",
              .wayOut = "Check the spelling of the path.",
              .causes = {"The path is misspelled, or relative to another folder.",
                         "The file was moved or deleted, or a network drive is not mounted."},
              .steps = {"List the folder to see what is there: ls -l FOLDER."},
              .byItself = kCallFails},
    ErrorInfo{.code = ErrorCode::SysPermPathUnreadable,
              .name = "SYS_PERM_PATH_UNREADABLE",
              .severity = Severity::Medium,
              .retryable = false,
              .meaning = "A file or folder may not be read by the user who runs CHAT.",
              .wayOut = "Give this user the right to read it, or run CHAT as a user who may.",
              .causes = {"The recorder writes its files for another user or group.",
                         "A folder on the way to the file may not be entered."},
              .steps = {"See who may read it: namei -l PATH.",
                        "Where a group is meant to read recordings, add the user to that group and "
                        "log in again."},
              .byItself = kCallFails},
    ErrorInfo{
        .code = ErrorCode::SysFmtNotAFile,
        .name = "SYS_FMT_NOT_A_FILE",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "A path names a pipe, device or socket, not a file with a recording in it.",
        .wayOut = "Save the recording into a file and name that file.",
        .causes = {"The recorder's live stream was named instead of its file."},
        .byItself = kCallFails},
    ErrorInfo{.code = ErrorCode::SysPermLinkRefused,
              .name = "SYS_PERM_LINK_REFUSED",
              .severity = Severity::Medium,
              .retryable = false,
              .meaning = "A symbolic link was found where a recording was expected; links are not "
                         "followed, so that a folder cannot reach outside itself.",
              .wayOut = "Name the file or folder that the link points to.",
              .causes = {"Recordings were gathered as links instead of copies.",
                         "The folder holds a link to itself or to a folder above it."},
              .byItself = kCallFails},
    ErrorInfo{.code = ErrorCode::SysDataNoRecordings,
              .name = "SYS_DATA_NO_RECORDINGS",
              .severity = Severity::Medium,
              .retryable = false,
              .meaning = "Nothing that was named holds a recording.",
              .wayOut = "Name a file, or a folder with audio files in it.",
              .causes = {"The folder is the wrong one, or still empty.",
                         "The recordings have an ending that CHAT does not know as sound."},
              .steps = {"Name one of the files itself: a file that is named is opened whatever its "
                        "ending is."},
              .byItself = kNothingBegun},
    ErrorInfo{.code = ErrorCode::SysResDiskFull,
              .name = "SYS_RES_DISK_FULL",
              .severity = Severity::High,
              .retryable = true,
              .meaning = "The disk is full.",
              .wayOut = "Make room, or choose another disk with --out or --store, and run the same "
                        "command again: finished calls are kept.",
              .causes = {"Reports with copies of the sound, or old stores, fill the disk.",
                         "Another program fills it."},
              .steps = {"See what takes the room: df -h and du -sh FOLDER.",
                        "Leave the sound out of reports with --audio link or --audio none."},
              .byItself = kTriedAgain},
    ErrorInfo{.code = ErrorCode::SysResMemoryError,
              .name = "SYS_RES_MEMORY_ERROR",
              .severity = Severity::High,
              .retryable = true,
              .meaning = "There was not enough memory.",
              .wayOut = "Close other programs, choose a smaller --model or fewer --workers, and "
                        "run the same command again.",
              .causes = {"Several large models or workers run at once.",
                         "A container or service has a limit below what the model needs."},
              .steps = {"See docs/benchmarks.md for what each model needs."},
              .byItself = kTriedWithLess},
    ErrorInfo{
        .code = ErrorCode::SysPermUnwritable,
        .name = "SYS_PERM_UNWRITABLE",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "A file or folder may not be written.",
        .wayOut = "Choose another place, or give this user the right to write there.",
        .causes = {"The folder belongs to another user.", "The disk is mounted read-only."},
        .steps =
            {"See who may write there: namei -l PATH; mount shows whether the disk is read-only."},
        .byItself = kRunEnds},
    ErrorInfo{
        .code = ErrorCode::SysStateStopped,
        .name = "SYS_STATE_STOPPED",
        .severity = Severity::Info,
        .retryable = true,
        .meaning = "The run was stopped before this call was finished.",
        .wayOut = "Run the same command again: finished calls are kept and only the rest is done.",
        .causes = {"Ctrl-C was pressed, or the service or machine was shut down."},
        .byItself = "The call goes back to where it was; what its finished stages found is kept."},
    ErrorInfo{
        .code = ErrorCode::SysStateNoDecoder,
        .name = "SYS_STATE_NO_DECODER",
        .severity = Severity::Critical,
        .retryable = false,
        .meaning =
            "Recordings cannot be decoded apart from the rest of the program, and CHAT does not "
            "decode them otherwise.",
        .wayOut = "See that chat-decode stands beside chat and may be started.",
        .causes = {"The program was copied without chat-decode.",
                   "The system's kernel or container knows no seccomp filters."},
        .steps = {"Install CHAT again as a whole.",
                  "See whether the kernel has them: grep Seccomp /proc/self/status."},
        .byItself = kCallFails},
    ErrorInfo{
        .code = ErrorCode::SysStateWorkerDied,
        .name = "SYS_STATE_WORKER_DIED",
        .severity = Severity::High,
        .retryable = false,
        .meaning = "The process that worked on this call died, and died again when it had nothing "
                   "else to do.",
        .wayOut = "Try the call once more by hand, with a smaller --model or fewer --workers; if "
                  "it dies again, keep this message for whoever looks after CHAT.",
        .causes = {"The machine ran out of memory, and the system ended the process.",
                   "The recording brings out a fault in CHAT or in a library.",
                   "It stood still for longer than --stalled-after allows."},
        .steps = {"Look at the system's own log for the same minute: journalctl -k --since.",
                  "Set the failed calls back with chat queue retry."},
        .byItself = "The calls that the process had in hand are tried again one at a time; the one "
                    "with which it dies again counts as failed, and the others go on."},
    ErrorInfo{.code = ErrorCode::SysUnkGenericError,
              .name = "SYS_UNK_GENERIC_ERROR",
              .severity = Severity::High,
              .retryable = false,
              .meaning = "Something failed that CHAT has no name for.",
              .wayOut = "Run the same command again; if it fails again, keep this message for "
                        "whoever looks after CHAT.",
              .causes = {"The system reported an error that seldom occurs, such as a failing disk "
                         "or network drive.",
                         "A fault in CHAT."},
              .steps = {"Look at the system's own log for the same minute: journalctl --since.",
                        "See whether it happens with this recording only, or with all."},
              .byItself = kCallFails},
};

}  // namespace chat::errors
