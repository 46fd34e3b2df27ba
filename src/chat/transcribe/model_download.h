#pragma once

#include "chat/core/error.h"
#include "chat/net/http_download.h"
#include "chat/transcribe/model_catalog.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace chat::transcribe {

/// From the server that the catalog names, and the hosts that it redirects to.
[[nodiscard]] net::DownloadSettings modelDownload();

struct PullSettings {
    std::string server = "https://huggingface.co";  ///< or a mirror with the same paths
    net::DownloadSettings download = modelDownload();
};

struct PullProgress {
    std::string_view file;        ///< the one in hand, e.g. "model.bin"
    std::uint64_t doneBytes = 0;  ///< of all files
    std::uint64_t totalBytes = 0;
};

/// Installs a model: fetches its files, checks each against its sum, puts the folder in place in one
/// step. Gives the folder.
///
/// A model that is installed and right is left alone; good files of a damaged one are kept. After a
/// stop or failure the next call goes on where this one ended. One call at a time for each model, on the
/// whole machine. Errors: those of `download`; SYS_RES_DISK_FULL before anything is fetched when
/// the rest would not fit.
[[nodiscard]] Result<std::filesystem::path> pullModel(
    const ModelInfo& model,
    const std::filesystem::path& models,
    const PullSettings& settings = {},
    const std::function<void(const PullProgress&)>& progress = {},
    const std::stop_token& stop = {});

}  // namespace chat::transcribe
