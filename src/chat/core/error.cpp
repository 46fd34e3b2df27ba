#include "chat/core/error.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace chat {

namespace {

// clang-format off
constexpr std::array kCatalog{
    ErrorInfo{ErrorCode::SysDataPathMissing, "SYS_DATA_PATH_MISSING", Severity::Medium, false,
              "A file or folder that was named does not exist.",
              "Check the spelling of the path."},
    ErrorInfo{ErrorCode::SysPermPathUnreadable, "SYS_PERM_PATH_UNREADABLE", Severity::Medium, false,
              "A file or folder may not be read by the user who runs CHAT.",
              "Give this user the right to read it, or run CHAT as a user who may."},
    ErrorInfo{ErrorCode::SysFmtNotAFile, "SYS_FMT_NOT_A_FILE", Severity::Medium, false,
              "A path names a pipe, device or socket, not a file with a recording in it.",
              "Save the recording into a file and name that file."},
    ErrorInfo{ErrorCode::SysPermLinkRefused, "SYS_PERM_LINK_REFUSED", Severity::Medium, false,
              "A symbolic link was found where a recording was expected; links are not followed, so that a folder cannot reach outside itself.",
              "Name the file or folder that the link points to."},
    ErrorInfo{ErrorCode::SysDataNoRecordings, "SYS_DATA_NO_RECORDINGS", Severity::Medium, false,
              "Nothing that was named holds a recording.",
              "Name a file, or a folder with audio files in it."},
    ErrorInfo{ErrorCode::SysResDiskFull, "SYS_RES_DISK_FULL", Severity::High, true,
              "The disk is full.",
              "Make room, or choose another disk with --out or --store, and run the same command again: finished calls are kept."},
    ErrorInfo{ErrorCode::SysResMemoryError, "SYS_RES_MEMORY_ERROR", Severity::High, true,
              "There was not enough memory.",
              "Close other programs, choose a smaller --model or fewer --workers, and run the same command again."},
    ErrorInfo{ErrorCode::SysPermUnwritable, "SYS_PERM_UNWRITABLE", Severity::Medium, false,
              "A file or folder may not be written.",
              "Choose another place, or give this user the right to write there."},
    ErrorInfo{ErrorCode::SysStateStopped, "SYS_STATE_STOPPED", Severity::Info, true,
              "The run was stopped before this call was finished.",
              "Run the same command again: finished calls are kept and only the rest is done."},
    ErrorInfo{ErrorCode::SysUnkGenericError, "SYS_UNK_GENERIC_ERROR", Severity::High, false,
              "Something failed that CHAT has no name for.",
              "Run the same command again; if it fails again, keep this message for whoever looks after CHAT."},
    ErrorInfo{ErrorCode::CfgFmtManifest, "CFG_FMT_MANIFEST", Severity::Medium, false,
              "The manifest cannot be read as CSV or JSON.",
              "Correct the line that is named, or leave --manifest out."},
    ErrorInfo{ErrorCode::CfgValManifestEntry, "CFG_VAL_MANIFEST_ENTRY", Severity::Low, false,
              "A line of the manifest has a value that cannot be used; the call is analyzed without that value.",
              "Correct the value that is named; dates are written as 2026-11-12T09:41:00."},
    ErrorInfo{ErrorCode::CfgValManifestUnmatched, "CFG_VAL_MANIFEST_UNMATCHED", Severity::Low, false,
              "A line of the manifest names a recording that is not among those given.",
              "Check the file name in the manifest, or add the folder that holds the recording."},
    ErrorInfo{ErrorCode::CfgPermManifestOutside, "CFG_PERM_MANIFEST_OUTSIDE", Severity::Medium, false,
              "The manifest names a file outside its own folder.",
              "Move the recording below the manifest's folder, or allow it with --allow-outside."},
    ErrorInfo{ErrorCode::CfgValFileName, "CFG_VAL_FILE_NAME", Severity::Low, false,
              "A file's name does not fit --file-pattern, or gives a SID that another file has; the call is analyzed without that.",
              "Correct the pattern or the name, or say the same in a manifest."},
    ErrorInfo{ErrorCode::CfgFmtRules, "CFG_FMT_RULES", Severity::Medium, false,
              "The file with patterns and keyword rules cannot be used.",
              "Correct the line that is named."},
    ErrorInfo{ErrorCode::CfgFmtVocabulary, "CFG_FMT_VOCABULARY", Severity::Medium, false,
              "The file with names to expect cannot be used.",
              "Correct the line that is named: one name a line, UTF-8, at most 80 bytes each and 1,000 in all."},
    ErrorInfo{ErrorCode::CfgValSetting, "CFG_VAL_SETTING", Severity::Medium, false,
              "A setting has a value that is not allowed.",
              "Use a value from the range that is named."},
    ErrorInfo{ErrorCode::CfgUnkGenericError, "CFG_UNK_GENERIC_ERROR", Severity::Medium, false,
              "A setting or configuration file could not be used.",
              "Check the file that is named."},
    ErrorInfo{ErrorCode::AuFmtUnsupported, "AU_FMT_UNSUPPORTED", Severity::Medium, false,
              "The file is not a recording in a format that CHAT reads.",
              "Convert it to WAV, FLAC, MP3, M4A or Ogg, or remove it from the folder."},
    ErrorInfo{ErrorCode::AuFmtPlaylist, "AU_FMT_PLAYLIST", Severity::High, false,
              "The file is a playlist that names other files, not a recording; it was not followed.",
              "Give the recordings themselves; find out who put a playlist there."},
    ErrorInfo{ErrorCode::AuFmtNoAudio, "AU_FMT_NO_AUDIO", Severity::Medium, false,
              "The file holds no audio track.",
              "Check that it is the right file."},
    ErrorInfo{ErrorCode::AuDataEmpty, "AU_DATA_EMPTY", Severity::Medium, false,
              "The file is empty or holds no sound.",
              "Fetch the recording again from where it came."},
    ErrorInfo{ErrorCode::AuDataTruncated, "AU_DATA_TRUNCATED", Severity::Low, false,
              "The recording ends before its own header says, or parts of it cannot be read; what could be read was analyzed.",
              "Fetch the recording again if the missing part matters."},
    ErrorInfo{ErrorCode::AuDataNotFinite, "AU_DATA_NOT_FINITE", Severity::Low, false,
              "The recording holds samples that are not numbers; they were taken as silence.",
              "Find out which program wrote the recording; convert it again from its source."},
    ErrorInfo{ErrorCode::AuDataNoSpeech, "AU_DATA_NO_SPEECH", Severity::Low, false,
              "Nobody speaks in this recording.",
              "Listen to it: the recorder may have been connected to the wrong line."},
    ErrorInfo{ErrorCode::AuDataDuplicatedChannels, "AU_DATA_DUPLICATED_CHANNELS", Severity::Low, false,
              "Both channels carry the same sound, so the parties cannot be told apart; the call was treated as mono.",
              "Have the recorder write each party to a channel of its own."},
    ErrorInfo{ErrorCode::AuDataOneSided, "AU_DATA_ONE_SIDED", Severity::Low, false,
              "One of the two channels holds no speech.",
              "Check that the recorder gets both parties."},
    ErrorInfo{ErrorCode::AuDataClipped, "AU_DATA_CLIPPED", Severity::Info, false,
              "The recording is overdriven in places; words there are less certain.",
              "Lower the recording level."},
    ErrorInfo{ErrorCode::AuValNoChannels, "AU_VAL_NO_CHANNELS", Severity::Medium, false,
              "The recording says that it has no channels.",
              "Fetch the recording again from where it came."},
    ErrorInfo{ErrorCode::AuValTooManyChannels, "AU_VAL_TOO_MANY_CHANNELS", Severity::Medium, false,
              "The recording has more than two channels; a call has one or two.",
              "Mix or split the recording to one channel a party."},
    ErrorInfo{ErrorCode::AuUnkGenericError, "AU_UNK_GENERIC_ERROR", Severity::Medium, false,
              "The sound of the recording could not be worked on.",
              "Try to play the file; fetch it again from where it came."},
    ErrorInfo{ErrorCode::TrDataModelMissing, "TR_DATA_MODEL_MISSING", Severity::Medium, false,
              "The speech model that was asked for is not installed.",
              "Install it with `chat models pull NAME`, or run with --no-transcribe."},
    ErrorInfo{ErrorCode::TrDataModelIncomplete, "TR_DATA_MODEL_INCOMPLETE", Severity::Medium, false,
              "A file of the speech model is missing or cut.",
              "Install it again with `chat models pull NAME`."},
    ErrorInfo{ErrorCode::TrDataModelSumMismatch, "TR_DATA_MODEL_SUM_MISMATCH", Severity::High, false,
              "A file of the speech model is not the one that the catalog names; it was not opened.",
              "Install it again with `chat models pull NAME`."},
    ErrorInfo{ErrorCode::TrDataModelUnpinned, "TR_DATA_MODEL_UNPINNED", Severity::Medium, false,
              "The sums of this model's files are not known to CHAT.",
              "Give the expected sum of model.bin with --sha256."},
    ErrorInfo{ErrorCode::TrFmtModelForeign, "TR_FMT_MODEL_FOREIGN", Severity::Medium, false,
              "The folder does not hold a Whisper model in CTranslate2's format.",
              "Name a folder with model.bin, config.json, tokenizer.json and vocabulary.txt."},
    ErrorInfo{ErrorCode::TrFmtInvalidAudio, "TR_FMT_INVALID_AUDIO", Severity::Medium, false,
              "The speech engine could not use this sound.",
              "Check that the recording can be played."},
    ErrorInfo{ErrorCode::TrResMemoryError, "TR_RES_MEMORY_ERROR", Severity::High, true,
              "There was not enough memory for the speech model.",
              "Choose a smaller --model or fewer --workers."},
    ErrorInfo{ErrorCode::TrDataTextInSilence, "TR_DATA_TEXT_IN_SILENCE", Severity::Info, false,
              "The speech engine wrote words where nobody spoke; they were removed.",
              "Nothing needs to be done; the place is named so that it can be listened to."},
    ErrorInfo{ErrorCode::TrDataRepetition, "TR_DATA_REPETITION", Severity::Low, false,
              "The speech engine repeated itself; the repetition was removed or the stretch left without words.",
              "Listen to the place that is named."},
    ErrorInfo{ErrorCode::TrDataLowConfidence, "TR_DATA_LOW_CONFIDENCE", Severity::Low, false,
              "The speech engine was unsure of a stretch, and its words were left out.",
              "Listen to the place that is named; a larger --model may understand it."},
    ErrorInfo{ErrorCode::TrStateNoWords, "TR_STATE_NO_WORDS", Severity::Low, false,
              "The call was not transcribed, so everything that needs words is missing.",
              "Install a model with `chat models pull base` and run the same command again."},
    ErrorInfo{ErrorCode::TrUnkGenericError, "TR_UNK_GENERIC_ERROR", Severity::Medium, false,
              "The speech engine failed.",
              "Run the same command again; if it fails again, run with --no-transcribe."},
    ErrorInfo{ErrorCode::AnValSetting, "AN_VAL_SETTING", Severity::Medium, false,
              "A setting of the silence analysis is out of its range.",
              "Use a value from the range that is named."},
    ErrorInfo{ErrorCode::AnDataChannelsSwapped, "AN_DATA_CHANNELS_SWAPPED", Severity::Medium, false,
              "The channel that was named as the agent's carries a customer's words, and the other one an agent's.",
              "Listen to the beginning; if the channels are swapped, name the other one with --agent-channel, or use auto."},
    ErrorInfo{ErrorCode::AnDataNothingStored, "AN_DATA_NOTHING_STORED", Severity::Medium, false,
              "The store holds no call whose sound has been analyzed by this version.",
              "Run chat analyze on the recordings first, or name another store with --store."},
    ErrorInfo{ErrorCode::AnUnkGenericError, "AN_UNK_GENERIC_ERROR", Severity::Medium, false,
              "The silence analysis failed.",
              "Run the same command again; if it fails again, keep this message for whoever looks after CHAT."},
    ErrorInfo{ErrorCode::DlConnNetworkError, "DL_CONN_NETWORK_ERROR", Severity::Medium, true,
              "The connection failed or broke off.",
              "Check the network and run the same command again: it continues where it stopped."},
    ErrorInfo{ErrorCode::DlPermAccessDenied, "DL_PERM_ACCESS_DENIED", Severity::Medium, false,
              "The server refused to give the file.",
              "Check the address and the right to fetch it."},
    ErrorInfo{ErrorCode::DlPermAddressRefused, "DL_PERM_ADDRESS_REFUSED", Severity::High, false,
              "The address, or one that the server redirected to, is not one that CHAT may ask.",
              "Check the address; hosts are allowed by setting only."},
    ErrorInfo{ErrorCode::DlPermCertificateRefused, "DL_PERM_CERTIFICATE_REFUSED", Severity::High, false,
              "The server could not prove that it is the one that was meant, so nothing was taken from it.",
              "Check this machine's clock and its trusted authorities (package ca-certificates)."},
    ErrorInfo{ErrorCode::DlTimeRequestTimeout, "DL_TIME_REQUEST_TIMEOUT", Severity::Medium, true,
              "The server took too long to answer.",
              "Run the same command again: it continues where it stopped."},
    ErrorInfo{ErrorCode::DlDataSumMismatch, "DL_DATA_SUM_MISMATCH", Severity::High, true,
              "The downloaded file is not the one that was expected; it was thrown away.",
              "Run the same command again; if it stays so, the file was changed at its source."},
    ErrorInfo{ErrorCode::DlDataIncomplete, "DL_DATA_INCOMPLETE", Severity::Medium, true,
              "The download ended early.",
              "Run the same command again: it continues where it stopped."},
    ErrorInfo{ErrorCode::DlResTooLarge, "DL_RES_TOO_LARGE", Severity::Medium, false,
              "The server sent more than the file can hold.",
              "Check the address."},
    ErrorInfo{ErrorCode::DlUnkGenericError, "DL_UNK_GENERIC_ERROR", Severity::Medium, true,
              "The download failed.",
              "Run the same command again."},
    ErrorInfo{ErrorCode::DbConnLocked, "DB_CONN_LOCKED", Severity::Medium, true,
              "The store is in use by another program.",
              "Wait for the other program to end, or choose another --store."},
    ErrorInfo{ErrorCode::DbPermUnwritable, "DB_PERM_UNWRITABLE", Severity::High, false,
              "The store cannot be opened for writing.",
              "Choose another --store, or give this user the right to write there."},
    ErrorInfo{ErrorCode::DbDataDamaged, "DB_DATA_DAMAGED", Severity::Critical, false,
              "The store is damaged or is not a CHAT store.",
              "Move the file away and run again; a new store is made."},
    ErrorInfo{ErrorCode::DbFmtTooNew, "DB_FMT_TOO_NEW", Severity::High, false,
              "The store was written by a newer version of CHAT.",
              "Use that version, or choose another --store."},
    ErrorInfo{ErrorCode::DbResDiskFull, "DB_RES_DISK_FULL", Severity::High, true,
              "The disk that holds the store is full.",
              "Make room and run the same command again: finished calls are kept."},
    ErrorInfo{ErrorCode::DbUnkGenericError, "DB_UNK_GENERIC_ERROR", Severity::High, false,
              "The store failed.",
              "Run the same command again; if it fails again, keep this message for whoever looks after CHAT."},
    ErrorInfo{ErrorCode::QValBatchExists, "Q_VAL_BATCH_EXISTS", Severity::Medium, false,
              "A batch of that name exists already.",
              "Choose another name, or add to that batch."},
    ErrorInfo{ErrorCode::QDataBatchMissing, "Q_DATA_BATCH_MISSING", Severity::Medium, false,
              "There is no batch of that name.",
              "See the names with `chat batch list`."},
    ErrorInfo{ErrorCode::QDataJobMissing, "Q_DATA_JOB_MISSING", Severity::Medium, false,
              "There is no such job in the queue.",
              "See the jobs with `chat queue list`."},
    ErrorInfo{ErrorCode::QValPageMark, "Q_VAL_PAGE_MARK", Severity::Medium, false,
              "The mark of a page of the list cannot be used.",
              "Begin the list again without --after; a mark belongs to one filter and order."},
    ErrorInfo{ErrorCode::QStateNothingToUndo, "Q_STATE_NOTHING_TO_UNDO", Severity::Info, false,
              "There is no edit of the queue that could be taken back.",
              "Only the last edit can be taken back, once."},
    ErrorInfo{ErrorCode::QUnkGenericError, "Q_UNK_GENERIC_ERROR", Severity::High, true,
              "The queue failed.",
              "Run the same command again; if it fails again, keep this message for whoever looks after CHAT."},
    ErrorInfo{ErrorCode::RpPermFolderUnwritable, "RP_PERM_FOLDER_UNWRITABLE", Severity::Medium, false,
              "The report's folder cannot be written.",
              "Choose another folder with --out."},
    ErrorInfo{ErrorCode::RpStateFolderNotEmpty, "RP_STATE_FOLDER_NOT_EMPTY", Severity::Medium, false,
              "The report's folder already holds something that is not a CHAT report.",
              "Choose another folder with --out."},
    ErrorInfo{ErrorCode::RpResDiskFull, "RP_RES_DISK_FULL", Severity::High, true,
              "The disk that holds the report's folder is full.",
              "Make room, or choose another folder with --out, and run the same command again: finished calls are kept."},
    ErrorInfo{ErrorCode::RpUnkGenericError, "RP_UNK_GENERIC_ERROR", Severity::High, false,
              "The report could not be written.",
              "Run the same command again; if it fails again, keep this message for whoever looks after CHAT."},
};
// clang-format on

constexpr bool inOrder() {
    for (std::size_t i = 0; i < kCatalog.size(); ++i) {
        if (static_cast<std::size_t>(kCatalog[i].code) != i) {
            return false;
        }
    }
    return kCatalog.size() == static_cast<std::size_t>(ErrorCode::RpUnkGenericError) + 1;
}
static_assert(inOrder(),
              "the catalog must list every ErrorCode once, in the order of the enumeration");

}  // namespace

std::span<const ErrorInfo> catalog() {
    return kCatalog;
}

const ErrorInfo& errorInfo(ErrorCode code) {
    return kCatalog[static_cast<std::size_t>(code)];
}

std::string_view errorName(ErrorCode code) {
    return errorInfo(code).name;
}

std::string_view severityName(Severity severity) {
    switch (severity) {
        case Severity::Info:
            return "info";
        case Severity::Low:
            return "low";
        case Severity::Medium:
            return "medium";
        case Severity::High:
            return "high";
        case Severity::Critical:
            return "critical";
    }
    return "info";
}

Error systemError(int errnoValue,
                  std::string_view doing,
                  std::string_view path,
                  ErrorCode otherwise) {
    ErrorCode code = otherwise;
    switch (errnoValue) {
        case ENOENT:
        case ENOTDIR:
            code = ErrorCode::SysDataPathMissing;
            break;
        case EACCES:
        case EPERM:
            // Who was writing keeps its own code: the way out differs.
            code = otherwise == ErrorCode::SysUnkGenericError ? ErrorCode::SysPermPathUnreadable
                                                              : otherwise;
            break;
        case ENOSPC:
        case EDQUOT:
            code = ErrorCode::SysResDiskFull;
            break;
        case ENOMEM:
            code = ErrorCode::SysResMemoryError;
            break;
        default:
            break;
    }
    return Error{code,
                 std::string("Could not ").append(doing).append(" ").append(path),
                 std::system_category().message(errnoValue)};
}

}  // namespace chat
