#include "http/jwt.hpp"

#include "messages/wire/jwt_claims.hpp"

#include <array>
#include <cstdint>
#include <utility>

namespace agent_server {

namespace {

constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
  constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::uint8_t, 256> digits{};
  for (auto& digit : digits)
    digit = no_digit;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    digits[static_cast<unsigned char>(alphabet[i])] =
      static_cast<std::uint8_t>(i);
  return digits;
}

admission bad_signature() {
  return refuse("Invalid signature", "invalid_signature");
}

} // namespace

admission refuse(std::string error, std::string code) {
  return {false, {}, std::move(error), std::move(code)};
}

bool decode_base64url(std::string_view text, std::string& into) {
  static constexpr auto digits = make_digits();
  into.clear();
  into.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto digit = digits[static_cast<unsigned char>(c)];
    if (digit == no_digit)
      return false;
    bits = bits << 6 | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      into.push_back(static_cast<char>(bits >> count & 0xff));
    }
  }
  // Six bits left are a digit too many; bits that are set would let one
  // signature be written in several ways.
  return count < 6 && (bits & ((1u << count) - 1)) == 0;
}

jwt_verifier::jwt_verifier(const crypto_api& crypto, const std::string& pem)
  : crypto_(crypto), key_(nullptr, crypto.EVP_PKEY_free) {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> text{
    crypto_.BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
    crypto_.BIO_free};
  key_.reset(
    crypto_.PEM_read_bio_PUBKEY(text.get(), nullptr, nullptr, nullptr));
  crypto_.ERR_clear_error();
  if (!key_) {
    key_problem_ = "JWT_PUBLIC_KEY is not a public key in PEM form "
                   "(-----BEGIN PUBLIC KEY-----); every connection token will "
                   "be refused";
  } else if (crypto_.EVP_PKEY_get_base_id(key_.get()) != EVP_PKEY_RSA) {
    key_.reset();
    key_problem_ = "JWT_PUBLIC_KEY is not an RSA key; every connection token "
                   "will be refused";
  }
}

admission jwt_verifier::check(std::string_view token, double now) const {
  const auto first = token.find('.');
  const auto second =
    first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos)
    return bad_signature();
  std::string header;
  std::string payload;
  std::string signature;
  if (!decode_base64url(token.substr(0, first), header)
      || !decode_base64url(token.substr(first + 1, second - first - 1), payload)
      || !decode_base64url(token.substr(second + 1), signature)
      || !is_rs256(header)
      || !signature_good(token.substr(0, second), signature))
    return bad_signature();
  auto checked = check_claims(payload, now);
  switch (checked.verdict) {
    case jwt_verdict::ok:
      return {true, std::move(checked.claims.run_id), {}, {}};
    case jwt_verdict::expired: return refuse("Token expired", "expired");
    case jwt_verdict::bad_signature: return bad_signature();
    case jwt_verdict::missing_fields:
      return refuse("Missing required fields: " + checked.issues,
                    "invalid_token");
  }
  return refuse("Invalid token", "invalid_token");
}

bool jwt_verifier::signature_good(std::string_view signed_part,
                                  const std::string& signature) const {
  if (!key_)
    return false;
  const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context{
    crypto_.EVP_MD_CTX_new(), crypto_.EVP_MD_CTX_free};
  const auto good =
    context
    && crypto_.EVP_DigestVerifyInit(context.get(), nullptr,
                                    crypto_.EVP_sha256(), nullptr, key_.get())
         == 1
    && crypto_.EVP_DigestVerify(
         context.get(),
         reinterpret_cast<const unsigned char*>(signature.data()),
         signature.size(),
         reinterpret_cast<const unsigned char*>(signed_part.data()),
         signed_part.size())
         == 1;
  // Errors are kept by thread, and libcurl works on this one too.
  if (!good)
    crypto_.ERR_clear_error();
  return good;
}

} // namespace agent_server
