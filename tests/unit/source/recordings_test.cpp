#include "chat/source/recordings.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes/temporary_folder.h"

namespace chat::source {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ListingOptions options(std::optional<fs::path> manifest,
                       std::string filePattern = {},
                       bool allowOutside = false) {
    return {std::move(manifest), std::move(filePattern), allowOutside};
}

SourceListing list(const std::vector<fs::path>& paths, const ListingOptions& how = {}) {
    auto listing = listRecordings(paths, how);
    EXPECT_TRUE(listing) << listing.error().what;
    return listing ? std::move(*listing) : SourceListing{};
}

std::vector<std::string> names(const SourceListing& listing) {
    std::vector<std::string> all;
    for (const SourceRecording& recording : listing.recordings) {
        all.push_back(recording.displayPath);
        EXPECT_TRUE(recording.path.is_absolute()) << recording.path;
    }
    return all;
}

/// "name: ERROR" of what cannot be analyzed.
std::vector<std::string> problems(const SourceListing& listing) {
    std::vector<std::string> all;
    for (const SourceRecording& recording : listing.recordings) {
        if (recording.error) {
            all.push_back(recording.displayPath + ": " +
                          std::string(errorName(recording.error->code)));
        }
    }
    return all;
}

std::vector<std::string> warnings(const SourceListing& listing) {
    std::vector<std::string> all;
    all.reserve(listing.warnings.size());
    for (const Warning& warning : listing.warnings) {
        all.push_back(std::string(errorName(warning.code)) + " " + warning.text);
    }
    return all;
}

/// The names and problems of a folder as a user who is not root sees it.
std::string seenByOrdinaryUser(const fs::path& path) {
    int channel[2];
    EXPECT_EQ(::pipe(channel), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr uid_t kNobody = 65534;
        const bool ordinary =
            ::geteuid() != 0 ||
            (::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0);
        std::string seen = ordinary ? "" : "could not become another user";
        const auto listing = listRecordings(std::vector<fs::path>{path}, {});
        for (const SourceRecording& recording : listing->recordings) {
            seen += recording.displayPath + " " +
                    std::string(recording.error ? errorName(recording.error->code) : "fine") + "\n";
        }
        const auto written = ::write(channel[1], seen.data(), seen.size());
        ::_exit(written == static_cast<ssize_t>(seen.size()) ? 0 : 1);
    }
    ::close(channel[1]);
    std::string seen(4096, '\0');
    const ssize_t count = ::read(channel[0], seen.data(), seen.size());
    ::close(channel[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    seen.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return seen;
}

class ListRecordings : public testing::Test {
  protected:
    // Often called for the file alone, not for its path.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    fs::path file(const std::string& name, std::string_view content = "x") const {
        return folder_.file(name, content);
    }
    [[nodiscard]] fs::path at(const std::string& name) const { return folder_.path() / name; }

  private:
    tests::TemporaryFolder folder_;
};

TEST_F(ListRecordings, KeepsTheOrderOfTheArguments) {
    file("b/2.wav");
    file("b/1.mp3");
    const auto listing = list({file("z.wav"), at("b"), file("a.wav")});
    EXPECT_THAT(names(listing), ElementsAre("z.wav", "1.mp3", "2.wav", "a.wav"));
    EXPECT_THAT(problems(listing), IsEmpty());
    EXPECT_EQ(listing.recordings[1].path, fs::canonical(at("b/1.mp3")));
}

TEST_F(ListRecordings, SearchesFoldersInTheOrderOfBytes) {
    for (const char* name :
         {"c/b.wav", "c/B.wav", "c/a/z.wav", "c/a.wav", "c/a-b/1.wav", "c/\xC3\xA9.wav"}) {
        file(name);
    }
    EXPECT_THAT(names(list({at("c/")})),
                ElementsAre("B.wav", "a-b/1.wav", "a.wav", "a/z.wav", "b.wav", "\xC3\xA9.wav"));
}

TEST_F(ListRecordings, TakesFromFoldersWhatIsNamedAsAudio) {
    for (const char* name : {"c/a.WAV",
                             "c/b.gsm",
                             "c/notes.txt",
                             "c/calls.csv",
                             "c/wav",
                             "c/.c.wav",
                             "c/.git/d.wav"}) {
        file(name);
    }
    EXPECT_THAT(names(list({at("c")})), ElementsAre("a.WAV", "b.gsm"));
}

TEST_F(ListRecordings, TakesWhatIsNamedWhateverItIsCalled) {
    EXPECT_THAT(problems(list({file("call"), file(".x"), file("notes.txt")})), IsEmpty());
}

TEST_F(ListRecordings, AProblemTakesItsPlaceAndTheOthersGoOn) {
    file("none/readme.txt");
    fs::create_symlink(file("real.wav"), at("link.wav"));
    fs::create_symlink("loop", at("loop"));
    ASSERT_EQ(::mkfifo(at("pipe.wav").c_str(), 0600), 0);
    const auto listing = list({at("missing.wav"),
                               at("link.wav"),
                               at("loop"),
                               at("loop/x.wav"),
                               at("pipe.wav"),
                               "/dev/zero",
                               at("none"),
                               at("real.wav/x"),
                               "",
                               at("real.wav")});
    EXPECT_THAT(problems(listing),
                ElementsAre("missing.wav: SYS_DATA_PATH_MISSING",
                            "link.wav: SYS_PERM_LINK_REFUSED",
                            "loop: SYS_PERM_LINK_REFUSED",
                            "x.wav: SYS_PERM_LINK_REFUSED",
                            "pipe.wav: SYS_FMT_NOT_A_FILE",
                            "zero: SYS_FMT_NOT_A_FILE",
                            "none: SYS_DATA_NO_RECORDINGS",
                            "x: SYS_DATA_PATH_MISSING",
                            ": SYS_DATA_PATH_MISSING"));
    EXPECT_EQ(listing.recordings.size(), 10U);
    for (const SourceRecording& recording : listing.recordings) {
        if (recording.error) {
            EXPECT_THAT(recording.error->what, testing::Not(HasSubstr(at("").native())))
                << "reports hold relative paths only";
        }
    }
}

TEST_F(ListRecordings, LinksInFoldersAreNotFollowed) {
    file("outside/secret.wav");
    file("c/a.wav");
    fs::create_symlink(at("outside"), at("c/folder"));
    fs::create_symlink(at("outside/secret.wav"), at("c/file.wav"));
    fs::create_symlink("..", at("c/up"));
    fs::create_symlink("round", at("c/round"));
    fs::create_symlink(at("outside/secret.wav"), at("c/readme.txt"));
    ASSERT_EQ(::mkfifo(at("c/pipe.wav").c_str(), 0600), 0);
    const auto listing = list({at("c")});
    EXPECT_THAT(names(listing),
                ElementsAre("a.wav", "file.wav", "folder", "pipe.wav", "round", "up"));
    EXPECT_THAT(problems(listing),
                ElementsAre("file.wav: SYS_PERM_LINK_REFUSED",
                            "folder: SYS_PERM_LINK_REFUSED",
                            "pipe.wav: SYS_FMT_NOT_A_FILE",
                            "round: SYS_PERM_LINK_REFUSED",
                            "up: SYS_PERM_LINK_REFUSED"));
    fs::create_symlink(at("c"), at("d"));
    EXPECT_THAT(problems(list({at("d/")})), ElementsAre("d: SYS_PERM_LINK_REFUSED"))
        << "a slash does not make a link a folder";
}

TEST_F(ListRecordings, SaysWhatMayNotBeRead) {
    fs::permissions(at(""), fs::perms::all);
    file("c/closed.wav");
    file("c/open.wav");
    file("c/shut/x.wav");
    fs::permissions(at("c/closed.wav"), fs::perms::none);
    fs::permissions(at("c/shut"), fs::perms::none);
    EXPECT_EQ(
        seenByOrdinaryUser(at("c")),
        "closed.wav SYS_PERM_PATH_UNREADABLE\nopen.wav fine\nshut SYS_PERM_PATH_UNREADABLE\n");
    EXPECT_EQ(seenByOrdinaryUser(at("c/shut/x.wav")), "x.wav SYS_PERM_PATH_UNREADABLE\n");
    fs::permissions(at("c/shut"), fs::perms::owner_all);
}

TEST_F(ListRecordings, NamesThatAreNotUtf8AreShownAsText) {
    const auto listing = list({file("c/\xFF.wav").parent_path()});
    EXPECT_THAT(names(listing), ElementsAre("\xEF\xBF\xBD.wav"));
    EXPECT_EQ(listing.recordings[0].path.filename(), "\xFF.wav");
}

TEST_F(ListRecordings, NothingNamedIsNothingDone) {
    EXPECT_EQ(listRecordings({}, {}).error().code, ErrorCode::SysDataNoRecordings);
}

TEST_F(ListRecordings, TheManifestDescribesWhatWasGiven) {
    file("m/a.wav");
    file("m/sub/b.wav");
    const auto manifest = file(
        "m/calls.csv", "file,sid,agent\nsub/b.wav,S2,Ben\n./sub/../a.wav,S1,Ann\nc.wav,S3,Cid\n");
    const auto listing = list({at("m")}, options(manifest));
    ASSERT_THAT(names(listing), ElementsAre("a.wav", "sub/b.wav"));
    EXPECT_EQ(listing.recordings[0].attributes.agent, "Ann");
    EXPECT_EQ(listing.recordings[1].attributes.sid, "S2");
    EXPECT_THAT(warnings(listing),
                ElementsAre("CFG_VAL_MANIFEST_UNMATCHED calls.csv, line 4: c.wav is not among the "
                            "recordings."));
}

TEST_F(ListRecordings, TheManifestMayLieElsewhere) {
    file("calls/a.wav");
    file("calls/x/a.wav");
    file("more/b.wav");
    const auto manifest =
        file("lists/calls.csv", "file,agent\na.wav,Ann\nx/a.wav,Xeno\nb.wav,Ben\n");
    const auto listing = list({at("calls"), at("more")}, options(manifest));
    ASSERT_THAT(names(listing), ElementsAre("a.wav", "x/a.wav", "b.wav"));
    EXPECT_EQ(listing.recordings[0].attributes.agent, "Ann");
    EXPECT_EQ(listing.recordings[1].attributes.agent, "Xeno");
    EXPECT_EQ(listing.recordings[2].attributes.agent, "Ben");
    const auto twice = list({at("calls"), at("calls/x")}, options(manifest));
    EXPECT_EQ(twice.recordings[0].attributes.agent, "") << "which of the two a.wav is unknown";
}

TEST_F(ListRecordings, TheManifestAloneNamesTheRecordings) {
    file("m/b.wav");
    file("m/a.wav");
    const auto manifest =
        file("m/calls.json", R"([{"file": "b.wav", "agent": "Ben"}, {"file": "gone.wav"},
                                 {"file": "sub"}, {"file": "a.wav", "agent": "Ann"}])");
    fs::create_directory(at("m/sub"));
    const auto listing = list({}, options(manifest));
    EXPECT_THAT(names(listing), ElementsAre("b.wav", "gone.wav", "sub", "a.wav"));
    EXPECT_THAT(problems(listing),
                ElementsAre("gone.wav: SYS_DATA_PATH_MISSING", "sub: SYS_FMT_NOT_A_FILE"));
    EXPECT_EQ(listing.recordings[3].attributes.agent, "Ann");
}

TEST_F(ListRecordings, TheManifestStaysInItsFolder) {
    const auto secret = file("secret.wav");
    file("m/a.wav");
    fs::create_symlink(at(""), at("m/up"));
    fs::create_symlink(secret, at("m/link.wav"));
    const auto manifest = file("m/calls.csv",
                               "file\n../secret.wav\nup/secret.wav\nlink.wav\n" + secret.native() +
                                   "\nx/../../secret.wav\na.wav\n");
    const auto listing = list({}, options(manifest));
    EXPECT_THAT(problems(listing),
                ElementsAre("secret.wav: CFG_PERM_MANIFEST_OUTSIDE",
                            "up/secret.wav: CFG_PERM_MANIFEST_OUTSIDE",
                            "link.wav: SYS_PERM_LINK_REFUSED",
                            "secret.wav: CFG_PERM_MANIFEST_OUTSIDE",
                            "secret.wav: CFG_PERM_MANIFEST_OUTSIDE"));
    EXPECT_EQ(listing.recordings[0].error.value_or(Error{}).what,
              "calls.csv, line 2: secret.wav lies outside the manifest's folder");
    EXPECT_THAT(problems(list({}, options(manifest, "", true))),
                ElementsAre("link.wav: SYS_PERM_LINK_REFUSED"))
        << "links are not followed even then";
    EXPECT_THAT(warnings(list({at("m/a.wav")}, options(manifest))),
                testing::Contains(HasSubstr("CFG_PERM_MANIFEST_OUTSIDE")).Times(4));
}

TEST_F(ListRecordings, ABrokenManifestEndsTheRun) {
    const auto broken = file("calls.json", "[{]");
    EXPECT_EQ(listRecordings({}, options(broken)).error().code, ErrorCode::CfgFmtManifest);
    EXPECT_EQ(listRecordings({}, options(at("none"))).error().code, ErrorCode::SysDataPathMissing);
}

TEST_F(ListRecordings, ManyUnmatchedLinesAreCounted) {
    std::string text = "file\n";
    for (int i = 0; i < 50; ++i) {
        text += std::to_string(i) + ".wav\n";
    }
    const auto listing = list({file("a.wav")}, options(file("calls.csv", text)));
    ASSERT_EQ(listing.warnings.size(), 21U);
    EXPECT_THAT(listing.warnings.back().text, HasSubstr("30 further lines"));
}

TEST_F(ListRecordings, NamesFillWhatTheManifestLeavesEmpty) {
    file("m/roma_ann.wav");
    file("m/odd.wav");
    const auto manifest = file("m/calls.csv", "file,agent\nroma_ann.wav,Ann B.\n");
    const auto listing = list({at("m")}, options(manifest, "{chain}_{agent}"));
    ASSERT_THAT(names(listing), ElementsAre("odd.wav", "roma_ann.wav"));
    EXPECT_EQ(listing.recordings[1].attributes.chain, "roma");
    EXPECT_EQ(listing.recordings[1].attributes.agent, "Ann B.");
    EXPECT_THAT(
        warnings(listing),
        ElementsAre("CFG_VAL_FILE_NAME The names of 1 of 2 files do not fit --file-pattern, "
                    "the first is odd.wav."));
    EXPECT_EQ(listRecordings(std::vector<fs::path>{at("m")}, options({}, "{x}")).error().code,
              ErrorCode::CfgValSetting);
}

TEST_F(ListRecordings, ASidStandsOnce) {
    file("m/1_S.wav");
    file("m/2_S.wav");
    const auto listing = list({at("m"), at("m/1_S.wav")}, options({}, "{*}_{sid}"));
    ASSERT_EQ(listing.recordings.size(), 3U);
    EXPECT_EQ(listing.recordings[0].attributes.sid, "S");
    EXPECT_EQ(listing.recordings[1].attributes.sid, "");
    EXPECT_EQ(listing.recordings[2].attributes.sid, "S") << "the same file keeps its own";
    EXPECT_THAT(warnings(listing),
                ElementsAre("CFG_VAL_FILE_NAME 2_S.wav has the same sid as 1_S.wav and gets one of "
                            "its own."));
}

}  // namespace
}  // namespace chat::source
