#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/transcribe/transcriber.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace chat::transcribe {

/// What a model took on this machine when it was used with these settings.
struct ModelMeasurement {
    std::string model;        ///< its name
    std::uint64_t bytes = 0;  ///< of its model.bin: another file of that name was not measured
    int workers = 0;
    int beam = 0;
    std::uint64_t peakBytes = 0;  ///< of the process that used it
    double cost = 0;              ///< seconds of one worker for a second of a recording

    bool operator==(const ModelMeasurement&) const = default;
};

/// Where this machine's measurements are kept: model_measurements.json in the cache folder.
[[nodiscard]] std::filesystem::path measurementsFile();

/// All that were noted; none when there is no file or it is damaged: then they are made again.
[[nodiscard]] std::vector<ModelMeasurement> readMeasurements(const std::filesystem::path& file);

/// The one of the same model, file and settings, or null.
[[nodiscard]] const ModelMeasurement* findMeasurement(const std::vector<ModelMeasurement>& known,
                                                      const ModelMeasurement& like);

/// Keeps a measurement in the place of an earlier one of the same model and settings. Errors: those of
/// `writeFileAtomically`.
[[nodiscard]] Status noteMeasurement(const std::filesystem::path& file,
                                     const ModelMeasurement& measurement);

/// Fills peak and cost of `measurement` by transcribing windows of a built-in sound, one for each worker at the
/// same time; some seconds with the loading. A first idea, to be replaced by what a run took: the sound holds no
/// words, so it is quicker than speech. The peak is that of the process it is called in. Errors: those of
/// `load` and `Transcriber::transcribe`.
[[nodiscard]] Status measureModel(const std::function<Result<std::unique_ptr<Transcriber>>()>& load,
                                  const Clock& clock,
                                  ModelMeasurement& measurement);

}  // namespace chat::transcribe
