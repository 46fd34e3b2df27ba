#include "chat/core/recovery_strategy.h"

#include <algorithm>

namespace chat {

namespace {

struct Named {
    Strategy strategy;
    std::string_view name;
    std::string_view meaning;
};
constexpr std::array kNames{
    Named{Strategy::GiveUp, "give up", "nothing: it would fail in the same way again"},
    Named{Strategy::Retry, "retry", "the same once more, after a pause"},
    Named{Strategy::RetryAlone,
          "retry alone",
          "the same once more, while its worker has no other call in hand"},
    Named{Strategy::SmallerModel,
          "smaller model",
          "its words by the next smaller model that is installed, which the report says"},
    Named{Strategy::OtherDecoding,
          "other decoding",
          "its sound read frame by frame, whatever header and index say, for MP3, AAC and FLAC"},
    Named{Strategy::RenewModel,
          "renew the model",
          "by hand: chat models verify, then chat models pull NAME"},
};

constexpr std::array kGiveUp{Strategy::GiveUp};
constexpr std::array kRetry{Strategy::Retry};
constexpr std::array kMemory{Strategy::RetryAlone, Strategy::SmallerModel};
constexpr std::array kAlone{Strategy::RetryAlone};
constexpr std::array kDecoding{Strategy::OtherDecoding};
constexpr std::array kDecoder{Strategy::Retry, Strategy::OtherDecoding};
constexpr std::array kModel{Strategy::RenewModel};

}  // namespace

std::string_view strategyName(Strategy strategy) {
    return kNames.at(static_cast<std::size_t>(strategy)).name;
}

std::optional<Strategy> strategyNamed(std::string_view name) {
    const auto* found = std::ranges::find(kNames, name, &Named::name);
    return found == kNames.end() ? std::nullopt : std::optional(found->strategy);
}

std::string_view strategyMeaning(Strategy strategy) {
    return kNames.at(static_cast<std::size_t>(strategy)).meaning;
}

std::span<const Strategy> strategiesOf(ErrorCode code) {
    switch (code) {
        case ErrorCode::SysResMemoryError:
        case ErrorCode::TrResMemoryError:
            return kMemory;
        case ErrorCode::SysStateWorkerDied:
            return kAlone;
        case ErrorCode::AuFmtUnsupported:
            return kDecoding;
        case ErrorCode::AuStateDecoderDied:
            return kDecoder;
        case ErrorCode::TrDataModelMissing:
        case ErrorCode::TrDataModelIncomplete:
        case ErrorCode::TrDataModelSumMismatch:
        case ErrorCode::TrFmtModelForeign:
            return kModel;
        case ErrorCode::SysStateStopped:
            return kGiveUp;
        default:
            return errorInfo(code).retryable ? std::span<const Strategy>(kRetry)
                                             : std::span<const Strategy>(kGiveUp);
    }
}

}  // namespace chat
