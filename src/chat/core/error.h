#pragma once

#include <tl/expected.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace chat {

/// Every failure and warning that CHAT can report. `catalog()` says what each one means.
enum class ErrorCode : std::uint8_t {
    SysDataPathMissing,
    SysPermPathUnreadable,
    SysFmtNotAFile,
    SysPermLinkRefused,
    SysDataNoRecordings,
    SysResDiskFull,
    SysResMemoryError,
    SysPermUnwritable,
    SysStateStopped,
    SysStateNoDecoder,
    SysStateWorkerDied,
    SysUnkGenericError,
    CfgFmtManifest,
    CfgValManifestEntry,
    CfgValManifestUnmatched,
    CfgPermManifestOutside,
    CfgValFileName,
    CfgFmtRules,
    CfgFmtVocabulary,
    CfgFmtConfiguration,
    CfgValSetting,
    CfgPermCredential,
    CfgUnkGenericError,
    AuFmtUnsupported,
    AuFmtPlaylist,
    AuFmtNoAudio,
    AuDataEmpty,
    AuDataTruncated,
    AuDataNotFinite,
    AuDataNoSpeech,
    AuDataDuplicatedChannels,
    AuDataOneSided,
    AuDataClipped,
    AuValNoChannels,
    AuValTooManyChannels,
    AuResDecoderLimit,
    AuStateDecoderDied,
    AuPermDecoderBreach,
    AuUnkGenericError,
    TrDataModelMissing,
    TrDataModelIncomplete,
    TrDataModelSumMismatch,
    TrDataModelUnpinned,
    TrFmtModelForeign,
    TrFmtInvalidAudio,
    TrResMemoryError,
    TrDataTextInSilence,
    TrDataRepetition,
    TrDataLowConfidence,
    TrStateNoWords,
    TrUnkGenericError,
    AnValSetting,
    AnDataChannelsSwapped,
    AnDataNothingStored,
    AnUnkGenericError,
    ApiConnTimeout,
    ApiConnNetworkError,
    ApiPermUnauthorized,
    ApiPermAddressRefused,
    ApiPermCertificateRefused,
    ApiDataInvalidResponse,
    ApiDataIncomplete,
    ApiDataNotFound,
    ApiValRequestRefused,
    ApiResRateLimited,
    ApiResTooLarge,
    ApiStateHostPaused,
    ApiUnkGenericError,
    DlConnNetworkError,
    DlPermAccessDenied,
    DlPermAddressRefused,
    DlPermCertificateRefused,
    DlTimeRequestTimeout,
    DlDataSumMismatch,
    DlDataIncomplete,
    DlResTooLarge,
    DlUnkGenericError,
    DbConnLocked,
    DbPermUnwritable,
    DbDataDamaged,
    DbDataCheckpoint,
    DbDataUnsalvageable,
    DbStateTargetTaken,
    DbFmtTooNew,
    DbResDiskFull,
    DbUnkGenericError,
    QValBatchExists,
    QDataBatchMissing,
    QDataJobMissing,
    QValPageMark,
    QStateNothingToUndo,
    QUnkGenericError,
    RpPermFolderUnwritable,
    RpStateFolderNotEmpty,
    RpResDiskFull,
    RpUnkGenericError,
    GuiUnkGenericError,
};

enum class Severity : std::uint8_t { Info, Low, Medium, High, Critical };

/// Up to three sentences; the rest is empty.
using Sentences = std::array<std::string_view, 3>;

/// One entry of the catalog: what there is to know of an error before it happens. All texts are whole sentences for the
/// person who runs CHAT.
struct ErrorInfo {
    ErrorCode code{};
    std::string_view name;  ///< `MODULE_CATEGORY_CODE`, e.g. "AU_FMT_UNSUPPORTED"
    Severity severity{};
    bool retryable = false;
    std::string_view meaning;
    std::string_view wayOut;    ///< what to do first
    Sentences causes{};         ///< likely ones, the likeliest first
    Sentences steps{};          ///< what to do beyond `wayOut`
    std::string_view byItself;  ///< what CHAT does about it without being asked
};

/// The whole catalog, in the order of `ErrorCode`.
[[nodiscard]] std::span<const ErrorInfo> catalog();
[[nodiscard]] const ErrorInfo& errorInfo(ErrorCode code);
[[nodiscard]] std::string_view errorName(ErrorCode code);
/// The entry of that name; null when this version knows no such error.
[[nodiscard]] const ErrorInfo* findError(std::string_view name);
[[nodiscard]] std::string_view severityName(Severity severity);

/// What went wrong with one thing.
///
/// `what` is one sentence naming the thing, for the person at the screen and the report; it never goes into a log. `cause`
/// is what the system or a library said, or empty: a text that is the same for every call, never one that quotes what
/// was read; it is logged. Neither holds words of a call, query strings or secrets. File names in `what` are raw: whoever
/// prints them escapes them (`printable` in core/text.h).
struct Error {
    ErrorCode code = ErrorCode::SysUnkGenericError;
    std::string what;
    std::string cause;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code,
                                                std::string what,
                                                std::string cause = {}) {
    return tl::unexpected<Error>(Error{code, std::move(what), std::move(cause)});
}

/// The error that an errno value of a file operation on `path` stands for: disk full, no permission,
/// not there, or `otherwise`.
[[nodiscard]] Error systemError(int errnoValue,
                                std::string_view doing,
                                std::string_view path,
                                ErrorCode otherwise);

}  // namespace chat
