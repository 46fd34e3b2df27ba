#include "demo-server/self_signed.h"

#include "chat/core/files.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string_view>
#include <utility>

namespace chat::demo {

namespace {

constexpr long kMinute = 60;
constexpr long kDay = 24 * 60 * kMinute;

}  // namespace

ServerIdentity makeIdentity() {
    ServerIdentity identity;
    identity.key.reset(EVP_EC_gen("P-256"));
    identity.certificate.reset(X509_new());
    X509* x509 = identity.certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -kMinute);
    X509_gmtime_adj(X509_getm_notAfter(x509), kDay);
    X509_set_pubkey(x509, identity.key.get());
    X509_NAME* name = X509_get_subject_name(x509);
    const auto* text = reinterpret_cast<const unsigned char*>("CHAT demo");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(x509, name);
    for (const auto& [kind, value] : {std::pair{NID_basic_constraints, "critical,CA:TRUE"},
                                      std::pair{NID_subject_alt_name, "IP:127.0.0.1,IP:::1"}}) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
        X509_add_ext(x509, extension, -1);
        X509_EXTENSION_free(extension);
    }
    X509_sign(x509, identity.key.get(), EVP_sha256());
    return identity;
}

Status writeAuthority(const ServerIdentity& identity, const std::filesystem::path& file) {
    const std::unique_ptr<BIO, ReleaseValue<BIO_free_all>> memory(BIO_new(BIO_s_mem()));
    char* text = nullptr;
    if (!memory || PEM_write_bio_X509(memory.get(), identity.certificate.get()) != 1) {
        return fail(ErrorCode::SysResMemoryError, "There was not enough memory for a certificate");
    }
    const long length = BIO_get_mem_data(memory.get(), &text);
    return writeFileAtomically(file, {text, static_cast<std::size_t>(length)});
}

}  // namespace chat::demo
