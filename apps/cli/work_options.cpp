#include "work_options.h"

#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/pipeline/auto_model.h"
#include "chat/pipeline/finish_time.h"
#include "chat/transcribe/installed_models.h"
#include "chat/transcribe/tokenizer.h"
#include "chat/transcribe/vocabulary.h"
#include "chat/transcribe/whisper_transcriber.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "json_output.h"

namespace chat::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultModel = "base";
constexpr const char* kAutoModel = "auto";
constexpr const char* kNoTime = "none";

std::string defaultReportFolder() {
    return fmt::format("call_analysis_{:%Y%m%d_%H%M%S}", fmt::localtime(std::time(nullptr)));
}

/// The names that the model is told to expect; a note where the file holds more than fit.
Result<std::vector<std::string>> vocabularyFor(const fs::path& model,
                                               const std::string& file,
                                               std::vector<std::string>& notes) {
    const auto tokenizer = transcribe::Tokenizer::load(model);
    if (!tokenizer) {
        return tl::unexpected(tokenizer.error());
    }
    auto names = readFile(file, transcribe::kLongestVocabulary, ErrorCode::CfgFmtVocabulary)
                     .and_then([&](const std::string& text) {
                         return transcribe::parseVocabulary(text, file);
                     });
    if (!names) {
        return names;
    }
    const std::size_t fit = transcribe::vocabularyPrompt(*tokenizer, *names).names;
    if (fit < names->size()) {
        notes.push_back(
            fmt::format("The vocabulary has {} names; the model was told the first {}, which is "
                        "what it can hold.",
                        names->size(),
                        fit));
        names->resize(fit);
    }
    return names;
}

pipeline::AutoModelSettings autoSettings(const WorkOptions& options,
                                         const pipeline::RunSettings& run) {
    pipeline::AutoModelSettings settings;
    settings.language = options.language;
    settings.workers = run.workers;
    settings.beam = options.beam;
    settings.finishBy = run.finishBy;
    settings.paths = run.paths;
    settings.listing = run.listing;
    settings.models = transcribe::modelsFolder();
    settings.program = run.workerProgram.value_or(pipeline::WorkerProgram());
    settings.measurements = transcribe::measurementsFile();
    return settings;
}

Status readFinishBy(const std::string& given, pipeline::RunSettings& run) {
    if (given.empty()) {
        return {};
    }
    run.finishBy = pipeline::finishTime(given, SystemClock().now());
    if (!run.finishBy && given != kNoTime) {
        return fail(ErrorCode::CfgValSetting,
                    fmt::format("{} is no time to finish by; it must be like 17:30 or "
                                "2026-11-30T17:30, or none.",
                                printable(given)));
    }
    return {};
}

/// Says at once when the run is not expected to end in time, and when that cannot be known. The report knows it already of a model
/// that was chosen for the deadline.
Status tellOfDeadline(const WorkOptions& options, pipeline::RunSettings& run) {
    if (!run.finishBy) {
        return {};
    }
    auto outlook = run.model
                       ? pipeline::outlookFor(autoSettings(options, run), *run.model, SystemClock())
                       : Result<pipeline::Outlook>();
    if (!outlook) {
        return tl::unexpected(outlook.error());
    }
    if (!outlook->known) {
        fmt::print(
            stderr,
            "chat: Whether the calls will be done in time cannot be said: what they take {}.\n",
            run.model ? "with model " + printable(run.model->name) +
                            " was not measured on this machine yet"
                      : "without words is not measured");
    } else if (!outlook->warning.empty()) {
        fmt::print(stderr, "chat: {}\n", printable(outlook->warning));
        if (options.model != kAutoModel) {
            run.notes.push_back(std::move(outlook->warning));
        }
    }
    return {};
}

/// The installed model that suits the machine and the deadline, with a note that says why. Empty when none is
/// installed.
Result<std::string> chooseAutoModel(const WorkOptions& options,
                                    pipeline::RunSettings& run,
                                    const std::stop_token& stop) {
    const SystemClock clock;
    auto choice = pipeline::chooseInstalledModel(autoSettings(options, run), clock, stop);
    if (!choice) {
        return tl::unexpected(choice.error());
    }
    std::optional<transcribe::ModelChoice> chosen = std::move(*choice);
    if (!chosen) {
        return std::string();
    }
    run.notes.push_back(std::move(chosen->why));
    return std::move(chosen->name);
}

/// The model to use. None with a note for the report when none was asked for and none is installed.
Result<std::optional<pipeline::SpeechModel>> chooseModel(const WorkOptions& options,
                                                         pipeline::RunSettings& run,
                                                         const std::stop_token& stop) {
    std::vector<std::string>& notes = run.notes;
    if (options.noTranscribe) {
        notes.emplace_back(
            "Transcription was switched off: there are no words, only what sound tells.");
        return std::nullopt;
    }
    std::string asked = options.model;
    if (asked == kAutoModel) {
        auto name = chooseAutoModel(options, run, stop);
        if (!name) {
            return tl::unexpected(name.error());
        }
        asked = std::move(*name);
    }
    const auto found = transcribe::resolveModel(
        asked.empty() ? kDefaultModel : asked, options.sha256, transcribe::modelsFolder(), stop);
    if (!found && asked.empty() && found.error().code == ErrorCode::TrDataModelMissing) {
        notes.emplace_back(
            "No speech model is installed: there are no words, only what sound tells. "
            "Install one with `chat models pull base` and run the same command again.");
        return std::nullopt;
    }
    if (!found) {
        return tl::unexpected(found.error());
    }
    pipeline::SpeechModel model;
    model.name = found->folder.filename().string();
    model.folder = found->folder;
    model.fingerprint = found->sha256;
    model.bytes = fileBytes(found->folder / "model.bin");
    model.beam = options.beam;
    model.language = options.language;
    if (!options.vocabulary.empty()) {
        auto names = vocabularyFor(found->folder, options.vocabulary, notes);
        if (!names) {
            return tl::unexpected(names.error());
        }
        model.vocabulary = std::move(*names);
    }
    return model;
}

/// Calls `use` with the name and place of each option that a batch keeps.
template <typename Options, typename Use>
void eachSetting(Options& options, Use use) {
    use("model", options.model);
    use("sha256", options.sha256);
    use("no-transcribe", options.noTranscribe);
    use("beam", options.beam);
    use("language", options.language);
    use("vocabulary", options.vocabulary);
    use("profile", options.analysis.profile);
    use("min-silence", options.analysis.minSilence);
    use("medium-from", options.analysis.mediumFrom);
    use("long-from", options.analysis.longFrom);
    use("long-hold", options.analysis.longHold);
    use("context", options.analysis.context);
    use("rules", options.analysis.rules);
    use("agent-channel", options.analysis.agentChannel);
    use("audio", options.audio);
}

void makeAbsolute(std::string& path) {
    std::error_code error;
    if (!path.empty() && fs::exists(path, error)) {
        path = fs::absolute(path, error).lexically_normal().string();
    }
}

void take(const nlohmann::json& value, std::optional<double>& into) {
    if (value.is_null()) {
        into.reset();
    } else {
        into = value.get<double>();
    }
}

template <typename T>
void take(const nlohmann::json& value, T& into) {
    value.get_to(into);
}

nlohmann::json valueOf(const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

template <typename T>
nlohmann::json valueOf(const T& value) {
    return value;
}

/// Takes those of a batch's settings that are `wanted`.
template <typename Wanted>
Status takeSettings(const std::string& settings, WorkOptions& options, Wanted wanted) {
    const auto kept = nlohmann::json::parse(settings, nullptr, false);
    try {
        eachSetting(options, [&](const char* name, auto& value) {
            if (wanted(name) && kept.contains(name)) {
                take(kept.at(name), value);
            }
        });
    } catch (const nlohmann::json::exception& error) {
        return fail(ErrorCode::CfgValSetting,
                    "The settings kept with the batch cannot be used",
                    error.what());
    }
    return {};
}

}  // namespace

void addWorkOptions(CLI::App& command, WorkOptions& options) {
    command
        .add_option("-o,--out", options.out, "Report folder; an earlier report there is replaced")
        ->type_name("DIR")
        ->default_str("call_analysis_YYYYMMDD_HHMMSS");
    command
        .add_option("-m,--model",
                    options.model,
                    "Name of `chat models list`, a folder, or auto: the most accurate that suits "
                    "this machine")
        ->type_name("NAME|DIR|auto")
        ->default_str(kDefaultModel);
    command
        .add_option("--finish-by",
                    options.finishBy,
                    "When the batch is to be done, like 17:30 or 2026-11-30T17:30; --model auto "
                    "chooses for it")
        ->type_name("TIME|none");
    command
        .add_option("--sha256",
                    options.sha256,
                    "Expected sum of the model's model.bin, for models that are not in the catalog")
        ->type_name("SUM");
    command.add_flag("--no-transcribe", options.noTranscribe, "Only what sound tells; no words");
    command.add_option("--beam", options.beam, "Width of the search for words; 1 is fastest")
        ->check(CLI::Range(1, 20, "1-20"))
        ->type_name("N")
        ->capture_default_str();
    command
        .add_option("--language", options.language, "Language spoken, or auto: found for each call")
        ->type_name("CODE")
        ->capture_default_str();
    command
        .add_option("--vocabulary",
                    options.vocabulary,
                    "File of names to expect, one a line: stores, products, streets, people")
        ->type_name("FILE");
    addAnalysisOptions(command, options.analysis);
    command
        .add_option("--audio",
                    options.audio,
                    "Sound in the report: a small copy, a link to the recording, or none")
        ->check(CLI::IsMember({"copy", "link", "none"}))
        ->capture_default_str();
    command.add_flag("--force", options.force, "Do everything anew");
    command
        .add_option("--most-memory",
                    options.mostMemory,
                    "No call is begun while more than so much of the memory is in use")
        ->check(CLI::Range(10, 100, "10-100"))
        ->type_name("PERCENT")
        ->capture_default_str();
    command
        .add_option("--stalled-after",
                    options.stalledAfter,
                    "A call that makes no progress for so long is taken from its worker, which is "
                    "begun anew")
        ->check(CLI::Range(0.01, 1440.0, "0.01-1440"))
        ->type_name("MINUTES")
        ->capture_default_str();
    command.add_option("--keep-errors", options.keepErrors, "For how long the store keeps errors")
        ->check(CLI::Range(1, 36'500, "1-36500"))
        ->type_name("DAYS")
        ->capture_default_str();
}

std::string settingsText(const WorkOptions& options) {
    WorkOptions kept = options;
    makeAbsolute(kept.model);
    makeAbsolute(kept.vocabulary);
    makeAbsolute(kept.analysis.rules);
    Json settings;
    eachSetting(kept,
                [&](const char* name, const auto& value) { settings[name] = valueOf(value); });
    return jsonText(settings);
}

Status takeSettings(const std::string& settings, WorkOptions& options) {
    return takeSettings(settings, options, [](const char*) { return true; });
}

Status takeSettings(const CLI::App& command, const std::string& settings, WorkOptions& options) {
    return takeSettings(settings, options, [&](const char* name) {
        return command.count(std::string("--") + name) == 0;
    });
}

std::shared_ptr<pipeline::SpeechModel> smallerSpeechModel(const pipeline::SpeechModel& model) {
    auto models = transcribe::usableModels();
    std::erase_if(models, [&](const transcribe::ModelStatus& one) {
        return one.info->weights().bytes >= model.bytes ||
               (one.info->englishOnly() && model.language != "en");
    });
    if (models.empty()) {
        return nullptr;
    }
    const transcribe::ModelStatus& best = models.back();
    const auto found = transcribe::resolveModel(best.name);
    if (!found) {
        return nullptr;
    }
    auto smaller = std::make_shared<pipeline::SpeechModel>(model);
    smaller->name = best.name;
    smaller->folder = found->folder;
    smaller->fingerprint = found->sha256;
    smaller->bytes = best.info->weights().bytes;
    smaller->smaller = {};
    return smaller;
}

Status readWorkOptions(const WorkOptions& options,
                       pipeline::RunSettings& settings,
                       const std::stop_token& stop) {
    settings.reportFolder = options.out.empty() ? defaultReportFolder() : options.out;
    settings.errorsKept = std::chrono::days(options.keepErrors);
    settings.force = options.force;
    settings.mostMemory = options.mostMemory / 100.0;
    settings.stalledAfter = std::chrono::round<std::chrono::milliseconds>(
        std::chrono::duration<double, std::ratio<60>>(options.stalledAfter));
    settings.settingsText = settingsText(options);
    settings.audio = options.audio == "link"   ? pipeline::AudioMode::Link
                     : options.audio == "none" ? pipeline::AudioMode::None
                                               : pipeline::AudioMode::Copy;
    if (auto read = readAnalysisOptions(options.analysis, settings); !read) {
        return read;
    }
    if (auto read = readFinishBy(options.finishBy, settings); !read) {
        return read;
    }
    auto model = chooseModel(options, settings, stop);
    if (!model) {
        return tl::unexpected(model.error());
    }
    settings.model = std::move(*model);
    return tellOfDeadline(options, settings);
}

}  // namespace chat::cli
