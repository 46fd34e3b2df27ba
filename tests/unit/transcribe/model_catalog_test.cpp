#include "chat/transcribe/model_catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace chat::transcribe {
namespace {

bool isHex(std::string_view text, std::size_t digits) {
    return text.size() == digits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

TEST(ModelCatalog, NamesEveryFileOfEveryModelWithItsSum) {
    std::set<std::string_view> names;
    std::set<std::string_view> weights;
    for (const ModelInfo& model : modelCatalog()) {
        EXPECT_TRUE(names.insert(model.name).second) << model.name;
        EXPECT_TRUE(isHex(model.revision, 40)) << model.name;
        EXPECT_EQ(findModel(model.name), &model);
        for (const ModelFile& file : model.files) {
            EXPECT_TRUE(isHex(file.sha256, 64)) << model.name;
            EXPECT_GT(file.bytes, 1'000U) << model.name;
        }
        EXPECT_EQ(model.files[0].name, "config.json");
        EXPECT_EQ(model.files[1].name, "tokenizer.json");
        EXPECT_TRUE(model.files[2].name.starts_with("vocabulary.")) << model.name;
        EXPECT_EQ(model.files[3].name, "model.bin");
        EXPECT_TRUE(weights.insert(model.files[3].sha256).second) << model.name;
    }
    for (const char* name : {"tiny",
                             "base",
                             "small",
                             "medium",
                             "large-v3",
                             "large-v3-turbo",
                             "tiny.en",
                             "base.en",
                             "small.en",
                             "medium.en"}) {
        EXPECT_NE(findModel(name), nullptr) << name;
    }
    EXPECT_EQ(findModel("huge"), nullptr);
    EXPECT_EQ(findModel(""), nullptr);
}

TEST(ModelCatalog, AgreesWithWhatIsInstalledByScript) {
    std::ifstream list(CHAT_SOURCE_DIR "/script/deps/models.sha256");
    int lines = 0;
    for (std::string sum, path; list >> sum >> path; ++lines) {
        const auto slash = path.find('/');
        const ModelInfo* model = findModel(path.substr(0, slash));
        ASSERT_NE(model, nullptr) << path;
        const auto file =
            std::find_if(model->files.begin(), model->files.end(), [&](const ModelFile& candidate) {
                return candidate.name == path.substr(slash + 1);
            });
        ASSERT_NE(file, model->files.end()) << path;
        EXPECT_EQ(file->sha256, sum) << path;
    }
    EXPECT_EQ(lines, 8);
}

TEST(ModelCatalog, TellsSizeAndLanguage) {
    EXPECT_EQ(findModel("base")->bytes(), 2'309U + 2'203'239U + 459'861U + 145'217'532U);
    EXPECT_TRUE(findModel("tiny.en")->englishOnly());
    EXPECT_FALSE(findModel("tiny")->englishOnly());
    EXPECT_TRUE(modelNames().starts_with("tiny, tiny.en, base, "));
}

}  // namespace
}  // namespace chat::transcribe
