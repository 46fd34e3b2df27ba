#include "chat/core/text.h"
#include "chat/transcribe/installed_models.h"
#include "chat/transcribe/model_download.h"

#include <fmt/format.h>
#include <unistd.h>

#include "commands.h"
#include "json_output.h"
#include "stop_signal.h"
#include "terminal.h"

namespace chat::cli {

namespace {

using transcribe::ModelStatus;

const char* stateOf(const ModelStatus& model) {
    return model.complete ? "installed" : model.installed ? "incomplete" : "";
}

constexpr const char* kStatuses =
    "Exit statuses: 0 done; 2 wrong use; 3 it could not be done; 130 stopped by Ctrl-C.";

int listCommand(bool json) {
    const auto models = transcribe::listModels();
    if (json) {
        Json all = Json::array();
        for (const ModelStatus& model : models) {
            all.push_back(
                {{"name", model.name},
                 {"installed", model.complete},
                 {"incomplete", model.installed && !model.complete},
                 {"bytes", model.info != nullptr ? model.info->bytes() : model.bytesOnDisk},
                 {"folder", model.folder.string()},
                 {"source", model.info != nullptr ? std::string(model.info->repository) : ""}});
        }
        printJson(all);
        return kExitDone;
    }
    fmt::print("  {:<18}{:>9}  {:<12}{}\n", "model", "size", "state", "from");
    for (const ModelStatus& model : models) {
        fmt::print("  {:<18}{:>9}  {:<12}{}\n",
                   printable(model.name),
                   sizeText(model.info != nullptr ? model.info->bytes() : model.bytesOnDisk),
                   stateOf(model),
                   model.info != nullptr ? model.info->repository : "not in the catalog");
    }
    fmt::print("\n  They lie in {}\n", printable(transcribe::modelsFolder().string()));
    return kExitDone;
}

/// The model of that name, or an error that lists the names.
Result<const transcribe::ModelInfo*> known(const std::string& name) {
    if (const transcribe::ModelInfo* info = transcribe::findModel(name)) {
        return info;
    }
    return fail(ErrorCode::CfgValSetting,
                "There is no model " + name + "; there are " + transcribe::modelNames());
}

int ended(const Status& status) {
    return status ? kExitDone : endedBy(status.error());
}

Status pull(const std::string& name,
            const transcribe::PullSettings& settings,
            const std::stop_token& stop) {
    const auto info = known(name);
    if (!info) {
        return tl::unexpected(info.error());
    }
    const bool live = isTerminal(STDERR_FILENO);
    int shown = -1;
    const auto progress = [&](const transcribe::PullProgress& at) {
        const auto percent =
            at.totalBytes == 0 ? 0 : static_cast<int>(at.doneBytes * 100 / at.totalBytes);
        if (live && percent != shown) {
            shown = percent;
            fmt::print(stderr,
                       "\r  {} {:>3} % of {}  {:<16}",
                       name,
                       percent,
                       sizeText(at.totalBytes),
                       at.file);
        }
    };
    auto folder =
        transcribe::pullModel(**info, transcribe::modelsFolder(), settings, progress, stop);
    if (live) {
        fmt::print(stderr, "\r\x1B[K");
    }
    return folder.map([&](const std::filesystem::path& path) {
        fmt::print("{} is installed in {}\n", name, printable(path.string()));
    });
}

Status verify(std::vector<std::string> names, const std::stop_token& stop) {
    if (names.empty()) {
        for (const ModelStatus& model : transcribe::listModels()) {
            if (model.installed && model.info != nullptr) {
                names.push_back(model.name);
            }
        }
    }
    for (const std::string& name : names) {
        const auto info = known(name);
        if (!info) {
            return tl::unexpected(info.error());
        }
        if (auto verified =
                transcribe::verifyModel(**info, transcribe::modelsFolder() / name, stop);
            !verified) {
            return verified;
        }
        fmt::print("{}: every file is the one that the catalog names\n", name);
    }
    return {};
}

}  // namespace

void addModels(CLI::App& app, Action& action) {
    CLI::App* models =
        app.add_subcommand("models", "Speech models: what is there, fetch, check, remove");
    models->require_subcommand(1);
    models->footer(
        "Examples:\n"
        "  chat models list            what can be had and what is installed\n"
        "  chat models pull base       fetch a model; goes on where it was cut off\n"
        "  chat models verify          check the installed ones against their sums\n"
        "  chat models remove small    delete one that is not used\n"
        "  chat models path            where they lie\n" +
        std::string(kStatuses));

    struct Options {
        bool json = false;
        std::string name;
        std::vector<std::string> names;
        transcribe::PullSettings pull;
    };
    auto options = std::make_shared<Options>();

    CLI::App* list = models->add_subcommand("list", "The catalog and what is installed");
    list->add_flag("--json", options->json, "As JSON");
    list->footer("Example:\n  chat models list --json | jq -r '.[] | select(.installed).name'\n" +
                 std::string(kStatuses));
    list->final_callback(
        [options, &action] { action = [options] { return listCommand(options->json); }; });

    CLI::App* pullCommand = models->add_subcommand("pull", "Fetch and install a model");
    pullCommand->add_option("name", options->name, "A model that `chat models list` shows")
        ->type_name("NAME")
        ->required();
    pullCommand->add_option("--server", options->pull.server, "A mirror with the same paths")
        ->type_name("URL")
        ->capture_default_str();
    pullCommand
        ->add_option("--allow-host",
                     options->pull.download.access.allowedHosts,
                     "A further host that may be asked")
        ->type_name("HOST");
    pullCommand
        ->add_option("--allow-address",
                     options->pull.download.access.allowedAddresses,
                     "An address of this machine or network that may be asked")
        ->type_name("ADDRESS");
    pullCommand
        ->add_option("--ca-file",
                     options->pull.download.access.certificateFile,
                     "Certificates to trust, PEM")
        ->type_name("FILE");
    pullCommand->footer(
        "A download that was cut off goes on where it was. Each file is checked against its sum.\n"
        "Examples:\n"
        "  chat models pull base\n"
        "  chat models pull small --server https://mirror.example --allow-host mirror.example\n" +
        std::string(kStatuses));
    pullCommand->final_callback([options, &action] {
        action = [options] {
            StopSignal signal;
            return ended(pull(options->name, options->pull, signal.token()));
        };
    });

    CLI::App* verifyCommand =
        models->add_subcommand("verify", "Check installed models against their sums");
    verifyCommand
        ->add_option("names", options->names, "Names; all that are installed when left out")
        ->type_name("NAME");
    verifyCommand->footer("Example:\n  chat models verify base\n" + std::string(kStatuses));
    verifyCommand->final_callback([options, &action] {
        action = [options] {
            StopSignal signal;
            return ended(verify(options->names, signal.token()));
        };
    });

    CLI::App* remove = models->add_subcommand("remove", "Delete an installed model");
    remove->add_option("name", options->name, "Name of the model")->type_name("NAME")->required();
    remove->footer("Example:\n  chat models remove small\n" + std::string(kStatuses));
    remove->final_callback([options, &action] {
        action = [options] {
            return ended(transcribe::removeModel(options->name).map([&] {
                fmt::print("{} is removed\n", printable(options->name));
            }));
        };
    });

    CLI::App* path = models->add_subcommand("path", "The folder of a model, or of all");
    path->add_option("name", options->name, "Name of the model; the folder of all when left out")
        ->type_name("NAME");
    path->footer("Example:\n  chat models path base\n" + std::string(kStatuses));
    path->final_callback([options, &action] {
        action = [options] {
            if (options->name.empty()) {
                fmt::print("{}\n", transcribe::modelsFolder().string());
                return static_cast<int>(kExitDone);
            }
            StopSignal signal;
            return ended(transcribe::resolveModel(
                             options->name, {}, transcribe::modelsFolder(), signal.token())
                             .map([](const transcribe::ResolvedModel& model) {
                                 fmt::print("{}\n", model.folder.string());
                             }));
        };
    });
}

}  // namespace chat::cli
