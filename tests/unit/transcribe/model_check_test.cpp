#include "chat/transcribe/model_check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "fakes/temporary_folder.h"

namespace chat::transcribe {
namespace {

template <typename T>
void put(std::string& to, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        to += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    }
}

void putText(std::string& to, std::string_view text) {
    put(to, static_cast<std::uint16_t>(text.size() + 1));
    to += text;
    to += '\0';
}

void putWeight(std::string& to,
               std::string_view name,
               const std::vector<std::uint32_t>& shape,
               std::uint8_t type,
               std::uint8_t fill) {
    constexpr std::uint32_t kBytes[]{4, 1, 2};
    putText(to, name);
    put(to, static_cast<std::uint8_t>(shape.size()));
    std::uint32_t bytes = kBytes[type];
    for (const std::uint32_t dimension : shape) {
        put(to, dimension);
        bytes *= dimension;
    }
    put(to, type);
    put(to, bytes);
    to += static_cast<char>(fill);
    to.append(bytes - 1, '\0');
}

/// The smallest file with the outline of a Whisper model: 40 tokens, 80 bands, 2 layers of 3 heads.
std::string smallModel(std::string_view spec = "WhisperSpec", std::uint32_t bands = 80) {
    std::string file;
    put(file, std::uint32_t{6});
    putText(file, spec);
    put(file, std::uint32_t{3});
    put(file, std::uint32_t{5});
    putWeight(file, "decoder/embeddings/weight", {40, 4}, 0, 7);
    putWeight(file, "decoder/layer_0/self_attention/linear_0/weight", {2, 2}, 1, 7);
    putWeight(file, "decoder/layer_1/self_attention/linear_0/weight", {2, 2}, 1, 7);
    putWeight(file, "decoder/num_heads", {}, 2, 3);
    putWeight(file, "encoder/conv1/weight", {4, bands, 3}, 1, 7);
    put(file, std::uint32_t{1});
    putText(file, "decoder/projection/weight");
    putText(file, "decoder/embeddings/weight");
    return file;
}

constexpr std::string_view kConfig =
    R"({"suppress_ids":[1,39],"suppress_ids_begin":[],"lang_ids":[30],"alignment_heads":[[1,2],[0,0]]})";

Result<ModelShape> outlineOf(const std::string& bytes) {
    std::istringstream file(bytes);
    return readOutline(file, bytes.size());
}

TEST(ModelCheck, ReadsTheOutline) {
    const Result<ModelShape> shape = outlineOf(smallModel());
    ASSERT_TRUE(shape) << shape.error().cause;
    EXPECT_EQ(shape->vocabulary, 40);
    EXPECT_EQ(shape->melBands, 80);
    EXPECT_EQ(shape->decoderLayers, 2);
    EXPECT_EQ(shape->decoderHeads, 3);
}

TEST(ModelCheck, AFileCutAnywhereIsIncomplete) {
    const std::string whole = smallModel();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_EQ(outlineOf(whole.substr(0, length)).error().code, ErrorCode::TrDataModelIncomplete)
            << "cut after " << length << " bytes";
    }
}

TEST(ModelCheck, OtherFilesAreForeign) {
    for (const std::string& bytes : {smallModel("TransformerSpec"),
                                     smallModel("WhisperSpec", 64),
                                     smallModel() + "x",
                                     std::string("PK\3\4 a zip file, say, of some length"),
                                     std::string("RIFF....WAVEfmt "),
                                     std::string(64, '\0')}) {
        EXPECT_EQ(outlineOf(bytes).error().code, ErrorCode::TrFmtModelForeign);
    }
}

TEST(ModelCheck, DamagedFilesAreReadOrRefusedAndNeverCrash) {
    std::mt19937 random(1);
    const std::string whole = smallModel();
    for (int round = 0; round < 5'000; ++round) {
        std::string bytes = whole;
        for (unsigned i = random() % 4 + 1; i > 0; --i) {
            bytes[random() % std::min<std::size_t>(bytes.size(), 250)] =
                static_cast<char>(random());
        }
        const Result<ModelShape> shape = outlineOf(bytes);
        if (!shape) {
            EXPECT_TRUE(shape.error().code == ErrorCode::TrFmtModelForeign ||
                        shape.error().code == ErrorCode::TrDataModelIncomplete);
        }
    }
}

TEST(ModelCheck, TheConfigurationMustFitTheModel) {
    const ModelShape shape = *outlineOf(smallModel());
    EXPECT_TRUE(checkConfig(kConfig, shape));
    const auto with = [](std::string_view from, std::string_view to) {
        std::string text(kConfig);
        return text.replace(text.find(from), from.size(), to);
    };
    for (const std::string& config : {with("39", "40"),
                                      with("39", "-1"),
                                      with("39", "1.5"),
                                      with("39", "\"1\""),
                                      with("39", "1e99"),
                                      with("[1,2]", "[2,2]"),
                                      with("[1,2]", "[1,3]"),
                                      with("[1,2]", "[1]"),
                                      with("[1,2]", "1"),
                                      with("[[1,2],[0,0]]", "[]"),
                                      with("lang_ids", "langs"),
                                      with("{", "["),
                                      std::string(),
                                      std::string(200'000, '[')}) {
        const Status status = checkConfig(config, shape);
        ASSERT_FALSE(status) << config.substr(0, 200);
        EXPECT_EQ(status.error().code, ErrorCode::TrFmtModelForeign);
    }
}

TEST(ModelCheck, SaysWhichFileOfAFolderIsMissing) {
    const tests::TemporaryFolder folder;
    EXPECT_EQ(checkModel(folder.path() / "none").error().code, ErrorCode::TrDataModelMissing);
    (void)folder.file("model.bin", smallModel());
    const Result<ModelShape> without = checkModel(folder.path());
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().code, ErrorCode::TrDataModelIncomplete);
    EXPECT_NE(without.error().what.find("config.json"), std::string::npos);
    (void)folder.file("config.json", kConfig);
    EXPECT_TRUE(checkModel(folder.path()));
}

}  // namespace
}  // namespace chat::transcribe
