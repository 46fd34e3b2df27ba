#include "chat/transcribe/model_check.h"

#include "chat/core/files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <fstream>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace chat::transcribe {

namespace {

constexpr std::size_t kMaxConfigBytes = 1U << 20U;
constexpr std::uint32_t kMaxVariables = 20'000;
constexpr std::size_t kMaxRank = 4;
/// Bytes of one number, by CTranslate2's number for its type: float, int8, int16, int32, half, bfloat16.
constexpr std::array<std::uint64_t, 6> kItemBytes{4, 1, 2, 4, 2, 2};

struct Variable {
    std::string name;
    std::vector<std::uint64_t> shape;
    std::uint64_t bytes = 0;
    std::uint16_t firstBytes = 0;  ///< of the data: all of a small integer
};

tl::unexpected<Error> foreign(std::string cause) {
    return fail(ErrorCode::TrFmtModelForeign,
                "model.bin or config.json is not that of a Whisper model.",
                std::move(cause));
}

tl::unexpected<Error> incomplete(std::string cause) {
    return fail(ErrorCode::TrDataModelIncomplete, "model.bin ends early.", std::move(cause));
}

/// Little-endian numbers and strings from a stream that never gives more than it has.
class Reader {
  public:
    Reader(std::istream& file, std::uint64_t size)
        : file_(file)
        , left_(size) {}

    template <typename T>
    std::optional<T> number() {
        std::array<unsigned char, sizeof(T)> bytes{};
        if (!read(bytes.data(), bytes.size())) {
            return std::nullopt;
        }
        T value = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[i]) << (8 * i)));
        }
        return value;
    }

    /// A string with its length before it and a zero at its end.
    std::optional<std::string> string() {
        const auto length = number<std::uint16_t>();
        if (!length || *length == 0) {
            return std::nullopt;
        }
        std::string text(*length, '\0');
        if (!read(text.data(), text.size())) {
            return std::nullopt;
        }
        text.pop_back();
        return text;
    }

    bool skip(std::uint64_t bytes) {
        if (bytes > left_ || !file_.seekg(static_cast<std::streamoff>(bytes), std::ios::cur)) {
            return false;
        }
        left_ -= bytes;
        return true;
    }

    [[nodiscard]] std::uint64_t left() const { return left_; }

  private:
    template <typename Byte>
    bool read(Byte* to, std::size_t bytes) {
        if (bytes > left_ ||
            !file_.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(bytes))) {
            return false;
        }
        left_ -= bytes;
        return true;
    }

    std::istream& file_;
    std::uint64_t left_;
};

Result<Variable> readVariable(Reader& reader) {
    Variable variable;
    const auto name = reader.string();
    const auto rank = reader.number<std::uint8_t>();
    if (!name || !rank) {
        return incomplete("in the name of a weight");
    }
    if (*rank > kMaxRank) {
        return foreign("a weight of too many dimensions");
    }
    variable.name = *name;
    std::uint64_t count = 1;
    for (int i = 0; i < *rank; ++i) {
        const auto dimension = reader.number<std::uint32_t>();
        if (!dimension) {
            return incomplete("in the shape of a weight");
        }
        variable.shape.push_back(*dimension);
        count *= *dimension;
        if (count > UINT32_MAX) {  // keeps the product below from overflowing
            return foreign("a weight that is too large");
        }
    }
    const auto type = reader.number<std::uint8_t>();
    const auto bytes = reader.number<std::uint32_t>();
    if (!type || !bytes) {
        return incomplete("in the size of a weight");
    }
    if (*type >= kItemBytes.size() || count == 0 || *bytes != count * kItemBytes[*type]) {
        return foreign("a weight whose size is not that of its shape");
    }
    variable.bytes = *bytes;
    std::uint64_t rest = *bytes;
    if (*bytes <= sizeof(std::uint16_t)) {
        for (unsigned i = 0; rest > 0; ++i, --rest) {
            const auto byte = reader.number<std::uint8_t>();
            if (!byte) {
                break;
            }
            variable.firstBytes =
                static_cast<std::uint16_t>(variable.firstBytes | *byte << (8 * i));
        }
    }
    if (!reader.skip(rest)) {
        return incomplete("in a weight");
    }
    return variable;
}

void note(const Variable& variable, ModelShape& shape) {
    constexpr std::string_view kLayer = "decoder/layer_";
    const auto dimension = [&variable](std::size_t i) {
        return static_cast<int>(variable.shape[i]);
    };
    if (variable.name == "decoder/embeddings/weight" && variable.shape.size() == 2) {
        shape.vocabulary = dimension(0);
    } else if (variable.name == "encoder/conv1/weight" && variable.shape.size() == 3) {
        shape.melBands = dimension(1);
    } else if (variable.name == "decoder/num_heads") {
        shape.decoderHeads = variable.firstBytes;
    } else if (variable.name.starts_with(kLayer) &&
               variable.name.ends_with("/self_attention/linear_0/weight")) {
        ++shape.decoderLayers;
    }
}

std::filesystem::path resolved(const std::filesystem::path& file) {
    std::error_code ignored;  // what cannot be resolved fails when it is opened
    const std::filesystem::path target = std::filesystem::canonical(file, ignored);
    return target.empty() ? file : target;
}

}  // namespace

Result<ModelShape> readOutline(std::istream& file, std::uintmax_t size) {
    Reader reader(file, size);
    const auto version = reader.number<std::uint32_t>();
    if (!version) {
        return incomplete("in its first bytes");
    }
    if (*version < 4 || *version > 6) {
        return foreign("not in a format that CTranslate2 4 reads");
    }
    const auto spec = reader.string();
    const auto revision = reader.number<std::uint32_t>();
    const auto variables = reader.number<std::uint32_t>();
    if (spec && *spec != "WhisperSpec") {
        return foreign("a model for something else");
    }
    if (!spec || !revision || !variables) {
        return incomplete("in its head");
    }
    if (*revision > 3 || *variables > kMaxVariables) {
        return foreign("made by a newer or another program");
    }
    ModelShape shape;
    for (std::uint32_t i = 0; i < *variables; ++i) {
        const Result<Variable> variable = readVariable(reader);
        if (!variable) {
            return tl::unexpected(variable.error());
        }
        note(*variable, shape);
    }
    const auto aliases = reader.number<std::uint32_t>();
    if (!aliases) {
        return incomplete("after the weights");
    }
    for (std::uint32_t i = 0; i < *aliases; ++i) {
        if (!reader.string() || !reader.string()) {
            return incomplete("in the names after the weights");
        }
    }
    if (reader.left() != 0) {
        return foreign("more than a model in one file");
    }
    if (shape.vocabulary <= 0 || (shape.melBands != 80 && shape.melBands != 128) ||
        shape.decoderLayers <= 0 || shape.decoderHeads <= 0) {
        return foreign("weights that a Whisper model has are missing");
    }
    return shape;
}

Status checkConfig(std::string_view json, const ModelShape& shape) {
    const nlohmann::json config = nlohmann::json::parse(json, nullptr, false);
    if (!config.is_object()) {
        return foreign("config.json is not an object");
    }
    const auto below = [](const nlohmann::json& value, int limit) {
        return value.is_number_integer() && value >= 0 && value < limit;
    };
    for (const char* name : {"suppress_ids", "suppress_ids_begin", "lang_ids"}) {
        const auto ids = config.find(name);
        if (ids == config.end() || !ids->is_array()) {
            return foreign(fmt::format("config.json has no {}", name));
        }
        for (const nlohmann::json& id : *ids) {
            if (!below(id, shape.vocabulary)) {
                return foreign(fmt::format("{} names a token that does not exist", name));
            }
        }
    }
    const auto heads = config.find("alignment_heads");
    if (heads == config.end() || !heads->is_array() || heads->empty()) {
        return foreign("config.json has no alignment_heads");
    }
    for (const nlohmann::json& head : *heads) {
        if (!head.is_array() || head.size() != 2 || !below(head[0], shape.decoderLayers) ||
            !below(head[1], shape.decoderHeads)) {
            return foreign("alignment_heads names a head that does not exist");
        }
    }
    return {};
}

Result<ModelShape> checkModel(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
        return fail(ErrorCode::TrDataModelMissing,
                    fmt::format("There is no model folder {}.", folder.string()));
    }
    for (const char* name : {"model.bin", "config.json"}) {
        if (!std::filesystem::is_regular_file(folder / name, ignored)) {
            return fail(ErrorCode::TrDataModelIncomplete,
                        fmt::format("The model folder {} has no {}.", folder.string(), name));
        }
    }
    std::ifstream file(folder / "model.bin", std::ios::binary);
    if (!file) {
        return fail(ErrorCode::SysPermPathUnreadable,
                    fmt::format("{} cannot be read.", (folder / "model.bin").string()));
    }
    Result<ModelShape> shape =
        readOutline(file, std::filesystem::file_size(folder / "model.bin", ignored));
    if (!shape) {
        return shape;
    }
    return readFile(resolved(folder / "config.json"), kMaxConfigBytes, ErrorCode::TrFmtModelForeign)
        .and_then([&shape](const std::string& json) { return checkConfig(json, *shape); })
        .map([&shape] { return *shape; });
}

}  // namespace chat::transcribe
