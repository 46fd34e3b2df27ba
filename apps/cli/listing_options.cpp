#include "listing_options.h"

namespace chat::cli {

source::ListingOptions ListingOptions::listing() const {
    source::ListingOptions listing;
    if (!manifest.empty()) {
        listing.manifest = manifest;
    }
    listing.filePattern = filePattern;
    listing.allowOutside = allowOutside;
    return listing;
}

void addListingOptions(CLI::App& command, ListingOptions& options) {
    command.add_option("paths", options.paths, "Recordings, or folders of them")->type_name("PATH");
    command
        .add_option("--manifest",
                    options.manifest,
                    "CSV or JSON with SID, order, chain, store, agent, time and phone per file")
        ->type_name("FILE");
    command
        .add_option("--file-pattern",
                    options.filePattern,
                    "What file names say, e.g. {store}_{agent}_{date}_{time}_{sid}")
        ->type_name("PATTERN");
    command.add_flag(
        "--allow-outside", options.allowOutside, "The manifest may name files outside its folder");
}

void requireListing(const ListingOptions& options) {
    if (!options.isGiven()) {
        throw CLI::RequiredError("PATH or --manifest");
    }
}

}  // namespace chat::cli
