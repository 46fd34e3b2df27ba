#include "chat/transcribe/installed_models.h"

#include "chat/core/files.h"
#include "chat/core/sha256.h"
#include "chat/core/text.h"
#include "chat/core/write_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

namespace chat::transcribe {

namespace fs = std::filesystem;

namespace {

/// The first of a model's four files that is not in the folder, or nothing.
std::string missingFile(const fs::path& folder) {
    for (const char* name : {"model.bin", "config.json", "tokenizer.json"}) {
        if (fileBytes(folder / name) == 0) {
            return name;
        }
    }
    const bool vocabulary =
        fileBytes(folder / "vocabulary.txt") > 0 || fileBytes(folder / "vocabulary.json") > 0;
    return vocabulary ? "" : "vocabulary.txt";
}

Status checkSum(std::string_view shown, std::string_view sum, std::string_view expected) {
    if (sum != expected) {
        return fail(ErrorCode::TrDataModelSumMismatch,
                    fmt::format("{} has another SHA-256 than expected", shown),
                    fmt::format("{} instead of {}", sum, expected));
    }
    return {};
}

/// Whether a text can be the name of a folder in the models folder, and nothing beyond it.
bool isPlainName(std::string_view name) {
    return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos;
}

tl::unexpected<Error> missing(std::string_view name) {
    return fail(ErrorCode::TrDataModelMissing,
                findModel(name) != nullptr
                    ? fmt::format("The model {} is not installed", name)
                    : fmt::format("There is no model {}; CHAT knows {}", name, modelNames()));
}

ModelStatus statusOf(std::string name, const ModelInfo* info, fs::path folder) {
    ModelStatus status{std::move(name), info, std::move(folder), false, false, 0};
    std::error_code error;
    status.installed = fs::is_directory(status.folder, error);
    for (fs::directory_iterator file(status.folder, error), end; !error && file != end;
         file.increment(error)) {
        status.bytesOnDisk += fileBytes(file->path());
    }
    status.complete =
        info == nullptr
            ? missingFile(status.folder).empty()
            : std::all_of(info->files.begin(), info->files.end(), [&](const ModelFile& file) {
                  return fileBytes(status.folder / file.name) == file.bytes;
              });
    return status;
}

/// A folder that the user named: complete, and with the sum that the user gave.
Result<ResolvedModel> resolveFolder(const fs::path& folder,
                                    std::string_view sha256,
                                    const std::stop_token& stop) {
    std::error_code error;
    fs::path real = fs::canonical(folder, error);
    if (error || !fs::is_directory(real, error)) {
        return fail(ErrorCode::TrDataModelMissing,
                    fmt::format("There is no model folder {}", folder.string()),
                    error.message());
    }
    if (const std::string name = missingFile(real); !name.empty()) {
        return fail(ErrorCode::TrDataModelIncomplete,
                    fmt::format("The model folder {} has no {}", folder.string(), name));
    }
    // The file may be a link into the cache of another program: the sum is that of its target.
    return sha256OfFile(fs::canonical(real / "model.bin", error), stop)
        .and_then([&](std::string sum) -> Result<ResolvedModel> {
            if (!sha256.empty()) {
                const std::string shown = (folder / "model.bin").string();
                if (auto checked = checkSum(shown, sum, lowerAscii(sha256)); !checked) {
                    return tl::unexpected(checked.error());
                }
            }
            return ResolvedModel{std::move(real), std::move(sum)};
        });
}

}  // namespace

fs::path modelsFolder() {
    // Written, where the configuration names another folder, before there is a second thread.
    const char* value = std::getenv("CHAT_MODELS");  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr && *value != '\0' ? fs::path(value) : cacheFolder() / "models";
}

fs::path stagingFolder(std::string_view name, const fs::path& models) {
    return models / fmt::format(".{}.part", name);
}

std::vector<ModelStatus> listModels(const fs::path& models) {
    std::vector<ModelStatus> all;
    for (const ModelInfo& model : modelCatalog()) {
        all.push_back(statusOf(std::string(model.name), &model, models / model.name));
    }
    std::vector<ModelStatus> others;
    std::error_code error;
    for (fs::directory_iterator entry(models, error), end; !error && entry != end;
         entry.increment(error)) {
        std::string name = entry->path().filename().string();
        std::error_code ignored;
        if (isPlainName(name) && findModel(name) == nullptr && entry->is_directory(ignored)) {
            others.push_back(statusOf(std::move(name), nullptr, entry->path()));
        }
    }
    std::sort(others.begin(), others.end(), [](const ModelStatus& a, const ModelStatus& b) {
        return a.name < b.name;
    });
    std::ranges::move(others, std::back_inserter(all));
    return all;
}

std::vector<ModelStatus> usableModels(const fs::path& models) {
    std::vector<ModelStatus> all = listModels(models);
    std::erase_if(
        all, [](const ModelStatus& model) { return model.info == nullptr || !model.complete; });
    return all;
}

Status verifyModel(const ModelInfo& model, const fs::path& folder, const std::stop_token& stop) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        return missing(model.name);
    }
    for (const ModelFile& file : model.files) {
        const std::string shown = fmt::format("{} of the model {}", file.name, model.name);
        const std::uint64_t length = fileBytes(folder / file.name);
        if (length < file.bytes) {
            return fail(
                ErrorCode::TrDataModelIncomplete,
                length == 0
                    ? fmt::format("The file {} is missing or empty", shown)
                    : fmt::format("The file {} has {} of its {} bytes", shown, length, file.bytes));
        }
        // Model files are parsed only after this: links are not followed, so that the file that
        // was summed is the one in the folder.
        const auto sum = sha256OfFile(folder / file.name, stop);
        if (!sum) {
            return tl::unexpected(sum.error());
        }
        if (auto checked = checkSum(shown, *sum, file.sha256); !checked) {
            return checked;
        }
    }
    return {};
}

Result<ResolvedModel> resolveModel(std::string_view nameOrFolder,
                                   std::string_view sha256,
                                   const fs::path& models,
                                   const std::stop_token& stop) {
    const ModelInfo* info = findModel(nameOrFolder);
    if (info != nullptr) {
        fs::path folder = models / info->name;
        const std::string_view sum = info->weights().sha256;
        return verifyModel(*info, folder, stop)
            .and_then([&] {
                return sha256.empty()
                           ? Status()
                           : checkSum("model.bin of the model " + std::string(info->name),
                                      sum,
                                      lowerAscii(sha256));
            })
            .map([&] { return ResolvedModel{std::move(folder), std::string(sum)}; });
    }
    std::error_code error;
    if (isPlainName(nameOrFolder) && fs::is_directory(models / nameOrFolder, error)) {
        if (sha256.empty()) {
            return fail(ErrorCode::TrDataModelUnpinned,
                        fmt::format("The model {} is not in the catalog", nameOrFolder));
        }
        return resolveFolder(models / nameOrFolder, sha256, stop);
    }
    if (isPlainName(nameOrFolder) && !fs::exists(nameOrFolder, error)) {
        return missing(nameOrFolder);
    }
    return resolveFolder(nameOrFolder, sha256, stop);
}

Status removeModel(std::string_view name, const fs::path& models) {
    const WritePoint point("models: removal");
    std::error_code error;
    if (!isPlainName(name)) {
        return missing(name);
    }
    std::uintmax_t removed = 0;
    for (const fs::path& folder : {models / name, stagingFolder(name, models)}) {
        const auto count = fs::remove_all(folder, error);
        if (error) {
            return tl::unexpected(systemError(
                error.value(), "remove", folder.string(), ErrorCode::SysPermUnwritable));
        }
        removed += count;
    }
    if (removed == 0) {
        return missing(name);
    }
    return {};
}

}  // namespace chat::transcribe
