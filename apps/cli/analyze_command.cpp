#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/transcribe/installed_models.h"
#include "chat/transcribe/tokenizer.h"
#include "chat/transcribe/vocabulary.h"
#include "chat/transcribe/whisper_transcriber.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>

#include "analysis_options.h"
#include "commands.h"
#include "run_options.h"
#include "stop_signal.h"
#include "terminal.h"

namespace chat::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultModel = "base";

struct AnalyzeOptions {
    std::vector<std::string> paths;
    std::string out;
    std::string model;
    std::string sha256;
    bool noTranscribe = false;
    int beam = 5;
    std::string language = "en";
    std::string vocabulary;
    std::string manifest;
    std::string filePattern;
    bool allowOutside = false;
    AnalysisOptions analysis;
    std::string audio = "copy";
    bool force = false;
    RunOptions run;
};

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

/// The model to use. None with a note for the report when none was asked for and none is installed.
Result<std::optional<pipeline::SpeechModel>> chooseModel(const AnalyzeOptions& options,
                                                         int replicas,
                                                         std::vector<std::string>& notes,
                                                         const std::stop_token& stop) {
    if (options.noTranscribe) {
        notes.emplace_back(
            "Transcription was switched off: there are no words, only what sound tells.");
        return std::nullopt;
    }
    const std::string wanted = options.model.empty() ? kDefaultModel : options.model;
    const auto found =
        transcribe::resolveModel(wanted, options.sha256, transcribe::modelsFolder(), stop);
    if (!found && options.model.empty() && found.error().code == ErrorCode::TrDataModelMissing) {
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
    model.fingerprint = found->sha256;
    model.beam = options.beam;
    model.language = options.language;
    if (!options.vocabulary.empty()) {
        auto names = vocabularyFor(found->folder, options.vocabulary, notes);
        if (!names) {
            return tl::unexpected(names.error());
        }
        model.vocabulary = std::move(*names);
    }
    transcribe::WhisperOptions whisper;
    whisper.vocabulary = model.vocabulary;
    whisper.replicas = replicas;
    whisper.beam = options.beam;
    whisper.language = options.language;
    model.load = [path = found->folder,
                  whisper]() -> Result<std::unique_ptr<transcribe::Transcriber>> {
        return transcribe::WhisperTranscriber::load(path, whisper);
    };
    return model;
}

Result<pipeline::RunSettings> runSettings(const AnalyzeOptions& options,
                                          const std::stop_token& stop) {
    pipeline::RunSettings settings;
    settings.paths.assign(options.paths.begin(), options.paths.end());
    if (!options.manifest.empty()) {
        settings.listing.manifest = options.manifest;
    }
    settings.listing.filePattern = options.filePattern;
    settings.listing.allowOutside = options.allowOutside;
    settings.reportFolder = options.out.empty() ? defaultReportFolder() : options.out;
    settings.force = options.force;
    readRunOptions(options.run, settings);
    settings.audio = options.audio == "link"   ? pipeline::AudioMode::Link
                     : options.audio == "none" ? pipeline::AudioMode::None
                                               : pipeline::AudioMode::Copy;
    if (auto read = readAnalysisOptions(options.analysis, settings); !read) {
        return tl::unexpected(read.error());
    }
    auto model = chooseModel(options, settings.workers, settings.notes, stop);
    if (!model) {
        return tl::unexpected(model.error());
    }
    settings.model = std::move(*model);
    return settings;
}

int exitStatus(const pipeline::RunOutcome& outcome) {
    const auto count = [&](report::CallStatus status) {
        return std::ranges::count(outcome.calls, status, &pipeline::CallOutcome::status);
    };
    if (!outcome.facts.complete) {
        return kExitInterrupted;
    }
    if (count(report::CallStatus::Analyzed) == 0) {
        return kExitNothingDone;
    }
    return count(report::CallStatus::Failed) > 0 ? kExitSomeFailed : kExitDone;
}

int analyze(const AnalyzeOptions& options) {
    StopSignal signal;
    const auto settings = runSettings(options, signal.token());
    if (!settings) {
        printError(settings.error());
        const ErrorCode code = settings.error().code;
        return code == ErrorCode::AnValSetting || code == ErrorCode::CfgValSetting
                   ? kExitWrongUse
                   : kExitNothingDone;
    }
    Progress progress(progressStyle(options.run),
                      [&](const fs::path& folder) { signal.setTemporary(folder); });
    const SystemClock clock;
    const auto outcome = pipeline::analyzeRecordings(*settings, progress, clock, signal.token());
    progress.clear();
    if (!outcome) {
        printError(outcome.error());
        return outcome.error().code == ErrorCode::CfgValSetting ? kExitWrongUse : kExitNothingDone;
    }
    printOutcome(options.run, *outcome, *settings);
    return exitStatus(*outcome);
}

}  // namespace

void addAnalyze(CLI::App& app, Action& action) {
    auto options = std::make_shared<AnalyzeOptions>();
    CLI::App* command =
        app.add_subcommand("analyze", "Analyze recordings and write a report folder");
    command->add_option("paths", options->paths, "Recordings, or folders of them")
        ->type_name("PATH");
    command
        ->add_option("-o,--out", options->out, "Report folder; an earlier report there is replaced")
        ->type_name("DIR")
        ->default_str("call_analysis_YYYYMMDD_HHMMSS");
    command
        ->add_option("--manifest",
                     options->manifest,
                     "CSV or JSON with SID, order, chain, store, agent, time and phone per file")
        ->type_name("FILE");
    command
        ->add_option("--file-pattern",
                     options->filePattern,
                     "What file names say, e.g. {store}_{agent}_{date}_{time}_{sid}")
        ->type_name("PATTERN");
    command->add_flag(
        "--allow-outside", options->allowOutside, "The manifest may name files outside its folder");
    command
        ->add_option(
            "-m,--model", options->model, "Speech model: a name of `chat models list`, or a folder")
        ->type_name("NAME|DIR")
        ->default_str(kDefaultModel);
    command
        ->add_option(
            "--sha256",
            options->sha256,
            "Expected sum of the model's model.bin, for models that are not in the catalog")
        ->type_name("SUM");
    command->add_flag("--no-transcribe", options->noTranscribe, "Only what sound tells; no words");
    command->add_option("--beam", options->beam, "Width of the search for words; 1 is fastest")
        ->check(CLI::Range(1, 20))
        ->capture_default_str();
    command
        ->add_option(
            "--language", options->language, "Language spoken, or auto: found for each call")
        ->type_name("CODE")
        ->capture_default_str();
    command
        ->add_option("--vocabulary",
                     options->vocabulary,
                     "File of names to expect, one a line: stores, products, streets, people")
        ->type_name("FILE");
    addAnalysisOptions(*command, options->analysis);
    command
        ->add_option("--audio",
                     options->audio,
                     "Sound in the report: a small copy, a link to the recording, or none")
        ->check(CLI::IsMember({"copy", "link", "none"}))
        ->capture_default_str();
    command->add_flag("--force", options->force, "Do everything anew");
    addRunOptions(*command, options->run);
    command->footer(
        "Examples:\n"
        "  chat analyze recordings/                      a folder, with everything below it\n"
        "  chat analyze --manifest calls.csv --out monday  the files that a manifest names\n"
        "  chat analyze call.wav --no-transcribe         seconds instead of minutes, without "
        "words\n"
        "  chat analyze recordings/ --json | jq .summary figures for a script");
    command->final_callback([options, &action] {
        if (options->paths.empty() && options->manifest.empty()) {
            throw CLI::RequiredError("PATH or --manifest");
        }
        action = [options] { return analyze(*options); };
    });
}

}  // namespace chat::cli
