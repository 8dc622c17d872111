#include "messages/wire/boot_report_json.hpp"

#include <array>
#include <cstdio>
#include <optional>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string_view>

namespace agent_server {

namespace {

constexpr int contract_version = 1;

class report_writer {
public:
  std::string write(const boot_report& report) {
    out_.StartObject();
    key("contractVersion");
    out_.Int(contract_version);
    key("complete");
    out_.Bool(report.complete);
    ms("totalMs", report.total);
    ms("ownShareMs", report.own_share.total());
    own_share(report.own_share);
    key("boxes");
    out_.StartArray();
    for (const auto& box : report.boxes)
      write(box);
    out_.EndArray();
    key("criticalPath");
    out_.StartArray();
    for (const auto& stretch : report.critical_path)
      write(stretch);
    out_.EndArray();
    out_.EndObject();
    return {buffer_.GetString(), buffer_.GetSize()};
  }

private:
  void key(std::string_view name) {
    out_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  }

  void text(std::string_view value) {
    out_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }

  // RapidJSON cuts decimals where we want them rounded.
  void ms(std::string_view name, std::optional<std::int64_t> ns) {
    key(name);
    if (!ns) {
      out_.Null();
      return;
    }
    const auto magnitude = *ns < 0 ? -*ns : *ns;
    const auto us = static_cast<long long>((magnitude + 500) / 1'000);
    std::array<char, 32> digits{};
    const auto length =
      std::snprintf(digits.data(), digits.size(), "%s%lld.%03lld",
                    *ns < 0 && us != 0 ? "-" : "", us / 1'000, us % 1'000);
    out_.RawValue(digits.data(), static_cast<std::size_t>(length),
                  rapidjson::kNumberType);
  }

  void own_share(const boot_own_share& share) {
    key("ownShare");
    out_.StartObject();
    ms("toSpawnMs", share.to_spawn);
    ms("toSessionMs", share.to_session);
    ms("toReadyMs", share.to_ready);
    out_.EndObject();
  }

  void write(const boot_box& box) {
    out_.StartObject();
    key("name");
    text(box.name);
    ms("startMs", box.start);
    ms("endMs", box.end);
    key("outcome");
    text(box.outcome);
    key("waitedFor");
    out_.StartArray();
    for (const auto& name : box.waited_for)
      text(name);
    out_.EndArray();
    key("critical");
    out_.Bool(box.critical);
    ms("slackMs", box.slack);
    out_.EndObject();
  }

  void write(const boot_stretch& stretch) {
    out_.StartObject();
    if (stretch.kind == boot_stretch::kind_type::box) {
      key("box");
      text(stretch.box);
    } else {
      key("gap");
      text(stretch.kind == boot_stretch::kind_type::own ? "own" : "unrecorded");
    }
    ms("ms", stretch.duration);
    out_.EndObject();
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> out_{buffer_};
};

} // namespace

std::string boot_report_json(const boot_report& report) {
  return report_writer{}.write(report);
}

} // namespace agent_server
