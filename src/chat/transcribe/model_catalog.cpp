#include "chat/transcribe/model_catalog.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace chat::transcribe {

namespace {

// Sizes and sums are those of the named revisions. base and tiny.en were computed from the files. The
// others were read in two places that agree, and agree with these where they overlap:
//   tiny, small, medium, large-v3: The-Geek-Freaks/NEOTH, `faster_whisper_artifact_manifest`;
//   base.en, small.en, medium.en, large-v3, large-v3-turbo: calebn/sharecut-studio,
//   src/podcast_mcp/whisper_models.py; base.en, small.en: joshedwards237/Amanuensis,
//   src/amanuensis/engines/faster_whisper.py.
// Each model.bin's sum is also its object id at huggingface.co. The repositories are those of
// SYSTRAN/faster-whisper, faster_whisper/utils.py.

constexpr ModelFile tokenizer(std::uint64_t bytes, std::string_view sha256) {
    return {"tokenizer.json", bytes, sha256};
}
constexpr ModelFile config(std::uint64_t bytes, std::string_view sha256) {
    return {"config.json", bytes, sha256};
}
constexpr ModelFile weights(std::uint64_t bytes, std::string_view sha256) {
    return {"model.bin", bytes, sha256};
}

constexpr ModelFile kTokenizer =
    tokenizer(2'203'239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab");
constexpr ModelFile kVocabulary{
    "vocabulary.txt", 459'861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"};
constexpr ModelFile kEnglishTokenizer =
    tokenizer(2'128'466, "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df");
constexpr ModelFile kEnglishVocabulary{
    "vocabulary.txt", 422'309, "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"};
constexpr ModelFile kVocabularyOfV3{
    "vocabulary.json",
    1'068'114,
    "c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1"};

constexpr std::array<ModelInfo, 10> kCatalog{{
    {"tiny",
     "Systran/faster-whisper-tiny",
     "d90ca5fe260221311c53c58e660288d3deb8d356",
     {config(2'249, "a73a28cdfe1c43ccc7202fa333d1f89c202477271407ae9a7f19afa52039cac8"),
      kTokenizer,
      kVocabulary,
      weights(75'538'270, "dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1")}},
    {"tiny.en",
     "Systran/faster-whisper-tiny.en",
     "0d3d19a32d3338f10357c0889762bd8d64bbdeba",
     {config(2'317, "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
      kEnglishTokenizer,
      kEnglishVocabulary,
      weights(75'537'502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a")}},
    {"base",
     "Systran/faster-whisper-base",
     "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
     {config(2'309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
      kTokenizer,
      kVocabulary,
      weights(145'217'532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9")}},
    {"base.en",
     "Systran/faster-whisper-base.en",
     "3d3d5dee26484f91867d81cb899cfcf72b96be6c",
     {config(2'227, "f3bc3821e9fc76a27bae538e11ae5b677dcdd352b4600429ce7951d398569aeb"),
      kEnglishTokenizer,
      kEnglishVocabulary,
      weights(145'216'508, "2a166925539a16005f14ff328359f9b9adb9dc4fb631bb3b227526862e93e2ef")}},
    {"small",
     "Systran/faster-whisper-small",
     "536b0662742c02347bc0e980a01041f333bce120",
     {config(2'370, "b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828"),
      kTokenizer,
      kVocabulary,
      weights(483'546'902, "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671")}},
    {"small.en",
     "Systran/faster-whisper-small.en",
     "d1d751a5f8271d482d14ca55d9e2deeebbae577f",
     {config(2'657, "666a9605530ac1f61fa8177f3702b4dacec9966749e42610839fcc32661d5fae"),
      kEnglishTokenizer,
      kEnglishVocabulary,
      weights(483'545'366, "62b2a45b05ee59acb4a5341b33ee35e041395d378d418a18acfe4c9e768ee37a")}},
    {"medium",
     "Systran/faster-whisper-medium",
     "08e178d48790749d25932bbc082711ddcfdfbc4f",
     {config(2'257, "3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807"),
      kTokenizer,
      kVocabulary,
      weights(1'527'906'378, "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae")}},
    {"medium.en",
     "Systran/faster-whisper-medium.en",
     "a29b04bd15381511a9af671baec01072039215e3",
     {config(2'643, "4a1848ebabe7938d9797c15a2e8e4ce1d36e6fd4a43d096ae5955257c67c7962"),
      kEnglishTokenizer,
      kEnglishVocabulary,
      weights(1'527'904'330, "11b220779aea4c6f3ce9d2549c8a95ea869ed84066864b999531ef53e594fe5b")}},
    {"large-v3-turbo",
     "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
     "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
     {config(2'263, "b0253ea6c0d3bea6b1e19e91a02acfd3b53f4467362efcb5a3e6b16c9b3a9b7e"),
      tokenizer(2'710'337, "297b13372ac43916285644fb9687add3cc62ee2a1adb60da3dc25cc94c1871fd"),
      kVocabularyOfV3,
      weights(1'617'884'929, "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da")}},
    {"large-v3",
     "Systran/faster-whisper-large-v3",
     "edaa852ec7e145841d8ffdb056a99866b5f0a478",
     {config(2'394, "a9306624f5ec14270a014b647e5c316b6e03a662c369758d1b90697a7b0655b9"),
      tokenizer(2'480'617, "6d8cbd7cd0d8d5815e478dac67b85a26bbe77c1f5e0c6d76d1ce2abc0e5f21ca"),
      kVocabularyOfV3,
      weights(3'087'284'237, "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1")}},
}};

}  // namespace

std::uint64_t ModelInfo::bytes() const {
    return std::accumulate(
        files.begin(), files.end(), std::uint64_t{0}, [](std::uint64_t sum, const ModelFile& file) {
            return sum + file.bytes;
        });
}

std::span<const ModelInfo> modelCatalog() {
    return kCatalog;
}

const ModelInfo* findModel(std::string_view name) {
    const auto found = std::find_if(kCatalog.begin(), kCatalog.end(), [&](const ModelInfo& model) {
        return model.name == name;
    });
    return found == kCatalog.end() ? nullptr : &*found;
}

std::string modelNames() {
    std::string names;
    for (const ModelInfo& model : kCatalog) {
        names.append(names.empty() ? "" : ", ").append(model.name);
    }
    return names;
}

}  // namespace chat::transcribe
