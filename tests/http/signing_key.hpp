#pragma once

#include <dlfcn.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdexcept>
#include <string>
#include <string_view>

namespace agent_server::tests {

/// A key pair made for a test, with libcrypto opened by hand.
class signing_key {
public:
  explicit signing_key(const char* type = "RSA") {
    if (std::string_view{type} == "RSA")
      key_ = call<decltype(&::EVP_PKEY_Q_keygen)>("EVP_PKEY_Q_keygen")(
        nullptr, nullptr, "RSA", std::size_t{2048});
    else
      key_ = call<decltype(&::EVP_PKEY_Q_keygen)>("EVP_PKEY_Q_keygen")(
        nullptr, nullptr, "EC", "P-256");
    if (key_ == nullptr)
      throw std::runtime_error{"no key"};
  }
  ~signing_key() { call<decltype(&::EVP_PKEY_free)>("EVP_PKEY_free")(key_); }
  signing_key(const signing_key&) = delete;
  signing_key& operator=(const signing_key&) = delete;

  std::string public_pem() const {
    auto* out = call<decltype(&::BIO_new)>("BIO_new")(
      call<decltype(&::BIO_s_mem)>("BIO_s_mem")());
    call<decltype(&::PEM_write_bio_PUBKEY)>("PEM_write_bio_PUBKEY")(out, key_);
    char buffer[4096];
    const auto size =
      call<decltype(&::BIO_read)>("BIO_read")(out, buffer, sizeof buffer);
    call<decltype(&::BIO_free)>("BIO_free")(out);
    return {buffer, static_cast<std::size_t>(size)};
  }

  /// A token of these two JSON texts, signed with SHA-256.
  std::string
  token(std::string_view payload,
        std::string_view header = R"({"alg":"RS256","typ":"JWT"})") const {
    const auto text = base64url(header) + "." + base64url(payload);
    return text + "." + base64url(sign(text));
  }

  static std::string base64url(std::string_view bytes) {
    constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
      bits = bits << 8 | static_cast<unsigned char>(c);
      for (count += 8; count >= 6; count -= 6)
        out += alphabet[bits >> (count - 6) & 63];
    }
    if (count > 0)
      out += alphabet[bits << (6 - count) & 63];
    return out;
  }

private:
  template <class F>
  static F call(const char* name) {
    static void* const library = dlopen("libcrypto.so.3", RTLD_NOW);
    return reinterpret_cast<F>(dlsym(library, name));
  }

  std::string sign(const std::string& text) const {
    auto* context = call<decltype(&::EVP_MD_CTX_new)>("EVP_MD_CTX_new")();
    unsigned char signature[1024];
    auto size = sizeof signature;
    const auto good =
      call<decltype(&::EVP_DigestSignInit)>("EVP_DigestSignInit")(
        context, nullptr, call<decltype(&::EVP_sha256)>("EVP_sha256")(),
        nullptr, key_)
        == 1
      && call<decltype(&::EVP_DigestSign)>("EVP_DigestSign")(
           context, signature, &size,
           reinterpret_cast<const unsigned char*>(text.data()), text.size())
           == 1;
    call<decltype(&::EVP_MD_CTX_free)>("EVP_MD_CTX_free")(context);
    if (!good)
      throw std::runtime_error{"not signed"};
    return {reinterpret_cast<const char*>(signature), size};
  }

  EVP_PKEY* key_ = nullptr;
};

/// Claims of a good token; `exp` may be replaced.
inline std::string good_claims(const std::string& run = "run-1",
                               const std::string& exp = "4102444800") {
  return R"({"run_id":")" + run
         + R"(","task_id":"task-1","team_id":1,"user_id":0,"distinct_id":"d",)"
           R"("aud":"posthog:sandbox_connection","exp":)"
         + exp + "}";
}

} // namespace agent_server::tests
