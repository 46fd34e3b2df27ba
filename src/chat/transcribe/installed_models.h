#pragma once

#include "chat/core/error.h"
#include "chat/transcribe/model_catalog.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace chat::transcribe {

/// $CHAT_MODELS, else `models` in the cache folder: each model is a folder of its name in it.
[[nodiscard]] std::filesystem::path modelsFolder();

/// A model of the catalog or one that lies in the models folder, as `chat models list` shows it.
struct ModelStatus {
    std::string name;
    const ModelInfo* info = nullptr;  ///< null for one that is not in the catalog
    std::filesystem::path folder;     ///< where it is or would be
    bool installed = false;           ///< the folder exists
    bool complete = false;  ///< all files are there, with the catalog's lengths where it knows them
    std::uint64_t bytesOnDisk = 0;
};

/// The catalog in its order, then what else lies in the models folder. Sums are not computed.
[[nodiscard]] std::vector<ModelStatus> listModels(
    const std::filesystem::path& models = modelsFolder());

/// Those of the catalog that are complete, from small to large.
[[nodiscard]] std::vector<ModelStatus> usableModels(
    const std::filesystem::path& models = modelsFolder());

/// Compares every file in `folder` with the catalog's lengths and sums; about a second for 1.5 GB.
/// Errors: TR_DATA_MODEL_MISSING (no such folder), TR_DATA_MODEL_INCOMPLETE (a file is missing or
/// short), TR_DATA_MODEL_SUM_MISMATCH, SYS_STATE_STOPPED, those of `sha256OfFile`.
[[nodiscard]] Status verifyModel(const ModelInfo& model,
                                 const std::filesystem::path& folder,
                                 const std::stop_token& stop = {});

struct ResolvedModel {
    std::filesystem::path folder;
    std::string
        sha256;  ///< of its model.bin: whatever a model is called, its weights tell it apart
};

/// The model to load for what `--model` says: a name of the catalog or a folder. Nothing of a
/// model is parsed before this has said yes.
///
/// A name is looked up in the models folder and every file must have its sum. A path is taken when its
/// four files are there: whose it is, the user said. With `sha256` the model.bin must have that sum;
/// a model that lies in the models folder without being in the catalog can be named with it only.
/// Errors: those of `verifyModel`, TR_DATA_MODEL_UNPINNED.
[[nodiscard]] Result<ResolvedModel> resolveModel(
    std::string_view nameOrFolder,
    std::string_view sha256 = {},
    const std::filesystem::path& models = modelsFolder(),
    const std::stop_token& stop = {});

/// Deletes a model and what an unfinished download of it left. Errors: TR_DATA_MODEL_MISSING,
/// SYS_PERM_UNWRITABLE.
[[nodiscard]] Status removeModel(std::string_view name,
                                 const std::filesystem::path& models = modelsFolder());

/// Where `pullModel` collects a model before it is put in place.
[[nodiscard]] std::filesystem::path stagingFolder(std::string_view name,
                                                  const std::filesystem::path& models);

}  // namespace chat::transcribe
