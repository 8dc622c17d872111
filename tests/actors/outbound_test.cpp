#include "actors/io/outbound.hpp"

#include "actors/trace/recorder.hpp"
#include "tests/actors/http_stub.hpp"
#include "tests/actors/io_fixture.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace agent_server;
using namespace agent_server::test;
using namespace std::chrono_literals;

namespace {

struct outbound_fixture : io_fixture {
  library_loader libraries;
  outbound_actor out;

  explicit outbound_fixture(library_names names = {}, bool started = true)
    : libraries(io, std::move(names)) {
    unsetenv("http_proxy");
    out = spawn(outbound, &libraries, std::string{"agent/1"});
    if (started)
      libraries.start();
  }

  // The handles of libcurl must be gone before its functions are.
  ~outbound_fixture() {
    caf::anon_send_exit(out, caf::exit_reason::user_shutdown);
    run_for(10ms);
  }

  auto send(http_request request) {
    return ask<http_response>(out, std::move(request));
  }

  auto get(const std::string& url) {
    http_request request;
    request.label = "GET test";
    request.url = url;
    return send(std::move(request));
  }

  template <class Reply>
  bool answered(const Reply& reply) {
    return run_until([&] { return reply->done(); });
  }

  http_response response(http_request request) {
    auto reply = send(std::move(request));
    REQUIRE(answered(reply));
    if (reply->error)
      FAIL(describe(*reply->error));
    return *reply->value;
  }

  caf::error error(http_request request) {
    auto reply = send(std::move(request));
    REQUIRE(answered(reply));
    REQUIRE(reply->error);
    return *reply->error;
  }
};

http_request request_to(std::string url, std::string method = "GET") {
  http_request result;
  result.label = "test exchange";
  result.method = std::move(method);
  result.url = std::move(url);
  return result;
}

std::vector<trace::record> records_named(const char* name) {
  std::vector<trace::record> result;
  for (const auto& record : trace::read_all()) {
    if (record.what == trace::subject_kind::text
        && std::strcmp(reinterpret_cast<const char*>(record.subject), name)
             == 0)
      result.push_back(record);
  }
  return result;
}

} // namespace

TEST_CASE("a request carries method, headers, bearer and body", "[outbound]") {
  http_stub stub{
    [](const stub_request&) { return http_answer("201 Created", "made"); }};
  outbound_fixture f;
  auto request = request_to(stub.url("/a?b=c"), "PATCH");
  request.headers = {{"Content-Type", "application/json"}, {"X-One", "1"}};
  request.bearer = secret{"token"};
  request.body = R"({"x":1})";
  const auto response = f.response(request);
  CHECK(response.status == 201);
  CHECK(*response.body == "made");
  const auto seen = stub.requests().at(0);
  CHECK(seen.has("PATCH /a?b=c HTTP/1.1\r\n"));
  CHECK(seen.has("\r\nContent-Type: application/json\r\n"));
  CHECK(seen.has("\r\nX-One: 1\r\n"));
  CHECK(seen.has("\r\nAuthorization: Bearer token\r\n"));
  CHECK(seen.has("\r\nUser-Agent: agent/1\r\n"));
  CHECK_FALSE(seen.has("Expect"));
  CHECK(seen.body == R"({"x":1})");
}

TEST_CASE("a status that is no success is an answer, with its Retry-After",
          "[outbound]") {
  http_stub stub{[](const stub_request&) {
    return http_answer("429 Too Many Requests", "slow down",
                       "Retry-After: 7\r\n");
  }};
  outbound_fixture f;
  const auto response = f.response(request_to(stub.url()));
  CHECK(response.status == 429);
  CHECK(*response.body == "slow down");
  REQUIRE(response.retry_after);
  CHECK(*response.retry_after == 7s);
}

TEST_CASE("requests one after another share a connection", "[outbound]") {
  http_stub stub{[](const stub_request&) { return http_answer("200 OK", ""); }};
  outbound_fixture f;
  for (int i = 0; i < 5; ++i)
    f.response(request_to(stub.url()));
  CHECK(stub.connection_count() == 1);
  CHECK(stub.requests().size() == 5);
}

TEST_CASE("requests at the same time do not wait for each other",
          "[outbound]") {
  std::atomic<bool> second_came{false};
  http_stub stub{[&](const stub_request& request) {
    if (request.has("/second"))
      second_came = true;
    for (int i = 0; i < 1000 && !second_came; ++i)
      std::this_thread::sleep_for(10ms);
    return http_answer("200 OK", second_came ? "both" : "alone");
  }};
  outbound_fixture f;
  auto first = f.get(stub.url("/first"));
  auto second = f.get(stub.url("/second"));
  REQUIRE(f.answered(first));
  CHECK(*first->value->body == "both");
  CHECK(f.answered(second));
}

TEST_CASE("a redirect is followed", "[outbound]") {
  http_stub stub{[](const stub_request& request) {
    return request.has("GET /old")
             ? http_answer("302 Found", "", "Location: /new\r\n")
             : http_answer("200 OK", "here");
  }};
  outbound_fixture f;
  auto request = request_to(stub.url("/old"));
  request.bearer = secret{"token"};
  CHECK(*f.response(request).body == "here");
  CHECK(stub.requests().at(1).has("Authorization: Bearer token"));
}

TEST_CASE("a redirect that keeps the method keeps the body", "[outbound]") {
  http_stub stub{[](const stub_request& request) {
    return request.has("PATCH /old")
             ? http_answer("307 Temporary Redirect", "", "Location: /new\r\n")
             : http_answer("200 OK", "here");
  }};
  outbound_fixture f;
  auto request = request_to(stub.url("/old"), "PATCH");
  request.body = "body";
  CHECK(*f.response(request).body == "here");
  CHECK(stub.requests().at(1).has("PATCH /new"));
  CHECK(stub.requests().at(1).body == "body");
}

TEST_CASE("a redirect to another host does not carry the bearer",
          "[outbound]") {
  http_stub other{
    [](const stub_request&) { return http_answer("200 OK", "other"); }};
  http_stub stub{[&](const stub_request&) {
    return http_answer("302 Found", "",
                       "Location: " + other.url("/", "localhost") + "\r\n");
  }};
  outbound_fixture f;
  auto request = request_to(stub.url());
  request.bearer = secret{"token"};
  CHECK(*f.response(request).body == "other");
  CHECK(stub.requests().at(0).has("Authorization"));
  CHECK_FALSE(other.requests().at(0).has("Authorization"));
}

TEST_CASE("a redirect in a circle ends", "[outbound]") {
  http_stub stub{[](const stub_request&) {
    return http_answer("302 Found", "", "Location: /\r\n");
  }};
  outbound_fixture f;
  CHECK(code_of(f.error(request_to(stub.url()))) == ec::http_unusable);
  CHECK(stub.requests().size() == 6);
}

TEST_CASE("a refused connection is named without query, user and bearer",
          "[outbound]") {
  outbound_fixture f;
  auto request = request_to("http://user:pass@127.0.0.1:1/x?key=hidden");
  request.bearer = secret{"hidden"};
  const auto err = f.error(request);
  CHECK(code_of(err) == ec::http_connect);
  const auto text = describe(err);
  CHECK(text.find("GET http://127.0.0.1:1/x failed: ") == 0);
  CHECK(text.find("hidden") == std::string::npos);
  CHECK(text.find("pass") == std::string::npos);
}

TEST_CASE("a connection that breaks under a request is not one that could not "
          "be made",
          "[outbound]") {
  http_stub stub{[](const stub_request&) { return std::string{}; }};
  outbound_fixture f;
  CHECK(code_of(f.error(request_to(stub.url(), "POST"))) == ec::http_broken);
  CHECK(stub.requests().size() == 1);
}

TEST_CASE("a large body is not announced with Expect", "[outbound]") {
  http_stub stub{[](const stub_request&) { return http_answer("200 OK", ""); }};
  outbound_fixture f;
  auto request = request_to(stub.url(), "POST");
  request.body.assign(2u << 20, 'y');
  f.response(request);
  CHECK_FALSE(stub.requests().at(0).has("Expect"));
}

TEST_CASE("an answer that does not come in time is a time-out", "[outbound]") {
  std::atomic<bool> over{false};
  http_stub stub{[&](const stub_request&) {
    while (!over)
      std::this_thread::sleep_for(5ms);
    return std::string{};
  }};
  {
    outbound_fixture f;
    f.response(request_to(http_stub{[](const stub_request&) {
                            return http_answer("200 OK", "");
                          }}.url()));
    auto request = request_to(stub.url("/slow"));
    request.timeout = 100ms;
    const auto err = f.error(request);
    CHECK(code_of(err) == ec::http_timeout);
    CHECK(describe(err).find("GET " + stub.url("/slow") + " failed: ") == 0);
  }
  over = true;
}

TEST_CASE("a body beyond its bound is refused, announced or not",
          "[outbound]") {
  http_stub stub{[](const stub_request& request) {
    if (request.has("/announced"))
      return http_answer("200 OK", std::string(1001, 'x'));
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
           + std::string(100'000, 'x');
  }};
  outbound_fixture f;
  for (const char* path : {"/announced", "/endless"}) {
    auto request = request_to(stub.url(path));
    request.max_body = 1000;
    const auto err = f.error(request);
    CHECK(code_of(err) == ec::http_too_large);
    CHECK(describe(err).find("larger than 1000 bytes") != std::string::npos);
  }
}

TEST_CASE("a body as large as its bound passes", "[outbound]") {
  http_stub stub{[](const stub_request&) {
    return http_answer("200 OK", std::string(1000, 'x'));
  }};
  outbound_fixture f;
  auto request = request_to(stub.url());
  request.max_body = 1000;
  CHECK(f.response(request).body->size() == 1000);
}

TEST_CASE("a large body goes out and comes back whole", "[outbound]") {
  http_stub stub{[](const stub_request& request) {
    return http_answer("200 OK", request.body);
  }};
  outbound_fixture f;
  auto request = request_to(stub.url(), "POST");
  request.body.assign(5u << 20, 'y');
  CHECK(*f.response(request).body == request.body);
}

TEST_CASE("a header with a line break is refused unsent", "[outbound]") {
  http_stub stub{[](const stub_request&) { return http_answer("200 OK", ""); }};
  outbound_fixture f;
  auto request = request_to(stub.url());
  request.headers = {{"X-One", "1\r\nX-Two: 2"}};
  CHECK(describe(f.error(request)).find("line break") != std::string::npos);
  CHECK(stub.requests().empty());
}

TEST_CASE("a proxy is taken from the usual variable", "[outbound]") {
  http_stub proxy{
    [](const stub_request&) { return http_answer("200 OK", "by proxy"); }};
  outbound_fixture f;
  setenv("http_proxy", proxy.url().c_str(), 1);
  CHECK(*f.response(request_to("http://no.such.host.invalid/x")).body
        == "by proxy");
  unsetenv("http_proxy");
  CHECK(proxy.requests().at(0).has("GET http://no.such.host.invalid/x "));
}

TEST_CASE("a direct request goes past the proxy", "[outbound]") {
  http_stub stub{
    [](const stub_request&) { return http_answer("200 OK", "direct"); }};
  outbound_fixture f;
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  auto request = request_to(stub.url());
  request.direct = true;
  CHECK(*f.response(request).body == "direct");
  unsetenv("http_proxy");
}

TEST_CASE("requests wait for the libraries and name them as their cause",
          "[outbound]") {
  http_stub stub{[](const stub_request&) { return http_answer("200 OK", ""); }};
  outbound_fixture f{{}, false};
  auto request = request_to(stub.url());
  request.label = "a request that waits";
  auto reply = f.send(request);
  f.run_for(30ms);
  CHECK(stub.requests().empty());
  f.libraries.start();
  REQUIRE(f.answered(reply));
  CHECK(reply->value);
  const auto spans = records_named("a request that waits");
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].cause == f.libraries.ended_by());
  CHECK_FALSE(records_named("load libraries").empty());
}

TEST_CASE("the answer is caused by the end of the exchange", "[outbound]") {
  http_stub stub{[](const stub_request&) { return http_answer("200 OK", ""); }};
  outbound_fixture f;
  f.response(request_to(stub.url()));
  auto request = request_to(stub.url());
  request.label = "an exchange";
  f.response(request);
  const auto began = records_named("an exchange");
  REQUIRE(began.size() == 1);
  CHECK(began[0].kind == trace::record_kind::span_began);
  CHECK(began[0].cause != 0);
  std::uint64_t end = 0;
  bool answer_follows = false;
  for (const auto& record : trace::read_all()) {
    if (record.kind == trace::record_kind::span_ended
        && record.link == began[0].id)
      end = record.id;
    answer_follows = answer_follows || (end != 0 && record.cause == end);
  }
  CHECK(end != 0);
  CHECK(answer_follows);
}

TEST_CASE("without libcurl every request fails and says what to install",
          "[outbound]") {
  outbound_fixture f{{"libno-such-curl.so.4"}};
  const auto err = f.error(request_to("http://127.0.0.1:1/"));
  CHECK(code_of(err) == ec::http_unusable);
  CHECK(describe(err).find("libno-such-curl.so.4") != std::string::npos);
  CHECK(describe(err).find("libcurl4") != std::string::npos);
  CHECK(f.libraries.crypto() != nullptr);
}

TEST_CASE("a request is answered when the actor ends", "[outbound]") {
  std::atomic<bool> over{false};
  http_stub stub{[&](const stub_request&) {
    while (!over)
      std::this_thread::sleep_for(5ms);
    return std::string{};
  }};
  outbound_fixture f;
  auto reply = f.get(stub.url());
  REQUIRE(f.run_until([&] { return !stub.requests().empty(); }));
  caf::anon_send_exit(f.out, caf::exit_reason::user_shutdown);
  REQUIRE(f.answered(reply));
  CHECK(describe(*reply->error).find("ending") != std::string::npos);
  over = true;
}

TEST_CASE("an authority file that cannot be read is named with its variable",
          "[outbound]") {
  setenv("SSL_CERT_FILE", "/no/such/authority.pem", 1);
  outbound_fixture f;
  REQUIRE(f.run_until([&] { return f.libraries.ended_by() != 0; }));
  unsetenv("SSL_CERT_FILE");
  CHECK(f.libraries.trust_problem()
        == "SSL_CERT_FILE names /no/such/authority.pem, which holds no "
           "readable PEM certificates");
}

TEST_CASE("texts show a URL without user, query and fragment", "[outbound]") {
  CHECK(url_for_texts("https://u:p@h:1/a/b?c=d#e") == "https://h:1/a/b");
  CHECK(url_for_texts("https://h/a@b?c") == "https://h/a@b");
  CHECK(url_for_texts("https://u@h") == "https://h");
}

TEST_CASE("the body of a success goes to a file that nobody else may read",
          "[outbound]") {
  http_stub stub{[](const stub_request& request) {
    return request.has("/missing") ? http_answer("404 Not Found", "no such")
                                   : http_answer("200 OK", "the bytes");
  }};
  outbound_fixture f;
  const auto path = "/tmp/outbound-test-" + std::to_string(getpid());
  auto request = request_to(stub.url("/"), "POST");
  request.to_file = path;
  const auto response = f.response(request);
  CHECK(response.body->empty());
  CHECK(response.body_size == 9);
  std::ifstream file{path};
  CHECK(std::string{std::istreambuf_iterator<char>{file}, {}} == "the bytes");
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  unlink(path.c_str());
  request.url = stub.url("/missing");
  CHECK(*f.response(request).body == "no such");
  CHECK(access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a file beyond its bound is removed", "[outbound]") {
  http_stub stub{[](const stub_request&) {
    return http_answer("200 OK", std::string(1'000, 'x'));
  }};
  outbound_fixture f;
  const auto path = "/tmp/outbound-test-" + std::to_string(getpid());
  auto request = request_to(stub.url("/"), "POST");
  request.to_file = path;
  request.max_body = 999;
  CHECK(code_of(f.error(request)) == ec::http_too_large);
  CHECK(access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a body that is shared is sent as it is", "[outbound]") {
  http_stub stub{
    [](const stub_request& r) { return http_answer("200 OK", r.body); }};
  outbound_fixture f;
  auto request = request_to(stub.url("/"), "POST");
  request.shared_body =
    std::make_shared<const std::string>(std::string(2u << 20, 's'));
  CHECK(*f.response(request).body == *request.shared_body);
}
