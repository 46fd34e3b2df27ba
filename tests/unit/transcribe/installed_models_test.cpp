#include "chat/transcribe/installed_models.h"

#include "chat/core/sha256.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "fakes/temporary_folder.h"

namespace chat::transcribe {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::string_view kWeights = "weights";

class InstalledModels : public testing::Test {
  protected:
    [[nodiscard]] const fs::path& models() const { return folder_.path(); }
    /// A folder with four files that are a model by their names only.
    [[nodiscard]] fs::path put(const std::string& name, const std::string& without = {}) const {
        for (const char* file : {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}) {
            if (file != without) {
                static_cast<void>(folder_.file(name + "/" + file, kWeights));
            }
        }
        return folder_.path() / name;
    }
    [[nodiscard]] Result<ResolvedModel> resolve(const std::string& name,
                                                std::string_view sum = {}) const {
        return resolveModel(name, sum, models());
    }
    /// A model of which everything is known, with small files.
    [[nodiscard]] ModelInfo known() const {
        const ModelFile file{"", kWeights.size(), sum_};
        ModelInfo info{"mine", "me/mine", "0", {file, file, file, file}};
        info.files[0].name = "config.json";
        info.files[1].name = "tokenizer.json";
        info.files[2].name = "vocabulary.txt";
        info.files[3].name = "model.bin";
        return info;
    }

    std::string sum_ = sha256Hex(kWeights);
    tests::TemporaryFolder folder_;
};

TEST_F(InstalledModels, AreFoundByTheEnvironmentOrTheCache) {
    ASSERT_EQ(::setenv("CHAT_MODELS", "/some/where", 1), 0);  // NOLINT(concurrency-mt-unsafe)
    EXPECT_EQ(modelsFolder(), "/some/where");
    ASSERT_EQ(::unsetenv("CHAT_MODELS"), 0);  // NOLINT(concurrency-mt-unsafe)
    EXPECT_EQ(modelsFolder().filename(), "models");
}

TEST_F(InstalledModels, AreListedWithTheCatalog) {
    static_cast<void>(put("base", "tokenizer.json"));
    static_cast<void>(put("zebra"));
    static_cast<void>(put("my-own", "config.json"));
    static_cast<void>(put(".tiny.part"));
    const auto all = listModels(models());
    ASSERT_EQ(all.size(), modelCatalog().size() + 2);
    EXPECT_EQ(all[0].name, "tiny");
    EXPECT_FALSE(all[0].installed);
    const ModelStatus& base = all[2];
    EXPECT_EQ(base.name, "base");
    EXPECT_TRUE(base.installed);
    EXPECT_FALSE(base.complete);
    EXPECT_EQ(base.bytesOnDisk, 3 * kWeights.size());
    EXPECT_EQ(base.folder, models() / "base");
    EXPECT_EQ(all[10].name, "my-own");
    EXPECT_FALSE(all[10].complete);
    EXPECT_EQ(all[11].name, "zebra");
    EXPECT_TRUE(all[11].complete);
    EXPECT_EQ(all[11].info, nullptr);
    EXPECT_EQ(listModels(models() / "none").size(), modelCatalog().size());
}

TEST_F(InstalledModels, AreUsableWhenTheyAreKnownAndComplete) {
    for (const char* name : {"small", "tiny", "base"}) {
        const ModelInfo& info = *findModel(name);
        for (const ModelFile& file : info.files) {
            const fs::path path = folder_.file(fmt::format("{}/{}", name, file.name), kWeights);
            fs::resize_file(path, file.bytes);
        }
    }
    fs::resize_file(models() / "base" / "model.bin", 1);
    static_cast<void>(put("my-own"));
    const auto usable = usableModels(models());
    ASSERT_EQ(usable.size(), 2U);
    EXPECT_EQ(usable[0].name, "tiny");
    EXPECT_EQ(usable[1].name, "small");
    EXPECT_LT(usable[0].info->weights().bytes, usable[1].info->weights().bytes);
}

TEST_F(InstalledModels, AreComparedFileByFile) {
    const ModelInfo model = known();
    EXPECT_EQ(verifyModel(model, models() / "mine").error().code, ErrorCode::TrDataModelMissing);
    const fs::path folder = put("mine");
    EXPECT_TRUE(verifyModel(model, folder));

    fs::resize_file(folder / "model.bin", 3);
    const auto cut = verifyModel(model, folder);
    EXPECT_EQ(cut.error().code, ErrorCode::TrDataModelIncomplete);
    EXPECT_EQ(cut.error().what, "The file model.bin of the model mine has 3 of its 7 bytes");
    fs::remove(folder / "model.bin");
    EXPECT_EQ(verifyModel(model, folder).error().code, ErrorCode::TrDataModelIncomplete);

    std::ofstream(folder / "model.bin") << "WEIGHTS";
    EXPECT_EQ(verifyModel(model, folder).error().code, ErrorCode::TrDataModelSumMismatch);
    std::ofstream(folder / "model.bin") << kWeights << " and more";
    EXPECT_EQ(verifyModel(model, folder).error().code, ErrorCode::TrDataModelSumMismatch);

    fs::remove(folder / "model.bin");
    fs::create_symlink(folder / "config.json", folder / "model.bin");
    EXPECT_EQ(verifyModel(model, folder).error().code, ErrorCode::SysPermLinkRefused);
}

TEST_F(InstalledModels, CanBeStoppedWhileCompared) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(verifyModel(known(), put("mine"), stop.get_token()).error().code,
              ErrorCode::SysStateStopped);
}

TEST_F(InstalledModels, OfTheCatalogMustBeTheRightOnes) {
    EXPECT_EQ(resolve("base").error().code, ErrorCode::TrDataModelMissing);
    static_cast<void>(put("base"));
    EXPECT_EQ(resolve("base").error().code, ErrorCode::TrDataModelIncomplete);
    EXPECT_EQ(resolve("base", sum_).error().code, ErrorCode::TrDataModelIncomplete)
        << "a sum does not replace the catalog's";
}

TEST_F(InstalledModels, ThatAreUnknownAreNamedWithTheOnesThatAreKnown) {
    const auto unknown = resolve("bsae");
    EXPECT_EQ(unknown.error().code, ErrorCode::TrDataModelMissing);
    EXPECT_THAT(unknown.error().what, HasSubstr("There is no model bsae; CHAT knows tiny, "));
}

TEST_F(InstalledModels, OutsideTheCatalogNeedASum) {
    const fs::path folder = put("mine");
    EXPECT_EQ(resolve("mine").error().code, ErrorCode::TrDataModelUnpinned);
    EXPECT_EQ(resolve("mine", sum_).value().folder, fs::canonical(folder));
    EXPECT_EQ(resolve("mine", sha256Hex("x")).error().code, ErrorCode::TrDataModelSumMismatch);
    std::string upper = sum_;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
    });
    EXPECT_TRUE(resolve("mine", upper)) << "capitals are the same digits";
}

TEST_F(InstalledModels, GivenAsAFolderAreTheUsersOwn) {
    const fs::path folder = put("own");
    EXPECT_EQ(resolve(folder.string()).value().folder, fs::canonical(folder));
    EXPECT_EQ(resolve(folder.string() + "/").value().folder, fs::canonical(folder));
    EXPECT_EQ(resolve(folder.string(), sha256Hex("x")).error().code,
              ErrorCode::TrDataModelSumMismatch);
    const auto cut = resolve(put("cut", "tokenizer.json").string());
    EXPECT_EQ(cut.error().code, ErrorCode::TrDataModelIncomplete);
    EXPECT_THAT(cut.error().what, HasSubstr("has no tokenizer.json"));
    EXPECT_EQ(resolve("/no/such/folder").error().code, ErrorCode::TrDataModelMissing);
    EXPECT_EQ(resolve((folder / "model.bin").string()).error().code, ErrorCode::TrDataModelMissing);

    fs::rename(folder / "vocabulary.txt", folder / "vocabulary.json");
    EXPECT_TRUE(resolve(folder.string())) << "large models have their vocabulary as JSON";
    fs::rename(folder / "model.bin", folder / "blob");
    fs::create_symlink("blob", folder / "model.bin");
    EXPECT_TRUE(resolve(folder.string(), sum_)) << "other programs' caches are made of links";
    EXPECT_EQ(resolve(folder.string()).value().sha256, sum_) << "whether asked for or not";
}

TEST_F(InstalledModels, AreRemovedByTheirNameAlone) {
    static_cast<void>(put("base"));
    static_cast<void>(put(".base.part"));
    static_cast<void>(put("keep"));
    EXPECT_TRUE(removeModel("base", models()));
    EXPECT_FALSE(fs::exists(models() / "base"));
    EXPECT_FALSE(fs::exists(models() / ".base.part"));
    EXPECT_EQ(removeModel("base", models()).error().code, ErrorCode::TrDataModelMissing);
    for (const char* name : {"", ".", "..", "../keep", "keep/../keep", "/", ".hidden"}) {
        EXPECT_EQ(removeModel(name, models()).error().code, ErrorCode::TrDataModelMissing) << name;
    }
    EXPECT_TRUE(fs::exists(models() / "keep" / "model.bin"));
}

TEST(InstalledModelsOnThisMachine, HaveTheSumsOfTheCatalog) {
    const fs::path folder = modelsFolder() / "base";
    if (!fs::exists(folder)) {
        GTEST_SKIP() << "the model base is not installed";
    }
    const auto base = resolveModel("base");
    EXPECT_EQ(base.value().folder, folder);
    EXPECT_EQ(base.value().sha256, findModel("base")->files.back().sha256);
    EXPECT_EQ(resolveModel("base", sha256Hex("x")).error().code, ErrorCode::TrDataModelSumMismatch);
}

}  // namespace
}  // namespace chat::transcribe
