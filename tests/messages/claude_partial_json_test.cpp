#include "messages/wire/claude/partial_json.hpp"

#include <catch2/catch.hpp>

using agent_server::claude::partial_object;

TEST_CASE("a member shows once what follows it has begun") {
  partial_object object;
  CHECK_FALSE(object.append(R"({"a": "x)"));
  CHECK(object.members().empty());
  CHECK_FALSE(object.append(R"(y")"));
  CHECK(object.append(R"(, "b)"));
  CHECK(object.members() == R"({"a":"xy"})");
  CHECK_FALSE(object.append(R"(": [1, 2, {"c)"));
  CHECK(object.append(R"(": 3, "d": 4}], "e": 1)"));
  CHECK(object.members() == R"({"a":"xy","b":[1,2,{"c":3,"d":4}]})");
}

TEST_CASE("brackets, commas and quotes inside of strings are text") {
  partial_object object;
  CHECK_FALSE(object.append(R"({"a":"}],{\")"));
  CHECK_FALSE(object.append(R"(,\\)"));
  CHECK(object.append(R"(","b":)"));
  CHECK(object.members() == R"({"a":"}],{\",\\"})");
}

TEST_CASE("an object in single bytes reads as one in one piece") {
  const std::string text = R"({"p":"/x","q":{"r":[true,null]},"s":1})";
  partial_object object;
  int grown = 0;
  for (const char c : text)
    grown += object.append({&c, 1}) ? 1 : 0;
  CHECK(grown == 2);
  CHECK(object.members() == R"({"p":"/x","q":{"r":[true,null]}})");
}

TEST_CASE("what is no JSON shows nothing") {
  partial_object object;
  CHECK(object.append("{nonsense, more"));
  CHECK(object.members().empty());
  partial_object array;
  array.append("[1,2,3");
  CHECK(array.members().empty());
}

TEST_CASE("an object that grows without end is no longer followed") {
  partial_object object;
  CHECK(object.append(R"({"a":1,"b":")"));
  CHECK_FALSE(object.append(std::string(partial_object::max_size, 'x')));
  CHECK_FALSE(object.append(R"(","c":1)"));
  CHECK(object.members() == R"({"a":1})");
}
