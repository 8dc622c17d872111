#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace agent_server {

/// The functions of libcrypto and libssl in use, under their own names; filled
/// by `library_loader`.
struct crypto_api {
  // Public keys and signatures.
  decltype(&::BIO_new_mem_buf) BIO_new_mem_buf = nullptr;
  decltype(&::BIO_free) BIO_free = nullptr;
  decltype(&::PEM_read_bio_PUBKEY) PEM_read_bio_PUBKEY = nullptr;
  decltype(&::EVP_PKEY_free) EVP_PKEY_free = nullptr;
  decltype(&::EVP_PKEY_get_base_id) EVP_PKEY_get_base_id = nullptr;
  decltype(&::EVP_PKEY_get_id) EVP_PKEY_get_id = nullptr;
  decltype(&::EVP_PKEY_get_bits) EVP_PKEY_get_bits = nullptr;
  decltype(&::EVP_MD_CTX_new) EVP_MD_CTX_new = nullptr;
  decltype(&::EVP_MD_CTX_free) EVP_MD_CTX_free = nullptr;
  decltype(&::EVP_DigestVerifyInit) EVP_DigestVerifyInit = nullptr;
  decltype(&::EVP_DigestVerify) EVP_DigestVerify = nullptr;
  decltype(&::EVP_sha256) EVP_sha256 = nullptr;
  decltype(&::RAND_bytes) RAND_bytes = nullptr;
  decltype(&::ERR_get_error) ERR_get_error = nullptr;
  decltype(&::ERR_error_string_n) ERR_error_string_n = nullptr;
  decltype(&::ERR_clear_error) ERR_clear_error = nullptr;
  // The certificates that are trusted.
  decltype(&::X509_STORE_new) X509_STORE_new = nullptr;
  decltype(&::X509_STORE_free) X509_STORE_free = nullptr;
  decltype(&::X509_STORE_set_flags) X509_STORE_set_flags = nullptr;
  decltype(&::X509_STORE_load_file) X509_STORE_load_file = nullptr;
  decltype(&::X509_STORE_load_path) X509_STORE_load_path = nullptr;
  decltype(&::SSL_CTX_set1_cert_store) SSL_CTX_set1_cert_store = nullptr;
  // The protocol that was agreed on.
  decltype(&::SSL_get0_alpn_selected) SSL_get0_alpn_selected = nullptr;
};

} // namespace agent_server
