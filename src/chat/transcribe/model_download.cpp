#include "chat/transcribe/model_download.h"

#include "chat/core/files.h"
#include "chat/core/sha256.h"
#include "chat/core/text.h"
#include "chat/core/write_point.h"
#include "chat/transcribe/installed_models.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

namespace chat::transcribe {

namespace fs = std::filesystem;

namespace {

/// Room that other programs should find when a model has been installed.
constexpr std::uint64_t kSpareBytes = 16 * 1024 * 1024;

tl::unexpected<Error> unwritable(std::error_code error,
                                 std::string_view doing,
                                 const fs::path& path) {
    return tl::unexpected(
        systemError(error.value(), doing, path.string(), ErrorCode::SysPermUnwritable));
}

/// Keeps a second program from fetching the same model, until the descriptor is closed.
Result<FileDescriptor> locked(const fs::path& folder, std::string_view name) {
    FileDescriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!handle) {
        return unwritable(std::error_code(errno, std::system_category()), "open", folder);
    }
    if (::flock(handle.get(), LOCK_EX | LOCK_NB) != 0) {
        return fail(ErrorCode::DlUnkGenericError,
                    fmt::format("Another program is fetching the model {} right now", name));
    }
    return handle;
}

bool hasItsSum(const fs::path& path, const ModelFile& file, const std::stop_token& stop) {
    std::error_code error;
    if (fs::file_size(path, error) != file.bytes || error) {
        return false;
    }
    const auto sum = sha256OfFile(path, stop);
    return sum && *sum == file.sha256;
}

/// Takes over the files of a damaged model that are right.
void keepGoodFiles(const ModelInfo& model,
                   const fs::path& from,
                   const fs::path& to,
                   const std::stop_token& stop) {
    for (const ModelFile& file : model.files) {
        std::error_code ignored;
        if (!fs::exists(to / file.name, ignored) && hasItsSum(from / file.name, file, stop)) {
            fs::create_hard_link(from / file.name, to / file.name, ignored);
        }
    }
}

std::uint64_t bytesThere(const ModelInfo& model, const fs::path& staging) {
    std::uint64_t sum = 0;
    for (const ModelFile& file : model.files) {
        for (const char* ending : {"", ".part"}) {
            std::error_code error;
            const auto length = fs::file_size(staging / (std::string(file.name) + ending), error);
            sum += error ? 0 : length;
        }
    }
    return sum;
}

Status checkRoom(const ModelInfo& model, const fs::path& staging) {
    std::error_code error;
    const auto room = fs::space(staging, error);
    const std::uint64_t there = std::min(bytesThere(model, staging), model.bytes());
    const std::uint64_t needed = model.bytes() - there + kSpareBytes;
    if (!error && room.available < needed) {
        return fail(ErrorCode::SysResDiskFull,
                    fmt::format("The model {} needs {}, and {} are left in {}",
                                model.name,
                                sizeText(needed),
                                sizeText(room.available),
                                staging.parent_path().string()));
    }
    return {};
}

/// Puts the finished folder in the place of whatever is there.
Status install(const fs::path& staging, const fs::path& target) {
    const WritePoint point("models: into its place");
    const fs::path old = staging.string() + ".old";
    std::error_code error;
    fs::remove_all(old, error);
    fs::rename(target, old, error);
    if (error && error != std::errc::no_such_file_or_directory) {
        return unwritable(error, "replace", target);
    }
    fs::rename(staging, target, error);
    if (error) {
        std::error_code ignored;
        fs::rename(old, target, ignored);
        return unwritable(error, "install", target);
    }
    fs::remove_all(old, error);
    return {};
}

}  // namespace

net::DownloadSettings modelDownload() {
    net::DownloadSettings settings;
    settings.access.allowedHosts = {"huggingface.co", ".huggingface.co", ".hf.co"};
    return settings;
}

Result<fs::path> pullModel(const ModelInfo& model,
                           const fs::path& models,
                           const PullSettings& settings,
                           const std::function<void(const PullProgress&)>& progress,
                           const std::stop_token& stop) {
    fs::path target = models / model.name;
    if (verifyModel(model, target, stop)) {
        return target;
    }
    const fs::path staging = stagingFolder(model.name, models);
    if (auto made = makePrivateFolder(staging); !made) {
        return tl::unexpected(made.error());
    }
    const auto lock = locked(staging, model.name);
    if (!lock) {
        return tl::unexpected(lock.error());
    }
    keepGoodFiles(model, target, staging, stop);
    if (auto room = checkRoom(model, staging); !room) {
        return tl::unexpected(room.error());
    }
    std::uint64_t before = 0;
    for (const ModelFile& file : model.files) {
        const auto report = [&](std::uint64_t bytes) {
            if (progress) {
                progress({file.name, before + bytes, model.bytes()});
            }
        };
        if (!hasItsSum(staging / file.name, file, stop)) {
            const net::Download what{fmt::format("{}/{}/resolve/{}/{}",
                                                 settings.server,
                                                 model.repository,
                                                 model.revision,
                                                 file.name),
                                     staging / file.name,
                                     file.bytes,
                                     std::string(file.sha256)};
            if (auto fetched = net::download(what, settings.download, report, stop); !fetched) {
                return tl::unexpected(fetched.error());
            }
        }
        report(file.bytes);
        before += file.bytes;
    }
    if (auto installed = install(staging, target); !installed) {
        return tl::unexpected(installed.error());
    }
    return target;
}

}  // namespace chat::transcribe
