#include "actors/io/mapped_code.hpp"

#include <catch2/catch.hpp>
#include <dlfcn.h>

using namespace agent_server;

TEST_CASE("a library still works when its code was let go") {
  const mapped_code before;
  void* library = dlopen("libcrypto.so.3", RTLD_LAZY | RTLD_LOCAL);
  REQUIRE(library != nullptr);
  before.let_go_of_newer();
  using version = unsigned (*)();
  const auto major =
    reinterpret_cast<version>(dlsym(library, "OPENSSL_version_major"));
  REQUIRE(major != nullptr);
  CHECK(major() == 3);
}
